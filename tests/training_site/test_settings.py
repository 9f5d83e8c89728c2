"""Production starts only with values of its own."""

import os
import subprocess
import sys

import pytest

from training_site.settings import dev

GOOD = {
    "DJANGO_SETTINGS_MODULE": "training_site.settings.production",
    "DJANGO_SECRET_KEY": "k" * 60,
    "CONTACT_KEY": "cHJvZHVjdGlvbi10ZXN0LWtleS0zMi1ieXRlcyEhISE=",
    "ALLOWED_HOSTS": "register.example",
    "BASE_URL": "https://register.example",
    "BODY_NAME": "A Body",
    "BODY_EMAIL": "office@register.example",
    "BODY_TIME_ZONE": "Europe/London",
    "DATABASE_URL": "postgresql://user:word@db/stipple",
    "REDIS_URL": "redis://redis/0",
    "EMAIL_URL": "smtp://user:word@mail:587",
    "DEFAULT_FROM_EMAIL": "A Body <office@register.example>",
    "PRIVATE_MEDIA_ROOT": "/srv/private",
    "PUBLIC_MEDIA_ROOT": "/srv/media",
}


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_values_of_its_own():
    assert start().returncode == 0


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"DJANGO_SETTINGS_MODULE"}))
def test_production_stops_when_a_value_is_missing(name):
    started = start(**{name: None})

    assert started.returncode != 0
    assert f"{name} is not set" in started.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DJANGO_SECRET_KEY", dev.SECRET_KEY),
        ("CONTACT_KEY", dev.CONTACT_KEY),
        ("BODY_EMAIL", dev.BODY_EMAIL),
    ],
)
def test_production_stops_at_a_development_value(name, value):
    assert f"{name} holds the development value" in start(**{name: value}).stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must name the hosts"),
        ("BASE_URL", "http://register.example", "BASE_URL must begin with https://"),
    ],
)
def test_production_stops_at_an_unsafe_value(name, value, said):
    assert said in start(**{name: value}).stderr


def test_production_shows_nobody_a_second_factor_and_loads_no_demo():
    from training_site.settings import base

    assert not hasattr(base, "MFA_FORMS")
    assert base.DEMO_ALLOWED is False
