"""Signed observations: the candidate's trainer, or an observer whom the office appoints, says what they saw.

A visit is observed once. Nothing is changed or taken back afterwards; the database refuses it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac

from certification import anonymity
from certification.errors import ObservationRefused
from certification.models import (
    ClientContact,
    Observation,
    ObserverAppointment,
    ProcedureCase,
    SessionLog,
    Submission,
)
from certification.values import EDITABLE, IMPLANTING
from courses import completion
from training_site.accounts.models import User
from training_site.accounts.roles import STAFF, Role
from training_site.common import crypto, links, notices
from training_site.common.addresses import bare_address
from training_site.common.days import body_day, in_words
from training_site.common.history import save_as
from training_site.common.models import Link

ITEMS = (
    "Clean field and order of work",
    "Single-use sterile cartridges, in date",
    "Barriers in place",
    "Gloves changed when soiled",
    "Sharps disposed of at the point of use",
    "Tear-down, waste and surface disinfection",
)
"""What an observer may have seen."""

STATEMENT = 30
"""Characters that a statement needs at least."""

PURPOSE = "observation"
VALID_FOR = dt.timedelta(days=30)

CHANGED = "The visit was changed meanwhile. Look at it again."


def observable(trainer: Any, *, on: dt.date) -> QuerySet[SessionLog]:
    """Visits with pigment of those whom ``trainer`` trains that day, over, unsigned, in cases still open."""
    if not trainer.holds(Role.TRAINER):
        return SessionLog.objects.none()
    open_cases = Submission.objects.filter(case=OuterRef("case"), state__in=EDITABLE)
    return (
        SessionLog.objects.filter(
            Exists(open_cases),
            kind__in=[kind.value for kind in IMPLANTING],
            visited_on__lte=on,
            observation=None,
            case__practitioner__in=completion.trainees_of(trainer, on=on),
        )
        .select_related("case__practitioner")
        .order_by("visited_on", "began", "pk")
    )


def as_shown(visit: SessionLog) -> str:
    """Digest of what an observer reads about a visit: nobody signs for one that changed since."""
    facts = (visit.kind, visit.visited_on, visit.began, visit.ended, visit.place)
    text = "\n".join(str(fact) for fact in facts)
    return salted_hmac("certification.observation", text, algorithm="sha256").hexdigest()


def sign(
    visit: SessionLog,
    *,
    trainer: Any,
    items: Collection[str],
    statement: str,
    signature: str,
    at: dt.datetime,
    on: dt.date,
    shown: str | None = None,
) -> Observation:
    """The candidate's trainer of that day signs what they saw at a visit.

    ``shown`` is ``as_shown`` of what they read; without it, ``visit`` is. Raises ObservationRefused for anybody
    else, an incomplete observation, a visit to come, one that changed since, and one that is observed already.
    """
    with transaction.atomic():
        fresh = _locked(visit)
        if not trainer.holds(Role.TRAINER) or fresh.case.practitioner_id not in completion.trainees_of(
            trainer, on=on
        ):
            raise ObservationRefused("Only the candidate's current trainer signs an observation.")
        return _write(
            fresh,
            shown=as_shown(visit) if shown is None else shown,
            role=Observation.Role.TRAINER,
            observer=trainer,
            named=trainer.legal_name,
            items=items,
            statement=statement,
            signature=signature,
            at=at,
            on=on,
        )


def sign_by_link(
    link: Link,
    *,
    items: Collection[str],
    statement: str,
    signature: str,
    at: dt.datetime,
    on: dt.date,
    shown: str,
) -> Observation:
    """An appointed observer signs, once. Raises ObservationRefused, and links.LinkRefused for a link that ended.

    ``shown`` as for ``sign``. A refusal leaves the link as it was.
    """
    with transaction.atomic():
        links.use(link, at=at)
        appointment = _appointment(link.object_id)
        if appointment.ended_at is not None:
            raise ObservationRefused("This appointment has ended. Ask the office for a new one.")
        return _write(
            _locked(appointment.visit),
            shown=shown,
            role=Observation.Role.APPOINTED,
            appointment=appointment,
            named=appointment.name,
            items=items,
            statement=statement,
            signature=signature,
            at=at,
            on=on,
        )


def appoint(
    visit: SessionLog,
    *,
    name: str,
    qualification: str,
    email: str,
    officer: Any,
    reason: str,
    at: dt.datetime,
) -> ObserverAppointment:
    """An officer appoints somebody without an account to observe a visit; they get a link that works once.

    Raises ObservationRefused for anybody but an officer, for a visit without pigment, observed already or with
    an observer appointed, and for the address of the candidate, of a trainee, of the staff, or of the client.
    """
    with transaction.atomic():
        visit = _locked(visit)
        case = visit.case
        if not officer.holds(Role.CERTIFICATION_OFFICER) or officer.pk == case.practitioner_id:
            raise ObservationRefused(
                "Only a certification officer appoints an observer, and never in their own case."
            )
        _may_be_observed(visit)
        _may_observe(case, email)
        if _same(name, case.practitioner.legal_name):
            raise ObservationRefused("Nobody observes themselves. Appoint somebody else.")
        if (open_one := visit.appointments.filter(ended_at=None).first()) is not None:
            raise ObservationRefused(f"{open_one.name} is appointed for this visit. End that appointment first.")
        appointment = ObserverAppointment(
            visit=visit,
            name=" ".join(name.split()),
            qualification=qualification,
            sealed_email=crypto.encrypt(email),
            appointed_by=officer,
            appointed_at=at,
        )
        save_as(appointment, actor=officer, reason=f"Observer appointed. {reason}")
        _, token = links.issue(purpose=PURPOSE, subject=appointment, email=email, valid_for=VALID_FOR, at=at)
        notices.post_template(
            "observer_appointed",
            {
                "name": appointment.name,
                "practitioner": case.practitioner.name,
                "visit": visit.get_kind_display().lower(),
                "day": visit.visited_on,
                "until": body_day(at + VALID_FOR),
                "address": settings.BASE_URL + reverse("observe", args=[token]),
            },
            to=email,
            forget_text=True,
            key=f"observer_appointed:{appointment.pk}",
        )
        return appointment


def end_appointment(appointment: ObserverAppointment, *, officer: Any, reason: str, at: dt.datetime) -> None:
    """Take an appointment back, with its link. Raises ObservationRefused once the observer has signed."""
    with transaction.atomic():
        locked = _appointment(appointment.pk)
        if not officer.holds(Role.CERTIFICATION_OFFICER) or officer.pk == locked.visit.case.practitioner_id:
            raise ObservationRefused(
                "Only a certification officer ends an appointment, and never in their own case."
            )
        if Observation.objects.filter(appointment=locked).exists():
            raise ObservationRefused(f"{locked.name} has signed, and the observation stays.")
        if locked.ended_at is not None:
            return
        locked.ended_at = at
        save_as(locked, actor=officer, reason=f"Appointment ended. {reason}", fields=["ended_at"])
        links.revoke_all(purpose=PURPOSE, subject=locked, at=at)


def _write(
    visit: SessionLog,
    *,
    shown: str,
    role: Observation.Role,
    named: str,
    items: Collection[str],
    statement: str,
    signature: str,
    at: dt.datetime,
    on: dt.date,
    **who: Any,
) -> Observation:
    case = visit.case
    _may_be_observed(visit)
    if shown != as_shown(visit):
        raise ObservationRefused(CHANGED)
    if on < visit.visited_on:
        raise ObservationRefused(f"The visit is on {in_words(visit.visited_on)}. Sign from that day on.")
    seen = [item for item in ITEMS if item in items]
    if not seen:
        raise ObservationRefused("Tick at least one point that you saw yourself.")
    statement = statement.strip()
    if len(statement) < STATEMENT:
        raise ObservationRefused(f"Say in at least {STATEMENT} characters what you saw.")
    if word := anonymity.found(statement, case.practitioner):
        raise ObservationRefused(
            f"The candidate's name (“{word}”) stands in the statement, and assessors must not know whose work "
            "this is. Write “the candidate” instead."
        )
    if not _same(signature, named):
        raise ObservationRefused(f"Sign with your full name as it is known here: {named}.")
    try:
        with transaction.atomic():
            made = Observation.objects.create(
                visit=visit,
                role=role,
                observed_on=visit.visited_on,
                items=seen,
                statement=statement,
                signature=" ".join(signature.split()),
                signed_at=at,
                **who,
            )
    except IntegrityError:
        raise ObservationRefused("This visit is observed already.") from None
    _tell_candidate(made, case)
    return made


def _locked(visit: SessionLog) -> SessionLog:
    """The visit as it is now, the attempt of its case locked: nobody changes it meanwhile.

    Raises ObservationRefused once the case is handed in, and for a visit that was taken out.
    """
    submission = Submission.objects.select_for_update().filter(case=visit.case_id).latest("number")
    if submission.state not in EDITABLE:
        raise ObservationRefused("This case is handed in, and takes no observation now.")
    fresh = SessionLog.objects.select_related("case__practitioner").filter(pk=visit.pk).first()
    if fresh is None:
        raise ObservationRefused(CHANGED)
    return fresh


def _appointment(pk: Any) -> ObserverAppointment:
    rows = ObserverAppointment.objects.select_for_update(of=("self",)).select_related("visit__case")
    return rows.get(pk=pk)


def _may_be_observed(visit: SessionLog) -> None:
    if visit.kind not in IMPLANTING:
        raise ObservationRefused("Nothing is implanted at this visit. Choose one at which pigment was.")
    if Observation.objects.filter(visit=visit).exists():
        raise ObservationRefused("This visit is observed already.")


def _may_observe(case: ProcedureCase, email: str) -> None:
    holders = _reached_by(email)
    if holders.filter(pk=case.practitioner_id).exists():
        raise ObservationRefused("This is the candidate's own address. Appoint somebody else.")
    if holders.filter(groups__name=Role.TRAINEE.value).exists():
        raise ObservationRefused("This address belongs to a trainee. Appoint somebody who is none.")
    if holders.filter(groups__name__in=[role.value for role in STAFF]).exists():
        raise ObservationRefused("This address belongs to the staff. Appoint somebody who does not work here.")
    contact = ClientContact.objects.filter(case=case).first()
    if contact is not None and bare_address(contact.email) == bare_address(email):
        raise ObservationRefused("This is the client's address. Appoint somebody else.")


def _reached_by(email: str) -> QuerySet[User]:
    """People to whom mail to this address goes, in any spelling (``tara+nora@…`` reaches ``tara@…``)."""
    name, _, domain = bare_address(email).rpartition("@")
    alike = Q(email__istartswith=name, email__iendswith=f"@{domain}")
    accounts = User.objects.filter(alike).values_list("pk", "email")
    addresses = EmailAddress.objects.filter(alike).values_list("user", "email")
    found = [*accounts, *addresses]
    return User.objects.filter(
        pk__in=[pk for pk, address in found if bare_address(address) == bare_address(email)]
    )


def _same(typed: str, name: str) -> bool:
    return _spaced(typed) == _spaced(name)


def _spaced(name: str) -> str:
    return re.sub(r"\s+", " ", name).strip().casefold()


def _tell_candidate(observation: Observation, case: ProcedureCase) -> None:
    visit, candidate = observation.visit, case.practitioner
    notices.post_template(
        "observation_signed",
        {
            "ref": case.ref,
            "visit": visit.get_kind_display().lower(),
            "day": visit.visited_on,
            "signature": observation.signature,
            "address": settings.BASE_URL + reverse("case_observation", args=[case.ref]),
        },
        to=candidate.email,
        user=candidate,
        key=f"observation_signed:{observation.pk}",
    )
