"""Development: everything local, mail on the console and in ``var/mail``, known demo secrets."""

import environ

from training_site.settings.base import *  # noqa: F403
from training_site.settings.base import STORAGES, VAR_DIR
from training_site.settings.database import database

env = environ.Env()

DEBUG = True
SECRET_KEY = "development-only-not-a-secret-and-refused-in-production"  # noqa: S105
CONTACT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE="
ALLOWED_HOSTS = ["*"]
INTERNAL_IPS = ["127.0.0.1"]
BASE_URL = env.str("BASE_URL", default="http://localhost:8000")
WAGTAILADMIN_BASE_URL = BASE_URL

DATABASES = {"default": database(env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'stipple.sqlite3'}"))}
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

EMAIL_BACKEND = "training_site.common.mail.ConsoleAndFileBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"

# web, worker and tick are separate processes: limits and used codes must be seen by all of them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(VAR_DIR / "cache"),
    }
}

MFA_FORMS = {
    "authenticate": "training_site.accounts.development.AuthenticateForm",
    "reauthenticate": "training_site.accounts.development.ReauthenticateForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
DEMO_ALLOWED = True
