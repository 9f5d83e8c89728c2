"""The office of training, inside Wagtail's admin: ``releases`` and ``questions`` for editors, ``enrolments`` and
``trainers`` for certification officers, ``kept_files`` guards what releases show, ``pages`` renders them all.
"""
