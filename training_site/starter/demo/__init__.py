"""The demo: ``people`` in every role, ``training`` for a trainee in the middle of the course, ``trained`` for
those who finished it, ``candidates`` for an application and cases (``scars``), ``assessors`` for who marks, and
``marked`` for cases on their way to a result.
"""
