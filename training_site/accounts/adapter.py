"""How allauth works here: mail goes through the outbox, secrets are stored encrypted."""

import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.forms import BaseForm
from django.http import HttpRequest

from training_site.accounts.models import User
from training_site.common import crypto, notices


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        user.legal_name = form.cleaned_data["legal_name"]
        return super().save_user(request, user, form, commit)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whoever signed in a moment ago is not asked for the password again (setting up a second factor)."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Links in mails lead to this site's own address, whatever host the request named."""
        return settings.BASE_URL + urlsplit(super().get_reset_password_from_key_url(key)).path

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return settings.BASE_URL + urlsplit(super().get_email_confirmation_url(request, emailconfirmation)).path

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail. Its links open an account, so its text is forgotten once it is sent."""
        context = {"site_name": settings.BODY_NAME, "body_email": settings.BODY_EMAIL, "email": email, **context}
        message: EmailMessage = self.render_mail(template_prefix, email, context)
        notices.post(
            to=email,
            subject=str(message.subject),
            text=str(message.body),
            kind=template_prefix,
            forget_text=True,
        )


class MultiFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)
