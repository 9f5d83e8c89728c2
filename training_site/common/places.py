"""Where people work: the links under the masthead of signed-in pages. Apps add theirs when they are ready."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject


@dataclass(frozen=True)
class Place:
    """A link that those see for whom ``is_for(user)`` holds."""

    label: str
    url_name: str
    is_for: Callable[[Any], bool]
    order: int


@dataclass(frozen=True)
class Link:
    """A place for one person on one page: ``current`` when the page lies in it."""

    label: str
    url: str
    current: bool


_places: list[Place] = []


def register(label: str, url_name: str, *, is_for: Callable[[Any], bool], order: int) -> None:
    """Add a place. ``order`` sorts them, smallest first."""
    _places.append(Place(label, url_name, is_for, order))


def places(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a page that shows no places reads neither person nor session."""
    return {"places": SimpleLazyObject(lambda: for_request(request))}


def for_request(request: HttpRequest) -> list[Link]:
    """The places of the signed-in person, none for anybody else."""
    if not request.user.is_authenticated:
        return []
    links = []
    for place in sorted(_places, key=lambda place: place.order):
        if place.is_for(request.user):
            url = reverse(place.url_name)
            links.append(Link(place.label, url, current=request.path.startswith(url)))
    return links
