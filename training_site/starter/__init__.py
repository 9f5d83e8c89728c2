"""Starter data: the SMP scheme, course, pages and demo as data, and the commands that load them."""
