"""Load what every site begins with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from training_site.starter import course, pages, permissions, scheme


class Command(BaseCommand):
    help = "Load permissions, pages, rules, course and scheme. Safe to run again: what exists is left alone."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        permissions.load()
        pages.load()
        now = timezone.now()
        scheme.load(course_key=course.load(at=now).key, at=now)
        self.stdout.write("Starter data is in place.")
