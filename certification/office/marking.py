"""Marking in the office: what waits to be allocated, what is marked, what is due."""

from django.urls import URLPattern

ICON = "form"


def urls() -> list[URLPattern]:
    return []
