"""Encryption of what must not be read from a stolen database: client contacts, second-factor secrets."""

from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache
def _box(keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in keys.split(",")])


def encrypt(text: str) -> str:
    """``text`` sealed with the first key of ``CONTACT_KEY`` (url-safe base64, AES-128-CBC with HMAC)."""
    return _box(settings.CONTACT_KEY).encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """The text sealed by ``encrypt``, with any key of ``CONTACT_KEY`` (newest first, comma separated).

    Raises cryptography.fernet.InvalidToken when no key fits.
    """
    return _box(settings.CONTACT_KEY).decrypt(sealed.encode()).decode()
