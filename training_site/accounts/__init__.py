"""People and their roles. Reading order:

``models`` (User, Invitation, HistoryReading) · ``roles`` (grant and end; who may hold what) · ``inviting`` ·
``people`` (closing accounts) · ``reading`` (histories, every reading noted) ·
``policies`` (who may call which view, and the multi-factor gate) · ``adapter`` and ``forms`` (allauth) ·
``sessions`` · ``views`` · ``records`` (export) · ``wagtail_hooks`` (people, in the office).
"""
