"""What is kept about people, and how one person takes a copy or is erased.

Each app registers sections when it is ready: what of its tables belongs to a person, and how to remove it.
``describe`` declares for a model what it holds, why and how long; the privacy page and each person's own
page show these declarations.
"""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.text import slugify

Rows = list[dict[str, Any]] | dict[str, Any]


@dataclass(frozen=True)
class Section:
    """One part of a copy. ``erase`` None: kept by law or for others' safety; ``note`` says which."""

    name: str
    export: Callable[[AbstractBaseUser], Rows]
    erase: Callable[..., None] | None
    note: str


@dataclass(frozen=True)
class PersonalData:
    """What a model holds about people (sentences fit to show them)."""

    model: type[models.Model]
    what: str
    why: str
    kept: str

    @property
    def title(self) -> str:
        """``Mail notices``: the model in the plural."""
        name = str(self.model._meta.verbose_name_plural)
        return name[:1].upper() + name[1:]


_sections: dict[str, Section] = {}
_described: dict[type[models.Model], PersonalData] = {}


def register(
    section: str,
    *,
    export: Callable[[AbstractBaseUser], Rows],
    erase: Callable[..., None] | None,
    note: str,
) -> None:
    """Add a section to every copy and, with ``erase(user, actor=…, at=…)``, to every erasure.

    ``export(user)`` returns what JSON can hold, and dates, decimals and UUIDs. ``note`` stands in the copy's
    README: what this is, and what erasure does with it.
    """
    if section in _sections:
        raise ImproperlyConfigured(f"Two sections of personal data are called “{section}”.")
    _sections[section] = Section(section, export, erase, note)


def describe(model: type[models.Model], *, what: str, why: str, kept: str) -> None:
    """Declare what ``model`` holds about people, why, and for how long."""
    if model in _described:
        raise ImproperlyConfigured(f"The personal data of {model.__name__} is described twice.")
    _described[model] = PersonalData(model, what, why, kept)


def sections() -> list[Section]:
    """Every registered section, by name."""
    return sorted(_sections.values(), key=lambda section: section.name.casefold())


def described() -> list[PersonalData]:
    """Every declaration, by title."""
    return sorted(_described.values(), key=lambda row: row.title.casefold())


def export(user: AbstractBaseUser) -> bytes:
    """A ZIP file: one JSON file per section and a README that says what each holds."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as copy:
        copy.writestr("README.txt", _readme())
        for section in sections():
            text = json.dumps(section.export(user), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            copy.writestr(_file_name(section), text)
    return archive.getvalue()


def erase(user: AbstractBaseUser, *, actor: AbstractBaseUser, at: dt.datetime) -> None:
    """Erase ``user`` in every section that erases, all or nothing."""
    with transaction.atomic():
        for section in sections():
            if section.erase is not None:
                section.erase(user, actor=actor, at=at)


def _file_name(section: Section) -> str:
    return f"{slugify(section.name)}.json"


def _readme() -> str:
    parts = [f"{_file_name(section)}\n{section.note}" for section in sections()]
    return "\n\n".join(["This is a copy of what we keep about you.", *parts]) + "\n"
