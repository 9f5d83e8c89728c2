"""Mechanisms that know nothing of the trade. Reading order:

``days`` (pure: periods and midnights) · ``history`` (who changed what, and why) · ``storage`` and
``private_files`` (files behind one authorising view) · ``images`` and ``uploads`` (what may come in) ·
``approvals`` (two-person actions) · ``notices`` (the mail outbox) · ``links`` (one-time links) ·
``exports`` (tables out) · ``tick``, ``health``, ``personal_data``, ``cards`` and ``places`` (registries that
apps fill in ``AppConfig.ready``) · ``triggers`` (rows that the database keeps) · ``middleware``, ``forms``,
``mail``, ``addresses``, ``pages``, ``office``, ``logs``, ``wording`` (Django and Wagtail plumbing) ·
``checks`` (house rules).
"""
