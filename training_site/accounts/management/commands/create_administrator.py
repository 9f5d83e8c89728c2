"""Make the first administrator."""

from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from training_site.accounts import roles
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.history import save_as


class Command(BaseCommand):
    help = "Make the first administrator, who then invites everybody else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("legal_name", help="as on the identity document")

    @transaction.atomic
    def handle(self, *args: Any, email: str, legal_name: str, **options: Any) -> None:
        if User.objects.holding(Role.ADMINISTRATOR).exists():
            raise CommandError("There is an administrator already: let them invite others.")
        email = email.lower()
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            user = User(email=email, legal_name=legal_name)
            user.set_unusable_password()
            save_as(user, actor=None, reason="Account of the first administrator, made by command.")
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        roles.grant(user, Role.ADMINISTRATOR, actor=None, reason="First administrator, made by command.")
        door = settings.BASE_URL + reverse("account_reset_password")
        self.stdout.write(f"{user.email} is administrator. Choose a password: {door}")
