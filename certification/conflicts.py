"""Who must have no part in a case: K1, K1a and K1c of ``roles.json``.

Nothing here decides: the reasons against a person are named, and whoever gives out parts refuses with them.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min, Q

from certification.admitting import trainer_since
from certification.errors import AllocationRefused
from certification.models import (
    Allocation,
    Application,
    AssessorAuthorisation,
    CaseFile,
    ConflictDeclaration,
    Manifest,
    ProcedureCase,
    QualityReview,
    Submission,
    Workplace,
)
from certification.values import AllocationState, ExclusionReason
from courses import completion
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.days import body_day

Place = tuple[str, str, str]

REASON = 500
"""Characters that a declaration holds at most."""


# Marking ------------------------------------------------------------------------------------------


def reasons_against(
    person: Any, submission: Submission, *, stage: str, kind: str, at: dt.datetime
) -> tuple[ExclusionReason, ...]:
    """Why this person is not asked for this piece of marking; empty when they may be."""
    return reasons_for([person], submission, stage=stage, kind=kind, at=at)[person.pk]


def reasons_for(
    people: Collection[Any], submission: Submission, *, stage: str, kind: str, at: dt.datetime
) -> dict[int, tuple[ExclusionReason, ...]]:
    """Key of each person → why they are not asked. Takes the same queries for one person and for many."""
    case = _case(submission)
    file = _file(case)
    day = body_day(at)
    places = _places(people, since=first_hand_in(file) or at)
    unplaced = {each.pk for each in people} - {pk for pk, (stated, _) in places.items() if stated}
    own = _place(file.application) if file.application else None
    reasons: dict[ExclusionReason, Collection[int]] = {
        ExclusionReason.SELF: {file.candidate_id},
        ExclusionReason.TRAINER: _trainers(file, day),
        ExclusionReason.SAME_PLACE: {pk for pk, (stated, left) in places.items() if own in stated | left},
        ExclusionReason.DECLARED: _declared(file),
        ExclusionReason.OTHER_PART: _other_part(submission, stage=stage, kind=kind),
        ExclusionReason.OTHER_OFFICE: _quality_assurers(file),
        ExclusionReason.PLACE_UNKNOWN: unplaced,
        ExclusionReason.NOT_AUTHORISED: {each.pk for each in people} - _authorised(people, case, day),
    }
    return {each.pk: tuple(why for why, pks in reasons.items() if each.pk in pks) for each in people}


# Quality assurance, and the office ----------------------------------------------------------------


def reasons_against_quality(person: Any, file: CaseFile, *, at: dt.datetime) -> tuple[ExclusionReason, ...]:
    """Why this person does no quality assurance of a file, and releases no result of it as its assurer."""
    marked = Allocation.objects.counting().filter(submission__case__case_file=file)
    reasons: dict[ExclusionReason, Collection[int]] = {
        ExclusionReason.SELF: {file.candidate_id},
        ExclusionReason.TRAINER: _trainers(file, body_day(at)),
        ExclusionReason.DECLARED: _declared(file),
        ExclusionReason.OTHER_PART: set(marked.values_list("assessor_id", flat=True)),
    }
    return tuple(why for why, pks in reasons.items() if person.pk in pks)


def officer_obstacle(officer: Any, file: CaseFile | None) -> str | None:
    """Why this officer decides nothing in a file, in a sentence; None when they may."""
    if file is None:
        return None
    if file.candidate_id == officer.pk:
        return "This file is your own. Ask another officer."
    if ConflictDeclaration.objects.filter(case_file=file, person=officer).exists():
        return "A conflict of interest is declared between you and this file. Ask another officer."
    return None


def declare(
    file: CaseFile, person: User, *, reason: str, declared_by: User, at: dt.datetime
) -> ConflictDeclaration:
    """An officer writes down that a person must have no part in a file.

    Raises AllocationRefused; also while the person has marking of the file in hand: that is recalled first, so
    that nobody marks in spite of a conflict.
    """
    if not declared_by.holds(Role.CERTIFICATION_OFFICER):
        raise AllocationRefused("Only a certification officer declares a conflict of interest for somebody.")
    if sentence := officer_obstacle(declared_by, file):
        raise AllocationRefused(sentence)
    if not reason.strip():
        raise AllocationRefused("Say why, so that it can be understood later.")
    if len(reason.strip()) > REASON:
        raise AllocationRefused(f"Say it in {REASON} characters at most.")
    with transaction.atomic():
        lock_file(file)
        in_hand = Allocation.objects.live().filter(submission__case__case_file=file, assessor=person)
        if piece := in_hand.select_related("submission__case").first():
            ref = piece.submission.case.ref
            raise AllocationRefused(
                f"{person.name} has marking of case {ref} in hand. Recall it first, then declare the conflict."
            )
        return write_down(file, person, reason=reason, declared_by=declared_by, at=at)


def write_down(
    file: CaseFile, person: User, *, reason: str, declared_by: User, at: dt.datetime
) -> ConflictDeclaration:
    """The declaration as a row. Raises AllocationRefused when there is one."""
    try:
        with transaction.atomic():
            return ConflictDeclaration.objects.create(
                case_file=file, person=person, reason=reason.strip(), declared_by=declared_by, declared_at=at
            )
    except IntegrityError:
        raise AllocationRefused(
            f"A conflict of interest between {person.name} and this file is declared already."
        ) from None


def lock_file(file: CaseFile) -> None:
    """Hold every attempt of a file: whatever is offered, taken or given back in it waits here."""
    list(Submission.objects.select_for_update(of=("self",)).filter(case__case_file=file).order_by("pk"))


def first_hand_in(file: CaseFile) -> dt.datetime | None:
    """When the first case of a file was handed in first; None when none was. K1 reads its clock there, once."""
    frozen = Manifest.objects.filter(submission__case__case_file=file)
    found: dt.datetime | None = frozen.aggregate(first=Min("frozen_at"))["first"]
    return found


# Facts --------------------------------------------------------------------------------------------


def _case(submission: Submission) -> ProcedureCase:
    rows = ProcedureCase.objects.select_related("case_file__application", "scheme_version")
    return rows.get(pk=submission.case_id)


def _file(case: ProcedureCase) -> CaseFile:
    assert case.case_file is not None, f"{case.ref} was handed in without a file"
    return case.case_file


def _trainers(file: CaseFile, today: dt.date) -> Collection[int]:
    """Everybody who trained the candidate from two years before the file's first hand-in until today (T22)."""
    first = first_hand_in(file)
    since = trainer_since(body_day(first) if first else today)
    return completion.trainers_of(file.candidate_id, since=since, until=today)


def _declared(file: CaseFile) -> set[int]:
    return set(ConflictDeclaration.objects.filter(case_file=file).values_list("person_id", flat=True))


def _other_part(submission: Submission, *, stage: str, kind: str) -> set[int]:
    """Assessors with a part of another kind in the case, in any attempt (K1a).

    After a quality review the marker is new to the case, so every earlier part of it counts. Whoever answered at
    this stage already is not asked there again.
    """
    now = Q(submission=submission, round=submission.round)
    apart = ~Q(kind=kind) | (now & Q(marking_stage=stage, state=AllocationState.SUBMITTED))
    if submission.round > 1:
        apart |= ~now
    rows = Allocation.objects.counting().filter(apart, submission__case=submission.case_id)
    return set(rows.values_list("assessor_id", flat=True))


def _quality_assurers(file: CaseFile) -> set[int]:
    """The one named for the file, and whoever held a result of it or ended a review."""
    rows = QualityReview.objects.filter(submission__case__case_file=file)
    found = {pk for pair in rows.values_list("quality_assurer_id", "ended_by_id") for pk in pair}
    return {pk for pk in (*found, file.quality_assurer_id) if pk is not None}


def _authorised(people: Collection[Any], case: ProcedureCase, day: dt.date) -> set[int]:
    rows = AssessorAuthorisation.objects.on(day).filter(
        scheme=case.scheme_version.scheme_id,
        assessor__in=User.objects.holding(Role.ASSESSOR).filter(pk__in=[each.pk for each in people]),
    )
    return set(rows.values_list("assessor_id", flat=True))


def _places(people: Collection[Any], *, since: dt.datetime) -> dict[int, tuple[set[Place], set[Place]]]:
    """Where each of them works now, and what they left after ``since``: nobody walks out to mark a colleague."""
    found: dict[int, tuple[set[Place], set[Place]]] = {}
    stated = Workplace.objects.filter(assessor__in=[each.pk for each in people])
    for row in stated.filter(Q(left_at=None) | Q(left_at__gt=since)):
        now, left = found.setdefault(row.assessor_id, (set(), set()))
        (now if row.left_at is None else left).add(_place(row))
    return found


def _place(of: Workplace | Application) -> Place:
    """Studio, town and country, however they are written: in any case, with or without accents and spaces."""
    return _plain(of.studio), _plain(of.town), _plain(of.country)


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if letter.isalnum())
