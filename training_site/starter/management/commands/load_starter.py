"""Load what every site begins with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from training_site.starter import course, pages, permissions


class Command(BaseCommand):
    help = "Load roles' permissions, pages and rules. Safe to run again: what exists is left alone."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for step in (permissions, pages, course):
            step.load()
        self.stdout.write("Starter data is in place.")
