"""Tests: as production where it can change a result, as light as possible elsewhere."""

import atexit
import shutil
import tempfile
from pathlib import Path

import environ

from training_site.settings.base import *  # noqa: F403
from training_site.settings.base import STORAGES, WAGTAILSEARCH_BACKENDS
from training_site.settings.database import database

env = environ.Env()

DEBUG = False
SECRET_KEY = "test-only-secret"  # noqa: S105
CONTACT_KEY = "dGVzdC1vbmx5LWtleS10aGF0LWlzLTMyLWJ5dGVzISE="
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
BASE_URL = "http://testserver"
WAGTAILADMIN_BASE_URL = BASE_URL

SCRATCH_DIR = Path(tempfile.mkdtemp(prefix="stipple-tests-"))
atexit.register(shutil.rmtree, SCRATCH_DIR, ignore_errors=True)
DATABASES = {"default": database(env.str("DATABASE_URL", default=f"sqlite:///{SCRATCH_DIR / 'tests.sqlite3'}"))}
# A file, not memory: concurrency tests open several connections.
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_SQLITE", default=str(SCRATCH_DIR / "tests.sqlite3"))}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )

MEDIA_ROOT = SCRATCH_DIR / "media"
PRIVATE_MEDIA_ROOT = SCRATCH_DIR / "private"
STATIC_ROOT = SCRATCH_DIR / "static"
STATIC_ROOT.mkdir()
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Nothing of ours asks the search index; writing it for every page and person took a tenth of the suite's time.
WAGTAILSEARCH_BACKENDS = {"default": {**WAGTAILSEARCH_BACKENDS["default"], "AUTO_UPDATE": False}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": ["default", "heavy"]}
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SHOW_STYLEGUIDE = True

DEMO_ALLOWED = True
