"""What waits for a person: cards on ``/my/``, brought by every app that has something to say."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["good", "wait", "caution", "stop"]


@dataclass(frozen=True)
class Card:
    """One thing to do or to know, with one link.

    ``sentence`` says what waits, ``action`` what the link does (``Mark the next case``). ``count`` is how
    many wait (0 = not counted). Cards with a lower ``order`` stand first; the first one's link is the page's
    main button.
    """

    title: str
    sentence: str
    url: str
    action: str
    count: int = 0
    tone: Tone = "wait"
    order: int = 100


Provider = Callable[[Any, dt.datetime], Iterable[Card]]

_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Add ``provider(user, at)``, which yields that person's cards. Usable as a decorator."""
    _providers.append(provider)
    return provider


def for_user(user: Any, at: dt.datetime) -> list[Card]:
    """Everything that waits for ``user`` at that instant, the most pressing first."""
    found = [card for provider in _providers for card in provider(user, at)]
    return sorted(found, key=lambda card: (card.order, card.title))
