"""Who is asked to assess what: which markers are needed, whom the office asks, what goes to the same assessor.

Which markers are needed is said by ``marking.step``, who may not be asked by ``conflicts``; what the assessor does
with an offer stands in ``answering``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from certification import conflicts, marking, paper_checks
from certification.boards import board_of
from certification.errors import AllocationRefused
from certification.marking import Wait
from certification.models import (
    Allocation,
    CaseFile,
    Exclusion,
    SchemeVersion,
    Submission,
)
from certification.pieces import end, held, locked_attempt, said, tell_assessor
from certification.values import (
    LIVE,
    AllocationKind,
    AllocationState,
    ExclusionReason,
    MarkingStage,
    SubmissionState,
)
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.history import save_as

OFFER_DAYS = 7
"""Days after which an offer lapses that nobody answered."""

OPEN = frozenset({SubmissionState.HANDED_IN, SubmissionState.PROCEDURE_MARKING, SubmissionState.HEALED_MARKING})
"""States of an attempt in which marking is given out."""


@dataclass(frozen=True)
class Choice:
    """An assessor for a piece of marking: how many pieces they have in hand, and why they are not asked."""

    assessor: User
    live: int
    reasons: tuple[ExclusionReason, ...]


# What is to be given out --------------------------------------------------------------------------


def open_kinds(submission: Submission) -> tuple[MarkingStage, frozenset[AllocationKind]] | None:
    """The stage and the kinds of markers that are still to be asked; None when nobody is."""
    needed = needed_in(submission)
    if needed is None:
        return None
    rows = Allocation.objects.live().filter(
        submission=submission, round=submission.round, marking_stage=needed.stage
    )
    left = needed.kinds - set(rows.values_list("kind", flat=True))
    return (needed.stage, frozenset(left)) if left else None


def choices(submission: Submission, *, stage: str, kind: str, at: dt.datetime) -> list[Choice]:
    """Every assessor: those who may be asked first, the least busy first."""
    live = Count("allocations", filter=Q(allocations__state__in=LIVE))
    people = list(User.objects.filter(pk__in=User.objects.holding(Role.ASSESSOR).values("pk")).annotate(live=live))
    against = conflicts.reasons_for(people, submission, stage=stage, kind=kind, at=at)
    found = [Choice(each, each.live, against[each.pk]) for each in people]
    return sorted(found, key=lambda each: (bool(each.reasons), each.live, each.assessor.name, each.assessor.pk))


def waiting() -> QuerySet[Submission]:
    """Attempts of which a piece of marking is to be given out; the longest waiting first.

    Nobody has any of it in hand, or only one of two markers is asked. Who exactly is needed says ``open_kinds``.
    """
    live = Allocation.objects.live().filter(submission=OuterRef("pk"))
    healed = Q(state=SubmissionState.HEALED_MARKING)
    one_of_two = (~healed & _lacks_one(MarkingStage.PROCEDURE)) | (healed & _lacks_one(MarkingStage.HEALED))
    apart = live.filter(kind__in=[AllocationKind.THIRD, AllocationKind.CONFIRM])
    found = Submission.objects.filter(state__in=OPEN)
    needed = ~Exists(live) | (_marked_twice() & one_of_two & ~Exists(apart))
    return found.filter(needed).order_by("handed_in_at", "pk")


def _marked_twice() -> Q:
    """Attempts that two assessors mark: from a place of the file on, and no more after a quality review."""
    places = Q(pk__in=[])
    for version in SchemeVersion.objects.exclude(effective_on=None).only("rules"):
        places |= Q(case__scheme_version=version, case__position__gte=version.terms.double_from_position)
    return Q(round=1) & places


def _lacks_one(stage: MarkingStage) -> Q:
    asked = Allocation.objects.counting().filter(
        submission=OuterRef("pk"), round=OuterRef("round"), marking_stage=stage
    )
    first, second = (asked.filter(kind=kind) for kind in (AllocationKind.FIRST, AllocationKind.SECOND))
    return ~Exists(first) | ~Exists(second)


def needed_in(submission: Submission) -> Wait | None:
    if submission.state not in OPEN:
        return None
    step = marking.step(board_of(submission))
    return step if isinstance(step, Wait) else None


# The office ---------------------------------------------------------------------------------------


@transaction.atomic
def offer(
    submission: Submission, *, stage: str, kind: str, assessor: User, officer: User, at: dt.datetime
) -> Allocation:
    """Offer a piece of marking to an assessor, and keep who was not asked and why; a mail tells the assessor.

    Raises AllocationRefused; of two officers at once, for the second.
    """
    if not officer.holds(Role.CERTIFICATION_OFFICER):
        raise AllocationRefused("Only a certification officer allocates marking.")
    if officer.pk == assessor.pk:
        raise AllocationRefused("Nobody allocates marking to themselves. Ask another officer.")
    locked = locked_attempt(submission)
    if sentence := conflicts.officer_obstacle(officer, locked.case.case_file):
        raise AllocationRefused(sentence)
    _refuse_closed(locked, stage, kind)
    if papers := paper_checks.unchecked(locked.case):
        named = " and ".join(paper.get_kind_display().lower() for paper in papers)
        raise AllocationRefused(f"Read and confirm the papers of this case first: {named}.")
    found = choices(locked, stage=stage, kind=kind, at=at)
    against = {choice.assessor.pk: choice.reasons for choice in found}
    reasons = against.get(assessor.pk, (ExclusionReason.NOT_AUTHORISED,))
    if reasons:
        why = " ".join(reason.label for reason in reasons)
        raise AllocationRefused(f"{assessor.name} cannot be asked. {why} Choose somebody else.")
    made = _offer(locked, stage=stage, kind=kind, assessor=assessor, officer=officer, at=at)
    Exclusion.objects.bulk_create(
        Exclusion(allocation=made, assessor=choice.assessor, reason=reason)
        for choice in found
        for reason in choice.reasons
    )
    return made


@transaction.atomic
def recall(allocation: Allocation, *, reason: str, officer: User, at: dt.datetime) -> Allocation:
    """Take a piece of marking back; its draft is kept. Raises AllocationRefused."""
    if not officer.holds(Role.CERTIFICATION_OFFICER):
        raise AllocationRefused("Only a certification officer recalls marking.")
    locked_attempt(allocation.submission)
    piece = held(allocation)
    if sentence := conflicts.officer_obstacle(officer, piece.submission.case.case_file):
        raise AllocationRefused(sentence)
    note = said(reason, "Say why it is recalled, so that it can be understood later.")
    ended = end(piece, AllocationState.LAPSED, note=note, actor=officer, reason=f"Recalled. {note}", at=at)
    tell_assessor(ended, "marking_recalled")
    return ended


@transaction.atomic
def lapse_all(submission: Submission, *, reason: str, officer: User, at: dt.datetime) -> None:
    """End what is offered or in hand in an attempt that is given back to its candidate. It is locked already."""
    pieces = Allocation.objects.live().filter(submission=submission).order_by("pk")
    for piece in pieces.select_for_update(of=("self",)).select_related("submission__case", "assessor"):
        end(piece, AllocationState.LAPSED, note=reason, actor=officer, reason=reason, at=at)
        tell_assessor(piece, "marking_recalled")


@transaction.atomic
def name_quality_assurer(
    file: CaseFile, person: User | None, *, reason: str, officer: User, at: dt.datetime
) -> CaseFile:
    """Name who alone releases the results of a file; None: any quality assurer or officer does again.

    Raises AllocationRefused for whoever has another part in it (K1).
    """
    if not officer.holds(Role.CERTIFICATION_OFFICER):
        raise AllocationRefused("Only a certification officer names the quality assurer of a file.")
    conflicts.lock_file(file)
    if sentence := conflicts.officer_obstacle(officer, file):
        raise AllocationRefused(sentence)
    why = said(reason, "Say why, so that it can be understood later.")
    if person is not None:
        if not person.holds(Role.QUALITY_ASSURER):
            raise AllocationRefused(f"{person.name} is no quality assurer. Choose somebody else.")
        if reasons := conflicts.reasons_against_quality(person, file, at=at):
            against = " ".join(reason.label for reason in reasons)
            raise AllocationRefused(f"{person.name} cannot be named. {against} Choose somebody else.")
    locked = CaseFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    locked.quality_assurer = person
    return save_as(locked, actor=officer, reason=f"Quality assurer: {why}", fields=["quality_assurer"])


# By itself ----------------------------------------------------------------------------------------


def offer_to_same(submission: Submission, kinds: Set[AllocationKind], *, at: dt.datetime) -> None:
    """Offer the healed stage to whoever marked the procedure as that kind in this round.

    Once: if it comes back, or something speaks against them now, the office asks somebody. ``submission`` is
    locked by the caller.
    """
    stage = MarkingStage.HEALED
    pieces = Allocation.objects.filter(submission=submission, round=submission.round)
    for kind in sorted(kinds & {AllocationKind.FIRST, AllocationKind.SECOND}):
        of_kind = pieces.filter(kind=kind)
        former = of_kind.filter(marking_stage=MarkingStage.PROCEDURE, state=AllocationState.SUBMITTED)
        marked = former.select_related("assessor").order_by("-ended_at", "-pk").first()
        if marked is None or of_kind.filter(marking_stage=stage).exists():
            continue
        if not conflicts.reasons_against(marked.assessor, submission, stage=stage, kind=kind, at=at):
            _offer(submission, stage=stage, kind=kind, assessor=marked.assessor, officer=None, at=at)


# Offers -------------------------------------------------------------------------------------------


def _refuse_closed(submission: Submission, stage: str, kind: str) -> None:
    if submission.state not in OPEN:
        raise AllocationRefused(
            f"This case is in the state “{submission.get_state_display()}”. Nothing of it is to be allocated now."
        )
    found = open_kinds(submission)
    if found is None or stage != found[0] or kind not in found[1]:
        raise AllocationRefused(
            f"“{AllocationKind(kind).label}” is not to be allocated at the stage “{MarkingStage(stage).label}” "
            "now: somebody has it, or it is not needed. Read the case again."
        )


def _offer(
    submission: Submission, *, stage: str, kind: str, assessor: User, officer: User | None, at: dt.datetime
) -> Allocation:
    made = Allocation(
        submission=submission,
        round=submission.round,
        marking_stage=stage,
        kind=kind,
        assessor=assessor,
        offered_at=at,
        offered_by=officer,
        due_at=at + dt.timedelta(days=OFFER_DAYS),
    )
    try:
        save_as(made, actor=officer, reason="Offered." if officer else "Offered: same assessor, healed stage.")
    except IntegrityError:
        raise AllocationRefused("Somebody was asked for this marking meanwhile. Read the case again.") from None
    tell_assessor(made, "marking_offered")
    return made
