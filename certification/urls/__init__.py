"""Addresses by topic; ``training_site.urls`` says below which path each stands."""
