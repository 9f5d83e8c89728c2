"""People and their roles. Reading order:

``models`` (User, Invitation) · ``roles`` (grant and end; who may hold what) · ``inviting`` ·
``policies`` (who may call which view, and the multi-factor gate) · ``adapter`` and ``forms`` (allauth) ·
``views`` · ``personal_data`` (export) · ``wagtail_hooks`` (people, in the office).
"""
