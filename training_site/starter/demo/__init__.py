"""The demo: ``people`` in every role, ``training`` for a trainee in the middle of the course."""
