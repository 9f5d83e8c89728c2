"""A client's consent to photographs being used for assessment: given and taken back by the client's own link.

The candidate gives an address and asks; only whoever holds the link answers. What was given is never deleted:
a withdrawal ends it at that instant, and giving it again makes another row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac

from certification import signals
from certification.errors import ConsentRefused
from certification.models import CaseFile, ClientContact, ImageConsent, Photo, ProcedureCase, Submission
from certification.values import ConsentPurpose, SubmissionState
from training_site.common import crypto, links, notices
from training_site.common.addresses import bare_address
from training_site.common.days import DAY, body_day, body_zone, in_words, midnight, period_end
from training_site.common.history import save_as
from training_site.common.models import Link

PURPOSE = "consent"
MONTHS = 36
"""For so long a consent lasts (T15), and a link too."""

BETWEEN_MAILS = dt.timedelta(minutes=10)

MAILS_A_DAY = 10
"""So many mails a candidate sends to clients within a day."""

MOVES_A_DAY = 3
"""So often the address of a client changes within a day."""

MOVED = "Client's address changed."

TEXT_VERSION = "assessment-1"
"""Changes with the words below; each consent keeps the version that the client saw."""

WITHDRAWN = "Done. Assessors no longer see these photographs."


@dataclass(frozen=True)
class Answered:
    """How the client's answer stands. ``covered``: keys of photographs that may be shown to assessors."""

    photos: list[Photo]
    covered: frozenset[int]
    ahead: bool
    answered: bool

    @property
    def uncovered(self) -> list[Photo]:
        return [photo for photo in self.photos if photo.pk not in self.covered]


# The client's address --------------------------------------------------------------------------------


def set_contact(case: ProcedureCase, email: str, *, actor: Any, at: dt.datetime) -> ClientContact:
    """Keep the client's address, sealed. Another address ends the links that went to the earlier one.

    What was allowed from the earlier address ends, too, and whoever was asked there is told once the client
    answered: nobody else's yes counts. Raises ConsentRefused for anybody else's case, once the result is
    released, for the candidate's own address, and for a fourth change within a day.
    """
    if _is_own(email, actor):
        raise ConsentRefused(
            "This is your own address. Give the client's: only the client answers about their photographs."
        )
    with _locked(case, actor=actor) as submission:
        if submission.state == SubmissionState.RELEASED:
            raise ConsentRefused("The result of this case is released, and the client's address stays as it is.")
        contact = ClientContact.objects.filter(case=case).first()
        if contact and contact.email.casefold() == email.casefold():
            return contact
        if contact:
            _refuse_many_moves(contact, at=at)
            if _was_asked(contact) and (_is_answered(case) or ImageConsent.objects.filter(case=case).exists()):
                _tell_of_move(contact, at=at)
            for consent in ImageConsent.objects.alive(at=at, on=body_day(at)).filter(case=case):
                withdraw(consent, at=at, actor=actor, reason="The client's address changed.")
        links.revoke_all(purpose=PURPOSE, subject=case, at=at)
        reason = MOVED if contact else "Client's address given."
        contact = contact or ClientContact(case=case)
        contact.sealed_email, contact.digest, contact.added_at = crypto.encrypt(email), digest_of(email), at
        return save_as(contact, actor=actor, reason=reason)


def digest_of(email: str) -> str:
    """Keyed digest by which two cases with one client's address are noticed although it is sealed."""
    return salted_hmac("certification.client_contact", email.casefold(), algorithm="sha256").hexdigest()


def masked(email: str) -> str:
    """``c…@example.org``: enough to notice a slip, too little to copy."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


def ask(case: ProcedureCase, *, actor: Any, at: dt.datetime) -> Link:
    """Mail the client a link to answer by, for three years; earlier links of the case end.

    Raises ConsentRefused for anybody else's case, without an address, within ten minutes of the last mail to the
    client or to this address, and after ten mails to clients within a day.
    """
    with _locked(case, actor=actor):
        contact = ClientContact.objects.filter(case=case).first()
        if contact is None:
            raise ConsentRefused("Give the client's e-mail address first.")
        _refuse_many_mails(case, contact, at=at)
        links.revoke_all(purpose=PURPOSE, subject=case, at=at)
        last_day = period_end(body_day(at), MONTHS)
        link, token = links.issue(
            purpose=PURPOSE,
            subject=case,
            email=contact.email,
            valid_for=midnight(last_day + DAY, body_zone()) - at,
            at=at,
            reusable=True,
        )
        notices.post_template(
            "consent_asked",
            {
                "practitioner": case.practitioner.name,
                "treatment": case.get_treatment_display(),
                "until": last_day,
                "address": settings.BASE_URL + reverse("consent", args=[token]),
            },
            to=contact.email,
            forget_text=True,
            key=f"consent_asked:{link.pk}",
        )
        return link


def asked_at(case: ProcedureCase) -> dt.datetime | None:
    """When the client was last asked; None before the first time."""
    return _links(case).order_by("-issued_at").values_list("issued_at", flat=True).first()


# The client's answer ---------------------------------------------------------------------------------


def photos_of(case: ProcedureCase) -> QuerySet[Photo]:
    """The photographs that a client is asked about: those in the case that the client decides about."""
    return case.photos.kept().of_client()


def uncovered(case: ProcedureCase, *, at: dt.datetime, on: dt.date) -> QuerySet[Photo]:
    """Photographs that the client decides about and that lack a living consent to assessment."""
    allowed = Photo.objects.consented(ConsentPurpose.ASSESSMENT, at=at, on=on)
    return photos_of(case).exclude(pk__in=allowed.filter(case=case).values("pk"))


def answered(case: ProcedureCase, *, at: dt.datetime, on: dt.date) -> Answered:
    """How the client's answer stands at that instant. ``on`` is its day in the body's calendar."""
    alive = set(_alive(case, at=at, on=on).values_list("photo_id", flat=True))
    photos = list(photos_of(case))
    return Answered(
        photos=photos,
        covered=frozenset(photo.pk for photo in photos if photo.pk in alive),
        ahead=None in alive,
        answered=bool(alive) or _consents(case).exists(),
    )


def ahead_ended(case: ProcedureCase, *, at: dt.datetime, on: dt.date) -> str:
    """How a consent to photographs still to be taken ended, as a sentence; "" when one holds or none was given."""
    if _alive(case, at=at, on=on).filter(photo=None).exists():
        return ""
    latest = _consents(case).filter(photo=None, given_at__lte=at).order_by("-given_at", "-pk").first()
    if latest is None:
        return ""
    if latest.withdrawn_at is None:
        how = f"ran out: {in_words(latest.expires_on)} was its last day"
    else:
        how = f"ended on {in_words(body_day(latest.withdrawn_at))}"
    return f"The client's consent to photographs still to be taken {how}."


def give(
    link: Link, *, photos: Collection[int], shown: Collection[int], ahead: bool, at: dt.datetime, on: dt.date
) -> bool:
    """Take a client's answer: ``photos`` are allowed, the others that were ``shown`` are not. Whether it changed.

    A photograph that came in after the page was opened is left as it is. ``ahead`` allows those still to be
    taken. The same answer sent twice changes nothing. Raises links.LinkRefused for a link that has ended.
    """
    with _answering(link, at=at) as case:
        about = {photo.pk: photo for photo in photos_of(case) if photo.pk in shown}
        alive = {consent.photo_id: consent for consent in _alive(case, at=at, on=on)}
        wanted: set[int | None] = {pk for pk in about if pk in photos} | ({None} if ahead else set())
        asked: set[int | None] = {*about, None}
        for key in (wanted & asked) - alive.keys():
            _give_one(case, about[key] if key is not None else None, at=at, on=on)
        for key in (asked - wanted) & alive.keys():
            withdraw(alive[key], at=at)
        if wanted:
            _keep_open(link, until=period_end(on, MONTHS))
        changed = bool(wanted - alive.keys()) or bool((asked - wanted) & alive.keys())
        if changed:
            _tell_practitioner(case, at=at)
        return changed


def withdraw_all(link: Link, *, at: dt.datetime, on: dt.date) -> int:
    """Take everything back that the client of this link allowed. Returns how many consents ended."""
    with _answering(link, at=at) as case:
        alive = list(_alive(case, at=at, on=on))
        for consent in alive:
            withdraw(consent, at=at)
        if alive:
            _tell_practitioner(case, at=at)
        return len(alive)


def end_ahead(case: ProcedureCase, *, actor: Any, at: dt.datetime) -> None:
    """End a living consent to photographs still to be taken: the case is no longer the one it was given for."""
    for consent in _alive(case, at=at, on=body_day(at)).filter(photo=None):
        withdraw(consent, at=at, actor=actor, reason="The case is about another client or treatment.")


@transaction.atomic
def withdraw(
    consent: ImageConsent, *, at: dt.datetime, actor: Any = None, reason: str = "Withdrawn by the client's link."
) -> None:
    """End a consent at that instant (I03). One that was withdrawn before keeps its instant."""
    locked = ImageConsent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    if locked.withdrawn_at is not None:
        return
    locked.withdrawn_at = at
    save_as(locked, actor=actor, reason=reason, fields=["withdrawn_at"])
    signals.consent_withdrawn.send(sender=ImageConsent, consent=locked, at=at)


def _give_one(case: ProcedureCase, photo: Photo | None, *, at: dt.datetime, on: dt.date) -> None:
    # One that has run out is not withdrawn: it makes room for the new one, and nobody needs to hear of it.
    for over in _consents(case).filter(photo=photo, withdrawn_at=None):
        over.withdrawn_at = at
        save_as(over, actor=None, reason="Had ended; given again.", fields=["withdrawn_at"])
    consent = ImageConsent(
        case=case,
        photo=photo,
        purpose=ConsentPurpose.ASSESSMENT,
        method=ImageConsent.Method.LINK,
        text_version=TEXT_VERSION,
        given_at=at,
        expires_on=period_end(on, MONTHS),
    )
    save_as(consent, actor=None, reason="Given by the client's link.")


def _consents(case: ProcedureCase) -> QuerySet[ImageConsent]:
    return ImageConsent.objects.filter(case=case, purpose=ConsentPurpose.ASSESSMENT)


def _alive(case: ProcedureCase, *, at: dt.datetime, on: dt.date) -> QuerySet[ImageConsent]:
    return ImageConsent.objects.alive(at=at, on=on).filter(case=case, purpose=ConsentPurpose.ASSESSMENT)


def _keep_open(link: Link, *, until: dt.date) -> None:
    """A client takes back by the link they gave by: it lasts as long as what they gave."""
    ends_at = midnight(until + DAY, body_zone())
    Link.objects.filter(pk=link.pk, expires_at__lt=ends_at).update(expires_at=ends_at)


@contextmanager
def _answering(link: Link, *, at: dt.datetime) -> Iterator[ProcedureCase]:
    """The case of a link, locked; a photograph that comes in at the same moment waits, or is waited for."""
    with transaction.atomic():
        case = ProcedureCase.objects.select_related("practitioner").get(pk=link.object_id)
        Submission.objects.select_for_update().filter(case=case).latest("number")
        links.use(link, at=at)
        yield case


@contextmanager
def _locked(case: ProcedureCase, *, actor: Any) -> Iterator[Submission]:
    """The case's attempt, locked, for its owner. It is about the client, so hand-in does not close it."""
    with transaction.atomic():
        submission = Submission.objects.select_for_update().filter(case=case).latest("number")
        if case.practitioner_id != actor.pk:
            raise ConsentRefused("Only its owner changes a case.")
        yield submission


def _links(*of: ProcedureCase) -> QuerySet[Link]:
    """Every link by which the clients of these cases were asked."""
    kind = ContentType.objects.get_for_model(ProcedureCase)
    return Link.objects.filter(purpose=PURPOSE, content_type=kind, object_id__in=[str(case.pk) for case in of])


def _refuse_many_mails(case: ProcedureCase, contact: ClientContact, *, at: dt.datetime) -> None:
    # Two cases asking at once: the second waits here.
    list(CaseFile.objects.select_for_update().filter(candidate=case.practitioner_id).order_by("pk"))
    own = ProcedureCase.objects.filter(practitioner=case.practitioner_id)
    recent = list(_links(*own).filter(issued_at__gt=at - DAY))
    for link in recent:
        is_same = link.object_id == str(case.pk) or digest_of(link.email) == contact.digest
        if is_same and at < link.issued_at + BETWEEN_MAILS:
            raise ConsentRefused("A mail went to the client less than ten minutes ago. Wait, then ask again.")
    if len(recent) >= MAILS_A_DAY:
        raise ConsentRefused("Ten mails went to your clients within a day. Ask again tomorrow.")


def _refuse_many_moves(contact: ClientContact, *, at: dt.datetime) -> None:
    moves = contact.history.filter(history_change_reason=MOVED, history_date__gt=at - DAY)
    if moves.count() >= MOVES_A_DAY:
        raise ConsentRefused("The address was changed three times within a day. Change it again tomorrow.")


def _was_asked(contact: ClientContact) -> bool:
    """Whether a link went to this very address."""
    return any(digest_of(link.email) == contact.digest for link in _links(contact.case))


def _is_answered(case: ProcedureCase) -> bool:
    """Whether a client of this case ever answered. A refusal leaves nothing but the use of its link."""
    return _links(case).filter(uses__gt=0).exists()


def _is_own(email: str, actor: Any) -> bool:
    """Whether mail to this address reaches the candidate (``tara+client@…`` reaches ``tara@…``)."""
    own = {actor.email, *EmailAddress.objects.filter(user=actor).values_list("email", flat=True)}
    return bare_address(email) in {bare_address(each) for each in own}


def _tell_of_move(contact: ClientContact, *, at: dt.datetime) -> None:
    notices.post_template(
        "consent_moved",
        {"practitioner": contact.case.practitioner.name, "day": in_words(body_day(at))},
        to=contact.email,
        forget_text=True,
    )


def _tell_practitioner(case: ProcedureCase, *, at: dt.datetime) -> None:
    """One mail at the end of each ten minutes with an answer. It tells no numbers: they change meanwhile."""
    practitioner = case.practitioner
    window = int(at.timestamp() // BETWEEN_MAILS.total_seconds()) + 1
    notices.post_template(
        "consent_answered",
        {
            "ref": case.ref,
            "address": settings.BASE_URL + reverse("case_consent", args=[case.ref]),
        },
        to=practitioner.email,
        user=practitioner,
        due_at=dt.datetime.fromtimestamp(window * BETWEEN_MAILS.total_seconds(), dt.UTC),
        key=f"consent_answered:{case.pk}:{window}",
    )
