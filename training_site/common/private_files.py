"""The one door to private files.

Apps register kinds of files, each with a ``find`` that answers only for people who may see the file: a
stranger must not learn that it exists. Every answer is locked down, because a file that somebody uploaded
must never act as a page of this site.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

# What a browser may be told a file is. Anything else is bytes to be saved.
CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
}
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Kind:
    """``find(user, pk)`` returns the file, or None for whoever may not see it or when there is none.

    ``filename(file)`` is the name under which it is saved; without it, the kind's name.
    """

    name: str
    find: Callable[[Any, str], FieldFile | None]
    as_attachment: bool
    filename: Callable[[FieldFile], str] | None


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    find: Callable[[Any, str], FieldFile | None],
    as_attachment: bool,
    filename: Callable[[FieldFile], str] | None = None,
) -> None:
    """Serve files of this kind at ``/files/<kind>/<pk>/``. ``pk`` comes from the address: any text."""
    if kind in _kinds:
        raise ImproperlyConfigured(f"Two kinds of private files are called “{kind}”.")
    _kinds[kind] = Kind(kind, find, as_attachment, filename)


@require_safe
def serve(request: HttpRequest, kind: str, pk: str) -> HttpResponseBase:
    """The file, for whoever may see it; 404 for everybody else."""
    known = _kinds.get(kind)
    if known is None:
        raise Http404
    try:
        file = known.find(request.user, pk)
    except (ValueError, ValidationError):
        # What Django raises for a text that is no number or UUID, and so no row's key.
        raise Http404 from None
    if not file:
        raise Http404
    name = known.filename(file) if known.filename else f"{kind}.{_extension(file)}"
    return private_file(file, download_name=name, as_attachment=known.as_attachment)


def private_file(
    file: FieldFile, *, download_name: str | None = None, as_attachment: bool = True
) -> HttpResponseBase:
    """An answer with a private file, for views that have asked who may see it.

    Sent by Django, or by the web server where ``PRIVATE_MEDIA_ACCEL_PREFIX`` is set. Only pictures and PDF
    can be shown in place (``as_attachment`` False); a file of another type is always saved.
    Raises Http404 when the storage has no such file.
    """
    name: str = file.name or ""
    if not name or not file.storage.exists(name):
        raise Http404
    content_type = CONTENT_TYPES.get(_extension(file), BYTES)
    response: HttpResponseBase
    if settings.PRIVATE_MEDIA_ACCEL_PREFIX and isinstance(file.storage, FileSystemStorage):
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.PRIVATE_MEDIA_ACCEL_PREFIX.rstrip('/')}/{quote(name)}"
    else:
        response = FileResponse(file.storage.open(name), content_type=content_type)
    response["Content-Disposition"] = (
        content_disposition_header(
            as_attachment or content_type == BYTES, _printable(download_name) or PurePosixPath(name).name
        )
        or "attachment"
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _extension(file: FieldFile) -> str:
    return PurePosixPath(file.name or "").suffix.lower().removeprefix(".")


def _printable(name: str | None) -> str:
    """Without line breaks, which would begin another header, or characters that hide what follows."""
    return "".join(char for char in name or "" if char.isprintable()).strip()
