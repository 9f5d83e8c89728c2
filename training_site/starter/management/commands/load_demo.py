"""Load people and content to try the site with."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from training_site.starter import course
from training_site.starter.demo import assessors, candidates, marked, people, training


class Command(BaseCommand):
    help = "Load the demo: a person in every role. Safe to run again. Refuses production."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            people.refuse_production()
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal
        now = timezone.now()
        with transaction.atomic():
            call_command("load_starter", stdout=self.stdout)
            page, everybody = course.load(at=now), people.load()
            training.load(page, everybody, now=now)
            candidates.load(page, everybody, now=now)
            assessors.load(everybody, now=now)
            marked.load(page, everybody, now=now)
        self._print_accounts()

    def _print_accounts(self) -> None:
        self.stdout.write(f"\nDemo accounts, all with the password “{people.PASSWORD}”:")
        for person in people.PEOPLE:
            names = ", ".join(role.label.lower() for role in person.roles)
            self.stdout.write(f"  {person.email:<28} {person.legal_name:<18} {names}")
        self.stdout.write(
            "Staff, trainers and assessors need a code as well: the sign-in page shows it in development."
        )
