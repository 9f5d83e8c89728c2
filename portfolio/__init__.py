"""Licences, publications and the directory: who may be found by clients."""
