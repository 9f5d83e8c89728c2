"""Files that nobody reaches by address.

Client photographs, licences and consents lie below ``PRIVATE_MEDIA_ROOT``, outside ``MEDIA_ROOT``. They have
no URL; ``private_files.serve`` is the one view that hands them out, after it has asked who is asking.
"""

import re
import secrets

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages

EXTENSION = re.compile(r"[a-z0-9]{1,8}")


class PrivateFileSystemStorage(FileSystemStorage):
    """A folder outside the web server's reach. Asking it for a URL is a programming error."""

    def __init__(self) -> None:
        super().__init__(location=settings.PRIVATE_MEDIA_ROOT)

    def url(self, name: str | None) -> str:
        raise ValueError("Private files have no address: link to private_files.serve instead.")


def private_storage() -> Storage:
    """The storage behind every private ``FileField`` (a callable, so that settings decide)."""
    return storages["private"]


def random_name(folder: str, extension: str) -> str:
    """A path such as ``photos/3f/3f9c….jpg``: it tells nothing of the person or the original name.

    Raises ValueError for an extension that is not one to eight small letters or digits.
    """
    if not EXTENSION.fullmatch(extension):
        raise ValueError(f"“{extension}” is not a file extension.")
    token = secrets.token_hex(16)
    return f"{folder}/{token[:2]}/{token}.{extension}"
