"""Assessors in the office: who may assess, on what basis, until when."""

from django.urls import URLPattern

ICON = "group"


def urls() -> list[URLPattern]:
    return []
