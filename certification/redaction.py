"""Names that slipped through, taken out of what assessors read.

Hand-in refuses a candidate's own name (``anonymity``). This stands behind it, for the names that it does not know:
of trainers, of observers, of the studio.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from certification import anonymity
from certification.models import Observation, ObserverAppointment, ProcedureCase
from courses import completion
from training_site.accounts.models import User

REMOVED = "[name removed]"


@dataclass(frozen=True)
class Known:
    """Somebody without an account, as ``anonymity`` asks for people."""

    legal_name: str
    email: str
    display_name: str = ""


@dataclass(frozen=True)
class Names:
    """Who and what must not be named to those who mark a case."""

    people: Sequence[Any]
    places: Sequence[str]

    def out_of(self, text: str) -> str:
        """The text without them."""
        return redacted(text, people=self.people, places=self.places)


def names_around(case: ProcedureCase) -> Names:
    """The candidate of a case, whoever trained them or observed a visit, and the studio they applied with."""
    trainers = completion.trainers_of(case.practitioner, since=dt.date.min, until=dt.date.max)
    observers = Observation.objects.filter(visit__case=case, observer__isnull=False).values_list(
        "observer", flat=True
    )
    appointed = ObserverAppointment.objects.filter(visit__case=case)
    application = case.case_file.application if case.case_file else None
    return Names(
        people=[
            case.practitioner,
            *User.objects.filter(pk__in={*trainers, *observers}),
            *(Known(each.name, each.email) for each in appointed),
        ],
        places=[application.studio] if application and application.studio else [],
    )


def redacted(text: str, *, people: Iterable[Any], places: Iterable[str]) -> str:
    """``text`` with ``[name removed]`` wherever one of them is named.

    A person counts as for ``anonymity.found``. A place of several words counts in any case, with or without
    accents, however it is spaced; one of a single word only as written, or in capitals: it may be any word.
    """
    for person in people:
        text = _without(text, person)
    for pattern in filter(None, map(_pattern, places)):
        # Taken apart and put together, an accent is a letter of its own that the pattern may step over.
        apart = unicodedata.normalize("NFD", text)
        if pattern.search(apart):
            text = unicodedata.normalize("NFC", pattern.sub(REMOVED, apart))
    return text


def _without(text: str, person: Any) -> str:
    text = unicodedata.normalize("NFC", text)
    word = anonymity.found(text, person)
    if not word:
        return text
    before, _, after = text.partition(word)
    return f"{_without(before, person)}{REMOVED}{_without(after, person)}"


def _pattern(place: str) -> re.Pattern[str] | None:
    words = re.findall(r"[^\W_]+", _bare(place))
    if not words:
        return None
    if len(words) == 1:
        return re.compile(rf"(?<![^\W_])(?:{_loose(words[0])}|{_loose(words[0].upper())})(?![^\W_])")
    joined = r"[\W_]*".join(_loose(word) for word in words)
    return re.compile(rf"(?<![^\W_]){joined}(?![^\W_])", re.IGNORECASE)


def _bare(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def _loose(word: str) -> str:
    return "".join(rf"{re.escape(letter)}[\u0300-\u036f]*" for letter in word)
