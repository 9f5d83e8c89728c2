"""Secrets of links stay out of the log."""

import logging
import logging.config

import pytest
from django.conf import settings

from training_site.common.logs import HideSecrets

TOKEN = "kQ2v-9xYp"


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        (f"Internal Server Error: /consent/{TOKEN}/", "Internal Server Error: /consent/…/"),
        (f"/consent/{TOKEN}/photo/3/small/", "/consent/…/photo/3/small/"),
        (f"Not Found: /observe/{TOKEN}/", "Not Found: /observe/…/"),
        (f"/accounts/invitation/{TOKEN}/", "/accounts/invitation/…/"),
        (f"/accounts/confirm-email/{TOKEN}/", "/accounts/confirm-email/…/"),
        (f"/accounts/password/reset/key/{TOKEN}/", "/accounts/password/reset/key/…/"),
        ("Not Found: /practitioners/", "Not Found: /practitioners/"),
    ],
)
def test_a_line_of_the_log_names_no_secret(line, hidden):
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s", (line,), None)

    assert HideSecrets().filter(record) is True
    assert record.getMessage() == hidden


def test_every_handler_hides_secrets():
    assert all("secrets" in handler["filters"] for handler in settings.LOGGING["handlers"].values())
