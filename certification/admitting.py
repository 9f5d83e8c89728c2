"""Applications: begun, stated, handed in, answered. An admitted one opens the case file, once.

What is needed is worked out in ``prerequisites``; here is who may move an application where.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse

from certification.errors import ApplicationRefused
from certification.models import Application, CaseFile, SchemeVersion
from certification.prerequisites import PLACE, local_day, missing_of
from courses import completion
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common import notices
from training_site.common.days import DAY, add_months, body_day, in_words
from training_site.common.history import save_as
from training_site.common.storage import random_name
from training_site.common.uploads import CleanDocument

State = Application.State

ALLOWED: dict[str, set[str]] = {
    State.DRAFT: {State.SUBMITTED},
    State.SUBMITTED: {State.MORE_INFO, State.ADMITTED, State.REJECTED},
    State.MORE_INFO: {State.SUBMITTED, State.REJECTED},
    State.ADMITTED: set(),
    State.REJECTED: set(),
}

STATED = ("training_issuer", "training_completed_on", "training_ends_on", *PLACE, "postcode")
"""What an applicant writes."""

NEEDED = {
    "training_issuer": "Say who gave the training.",
    "training_completed_on": "Give the day on which the training was completed.",
    "training_proof": "Add the certificate of the training.",
    "studio": "Give the name of the studio or clinic.",
    "street": "Give street and number.",
    "town": "Give the town.",
    "country": "Choose the country.",
    "time_zone": "Choose the time zone of the place.",
    "jurisdiction_key": "Say where its licence is issued.",
}
"""What an application needs before it is handed in, and the sentence for each that is empty."""

TRAINER_MONTHS = 24
"""How long a trainer is kept apart from their trainee's file after the training ended (roles.json, K1)."""


# The applicant --------------------------------------------------------------------------------------


@transaction.atomic
def begin(candidate: User, version: SchemeVersion) -> Application:
    """The candidate's open application under the scheme, or a new draft under ``version``.

    After a rejection the place of work is carried over. Raises ApplicationRefused for somebody who is no
    trainee, is admitted already, or when the version is not in force.
    """
    if not candidate.holds(Role.TRAINEE):
        raise ApplicationRefused("Only a trainee applies. Ask an administrator for the role.")
    # Two clicks at once would both find no application: the second waits here.
    User.objects.select_for_update().get(pk=candidate.pk)
    own = Application.objects.for_user(candidate).filter(scheme=version.scheme_id)
    if existing := own.open().select_related("scheme", "scheme_version").first():
        return existing
    if own.filter(state=State.ADMITTED).exists():
        raise ApplicationRefused("You are admitted already. Your cases are on the page “Cases”.")
    if version.state != SchemeVersion.State.EFFECTIVE:
        raise ApplicationRefused("This version of the scheme is not in force. Apply under the one that is.")
    made = Application(candidate=candidate, scheme=version.scheme, scheme_version=version)
    if former := own.filter(state=State.REJECTED).order_by("-decided_at", "-pk").first():
        for name in (*PLACE, "postcode"):
            setattr(made, name, getattr(former, name))
    return save_as(made, actor=candidate, reason="Application begun.")


def save_draft(
    application: Application,
    stated: Mapping[str, Any],
    *,
    actor: User,
    proof: CleanDocument | None = None,
) -> Application:
    """Keep what the applicant wrote, complete or not. ``stated`` holds values of ``STATED``.

    ``proof`` replaces the certificate that is kept; without one it stays. Raises ApplicationRefused for anybody
    else's application and for one that waits for the office or is answered; OSError when the disk fails.
    """
    with transaction.atomic():
        locked = _own(application, actor)
        for name in STATED:
            if name in stated:
                setattr(locked, name, stated[name])
        former = locked.training_proof.name
        if proof is None or proof.sha256 == locked.training_proof_sha256:
            return save_as(locked, actor=actor, reason="Written down.")
        file = locked.training_proof
        file.save(random_name("applications", proof.extension), ContentFile(proof.content), save=False)
        locked.training_proof_sha256 = proof.sha256
        try:
            save_as(locked, actor=actor, reason="Written down, with another certificate.")
        except BaseException:
            file.storage.delete(file.name or "")
            raise
        if former:
            transaction.on_commit(lambda: file.storage.delete(former))
    return locked


def gaps(application: Application) -> dict[str, str]:
    """Field and sentence of everything that is needed before it can be handed in."""
    return {name: sentence for name, sentence in NEEDED.items() if not getattr(application, name)}


@transaction.atomic
def submit(application: Application, *, actor: User, at: dt.datetime) -> Application:
    """Hand the application in to the office. Training and place are needed; the rest may follow.

    Raises ApplicationRefused.
    """
    locked = _own(application, actor)
    if missing := gaps(locked):
        raise ApplicationRefused(f"Something is missing. {' '.join(missing.values())}")
    return _move(locked, State.SUBMITTED, actor=actor, reason="Handed in.", submitted_at=at)


# The office -----------------------------------------------------------------------------------------
#
# ``application`` is as the officer read it: what was handed in again since is answered by nobody who has not.


@transaction.atomic
def record_identity(application: Application, *, seen_on: dt.date, actor: User, at: dt.datetime) -> Application:
    """An officer saw the applicant's identity document on that day."""
    return _record(application, seen_on, actor, at, "Identity document seen.", field="identity_seen_on")


@transaction.atomic
def record_age(application: Application, *, seen_on: dt.date, actor: User, at: dt.datetime) -> Application:
    """An officer saw on that day proof that the applicant is old enough."""
    return _record(application, seen_on, actor, at, "Proof of age seen.", field="age_seen_on")


@transaction.atomic
def record_fee(
    application: Application, *, paid_on: dt.date, note: str, actor: User, at: dt.datetime
) -> Application:
    """An officer records that the fee of the application's version was paid; ``note`` says how."""
    if application.scheme_version.fee_amount is None:
        raise ApplicationRefused("This version of the scheme asks no fee.")
    return _record(application, paid_on, actor, at, "Fee recorded as paid.", field="fee_paid_on", fee_note=note)


@transaction.atomic
def ask_for_more(application: Application, *, answer: str, actor: User, at: dt.datetime) -> Application:
    """Give the application back with a question; a mail tells the applicant."""
    locked = _for_officer(application, actor, at=at)
    _refuse_silence(answer, "Say what is missing, and how to add it.")
    moved = _move(locked, State.MORE_INFO, actor=actor, reason="More information asked.", answer=answer)
    return _tell(moved, "application_more_info")


@transaction.atomic
def admit(application: Application, *, reason: str, actor: User, at: dt.datetime) -> Application:
    """Admit the applicant to assessment, and open their case file.

    Every prerequisite must hold on the day it is at the place of work. Raises ApplicationRefused; of two
    officers at once, for the second.
    """
    locked = _for_officer(application, actor, at=at)
    _may_move(locked, State.ADMITTED)
    if not locked.candidate.holds(Role.TRAINEE):
        raise ApplicationRefused(
            f"{locked.candidate.name} has no active account as a trainee. Ask an administrator to open it first."
        )
    if missing := missing_of(locked, on=local_day(locked, at)):
        named = "; ".join(f"{each.title}: {each.sentence}" for each in missing)
        raise ApplicationRefused(f"Not every prerequisite holds today. {named}")
    moved = _move(locked, State.ADMITTED, actor=actor, reason=f"Admitted. {reason}", decided_at=at, answer="")
    case_file = CaseFile(
        candidate=moved.candidate,
        scheme=moved.scheme,
        scheme_version=moved.scheme_version,
        application=moved,
        opened_at=at,
    )
    save_as(case_file, actor=actor, reason="Opened with the admission.")
    return _tell(moved, "application_admitted")


@transaction.atomic
def reject(application: Application, *, answer: str, actor: User, at: dt.datetime) -> Application:
    """Turn the application down; a mail says why. The person may apply again."""
    locked = _for_officer(application, actor, at=at)
    _refuse_silence(answer, "Say why, and what would help.")
    moved = _move(locked, State.REJECTED, actor=actor, reason="Rejected.", decided_at=at, answer=answer)
    return _tell(moved, "application_rejected")


def obstacle(application: Application, *, actor: User, at: dt.datetime) -> str | None:
    """Why this person decides nothing about this application, in a sentence; None when they may.

    A trainer of the applicant, now or within two years before, does not (roles.json, ``admit``).
    """
    if not actor.holds(Role.CERTIFICATION_OFFICER):
        return "Only a certification officer decides on applications."
    if actor.pk == application.candidate_id:
        return "Nobody decides on their own application. Another officer does."
    today = body_day(at)
    if actor.pk in completion.trainers_of(application.candidate, since=trainer_since(today), until=today):
        return (
            f"You trained {application.candidate.name} within the last two years, so another officer decides on "
            "this application."
        )
    return None


def trainer_since(on: dt.date) -> dt.date:
    """A relation that ended on this day or later keeps its trainer apart on ``on`` (T22 of ``dates.json``)."""
    since = add_months(on, -TRAINER_MONTHS)
    # Two years after 28 February of a common year are over on 29 February of a leap year.
    return since if add_months(since, TRAINER_MONTHS) >= on else since + DAY


# Moves ----------------------------------------------------------------------------------------------


def _locked(application: Application) -> Application:
    rows = Application.objects.select_for_update(of=("self",))
    return rows.select_related("candidate", "scheme", "scheme_version").get(pk=application.pk)


def _own(application: Application, actor: User) -> Application:
    locked = _locked(application)
    if locked.candidate_id != actor.pk:
        raise ApplicationRefused("Only the applicant changes an application.")
    if locked.state == State.SUBMITTED:
        raise ApplicationRefused("This application is with the office. It can be changed when the office asks.")
    if locked.state not in Application.EDITABLE:
        raise ApplicationRefused("This application is answered and stays as it is.")
    return locked


def _for_officer(application: Application, actor: User, *, at: dt.datetime) -> Application:
    locked = _locked(application)
    if sentence := obstacle(locked, actor=actor, at=at):
        raise ApplicationRefused(sentence)
    if locked.submitted_at != application.submitted_at:
        raise ApplicationRefused(
            "This application was handed in again after you opened it. Read it as it is now, then go on."
        )
    return locked


def _record(
    application: Application, day: dt.date, actor: User, at: dt.datetime, what: str, *, field: str, **more: Any
) -> Application:
    locked = _for_officer(application, actor, at=at)
    if locked.state not in (State.SUBMITTED, State.MORE_INFO):
        raise ApplicationRefused("This application is not with the office, so nothing is recorded on it now.")
    if day > body_day(at):
        raise ApplicationRefused("The day lies in the future. Record it on that day.")
    changes = {field: day, **more}
    for name, value in changes.items():
        setattr(locked, name, value)
    return save_as(locked, actor=actor, reason=f"{what} Day: {in_words(day)}.", fields=[*changes])


def _may_move(application: Application, to: str) -> None:
    if to in ALLOWED[application.state]:
        return
    state = application.get_state_display().lower()
    if application.decided_at:
        day = in_words(body_day(application.decided_at))
        raise ApplicationRefused(f"This application is {state} since {day}. Read it again before you go on.")
    raise ApplicationRefused(f"This application is “{state}” now, so this cannot be done. Read it again.")


def _move(application: Application, to: str, *, actor: User, reason: str, **changes: Any) -> Application:
    """``application`` is locked."""
    _may_move(application, to)
    application.state = to
    for name, value in changes.items():
        setattr(application, name, value)
    return save_as(application, actor=actor, reason=reason, fields=["state", *changes])


def _refuse_silence(answer: str, sentence: str) -> None:
    if not answer.strip():
        raise ApplicationRefused(sentence)


def _tell(application: Application, template: str) -> Application:
    if not application.candidate.is_active:
        return application
    notices.post_template(
        template,
        {
            "scheme": application.scheme.title,
            "answer": application.answer,
            "address": settings.BASE_URL + reverse("application"),
        },
        to=application.candidate.email,
        user=application.candidate,
    )
    return application
