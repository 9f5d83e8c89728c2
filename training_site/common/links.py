"""Links that prove who holds them: invitations, a client's consent, an observer's signature.

The token is told once, to whoever receives the link; the table keeps its SHA-256, so that nobody can open a
link with a stolen database. Found by its hash, a token is compared in no observable time. Do not point at a
``Link`` from another table: it is deleted some months after it ended.
"""

import datetime as dt
import hashlib
import secrets

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q

from training_site.common import crypto, personal_data, tick
from training_site.common.days import body_day, in_words
from training_site.common.models import Link

__all__ = ["Link", "LinkRefused", "LinkUsed", "find", "issue", "look_up", "revoke", "use"]

KEPT = dt.timedelta(days=90)


class LinkRefused(ValueError):
    """The link opens nothing; the message is fit to be the page's sentence."""


class LinkUsed(LinkRefused):
    """The link worked once, and that was before."""


def issue(
    *,
    purpose: str,
    subject: models.Model | None,
    email: str = "",
    valid_for: dt.timedelta,
    at: dt.datetime,
    reusable: bool = False,
) -> tuple[Link, str]:
    """Make a link and return it with its token (43 url-safe characters), which cannot be read again.

    ``purpose`` says which page takes it; ``subject`` is what it opens. ``email`` (stored sealed) is whom it
    was sent to. It ends ``valid_for`` after ``at``; a reusable one works until then, any other once.
    """
    token = secrets.token_urlsafe(32)
    link = Link.objects.create(
        purpose=purpose,
        token_hash=_hash(token),
        content_type=ContentType.objects.get_for_model(subject) if subject else None,
        object_id=str(subject.pk) if subject else "",
        sealed_email=crypto.encrypt(email) if email else "",
        reusable=reusable,
        issued_at=at,
        expires_at=at + valid_for,
    )
    return link, token


def find(token: str, purpose: str, at: dt.datetime) -> Link | None:
    """The link of this token if it still opens something for ``purpose``, otherwise None."""
    return Link.objects.alive(at=at).filter(token_hash=_hash(token), purpose=purpose).first()


def look_up(token: str, purpose: str, at: dt.datetime) -> Link:
    """As ``find``; raises LinkRefused with the reason (unknown, used, withdrawn, ended) instead of None."""
    link = Link.objects.filter(token_hash=_hash(token), purpose=purpose).first()
    if link is None:
        raise LinkRefused("This link is not known here. Check that the whole address was copied.")
    _refuse_dead(link, at=at)
    return link


def use(link: Link, at: dt.datetime) -> None:
    """Note that the link was followed, within the caller's transaction.

    One guarded update: when two people follow a one-time link at once, one of them wins.
    Raises LinkUsed for the other, LinkRefused when the link was withdrawn or has ended.
    """
    if not Link.objects.alive(at=at).filter(pk=link.pk).update(uses=F("uses") + 1, used_at=at):
        link.refresh_from_db()
        _refuse_dead(link, at=at)
    link.refresh_from_db(fields=["uses", "used_at"])


def revoke(link: Link, at: dt.datetime) -> None:
    """Make the link open nothing from now on. A link that was revoked before keeps that time."""
    Link.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=at)
    link.refresh_from_db(fields=["revoked_at"])


def revoke_all(*, purpose: str, subject: models.Model, at: dt.datetime) -> int:
    """Revoke every link of that purpose to ``subject``. Returns how many."""
    links = Link.objects.filter(
        purpose=purpose, content_type=ContentType.objects.get_for_model(subject), object_id=str(subject.pk)
    )
    return links.filter(revoked_at=None).update(revoked_at=at)


@tick.step("delete old links", every=dt.timedelta(days=1))
def prune(at: dt.datetime) -> int:
    """Delete links that ended or were revoked longer than ``KEPT`` ago. Returns how many."""
    ended = Q(expires_at__lt=at - KEPT) | Q(revoked_at__lt=at - KEPT)
    deleted, _ = Link.objects.filter(ended).delete()
    return deleted


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _refuse_dead(link: Link, *, at: dt.datetime) -> None:
    if link.revoked_at is not None:
        raise LinkRefused(f"This link was withdrawn on {in_words(body_day(link.revoked_at))}.")
    if link.used_at is not None and not link.reusable:
        raise LinkUsed(
            f"This link was used on {in_words(body_day(link.used_at))}. It works once; ask for a new one."
        )
    if link.expires_at <= at:
        raise LinkRefused(f"This link ended on {in_words(body_day(link.expires_at))}. Ask for a new one.")


personal_data.describe(
    Link,
    what="Address (sealed) to which a link was sent, and when it was used",
    why="So that only the person it was meant for opens it",
    kept="90 days after the link ended",
)
