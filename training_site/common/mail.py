"""Mail in development."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.console import EmailBackend as Console
from django.core.mail.backends.filebased import EmailBackend as Files


class ConsoleAndFileBackend(BaseEmailBackend):
    """Prints each mail and keeps it in ``EMAIL_FILE_PATH``, so that links can be followed later."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        Console(fail_silently=self.fail_silently).send_messages(email_messages)
        return Files(fail_silently=self.fail_silently).send_messages(email_messages) or 0
