"""The office of certification, inside Wagtail's admin: schemes, applications, case files."""
