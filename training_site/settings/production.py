"""Production: every value comes from the environment; a missing or development value stops the start."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from training_site.settings import dev
from training_site.settings.base import *  # noqa: F403
from training_site.settings.database import database

env = environ.Env()


def required(name: str) -> str:
    """The value of an environment variable.

    Raises ImproperlyConfigured when it is missing or empty.
    """
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. The operator's guide says what it must hold.")
    return value


def own(name: str, development_value: str) -> str:
    """As ``required``; raises ImproperlyConfigured for the value that development uses, too."""
    value = required(name)
    if value == development_value:
        raise ImproperlyConfigured(f"{name} holds the development value. Give this site a value of its own.")
    return value


DEBUG = False
SECRET_KEY = own("DJANGO_SECRET_KEY", dev.SECRET_KEY)
CONTACT_KEY = own("CONTACT_KEY", dev.CONTACT_KEY)
ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS").split(",")]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts of this site, not *.")
BASE_URL = required("BASE_URL").rstrip("/")
if not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL must begin with https://: links in mails and on certificates use it.")
WAGTAILADMIN_BASE_URL = BASE_URL
CSRF_TRUSTED_ORIGINS = [BASE_URL]

BODY_NAME = required("BODY_NAME")
BODY_EMAIL = own("BODY_EMAIL", dev.BODY_EMAIL)
TIME_ZONE = required("BODY_TIME_ZONE")
WAGTAIL_SITE_NAME = MFA_TOTP_ISSUER = BODY_NAME

DATABASES = {"default": database(required("DATABASE_URL"))}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": required("REDIS_URL")}}

email = env.email_url_config(required("EMAIL_URL"))
EMAIL_BACKEND = email["EMAIL_BACKEND"]
EMAIL_HOST = email["EMAIL_HOST"]
EMAIL_PORT = email["EMAIL_PORT"]
EMAIL_HOST_USER = email["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = required("DEFAULT_FROM_EMAIL")

PRIVATE_MEDIA_ROOT = Path(required("PRIVATE_MEDIA_ROOT"))
MEDIA_ROOT = Path(required("PUBLIC_MEDIA_ROOT"))
PRIVATE_MEDIA_ACCEL_PREFIX = env.str("PRIVATE_MEDIA_ACCEL_PREFIX", default=None)

TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^live$", r"^ready$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_SECURE = True
