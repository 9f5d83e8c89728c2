"""Who is asked to assess what: offered, accepted, declined, given back, lapsed.

Which markers are needed is said by ``marking.step``, who may not be asked by ``conflicts``. Every move holds the
attempt first, then the piece of marking.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from certification import conflicts, marking, paper_checks
from certification.boards import board_of
from certification.errors import AllocationRefused
from certification.marking import Wait
from certification.models import (
    Allocation,
    Assessment,
    CaseFile,
    ConflictDeclaration,
    Exclusion,
    ProcedureCase,
    SchemeVersion,
    Submission,
)
from certification.values import (
    LIVE,
    MARKING,
    AllocationKind,
    AllocationState,
    ExclusionReason,
    MarkingStage,
    SubmissionState,
)
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common import notices, tick
from training_site.common.days import body_day, body_zone, in_words
from training_site.common.history import save_as

OFFER_DAYS = 7
"""Days after which an offer lapses that nobody answered."""

NOTE = 500
"""Characters that a reason holds at most."""

OPEN = frozenset({SubmissionState.HANDED_IN, SubmissionState.PROCEDURE_MARKING, SubmissionState.HEALED_MARKING})
"""States of an attempt in which marking is given out."""

ALLOWED: dict[str, set[str]] = {
    AllocationState.OFFERED: {
        AllocationState.ACCEPTED,
        AllocationState.DECLINED,
        AllocationState.RECUSED,
        AllocationState.LAPSED,
    },
    AllocationState.ACCEPTED: {AllocationState.SUBMITTED, AllocationState.RECUSED, AllocationState.LAPSED},
    AllocationState.SUBMITTED: set(),
    AllocationState.DECLINED: set(),
    AllocationState.RECUSED: set(),
    AllocationState.LAPSED: set(),
}


@dataclass(frozen=True)
class Choice:
    """An assessor for a piece of marking: how many pieces they have in hand, and why they are not asked."""

    assessor: User
    live: int
    reasons: tuple[ExclusionReason, ...]


# What is to be given out --------------------------------------------------------------------------


def open_kinds(submission: Submission) -> tuple[MarkingStage, frozenset[AllocationKind]] | None:
    """The stage and the kinds of markers that are still to be asked; None when nobody is."""
    needed = _needed(submission)
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


def _needed(submission: Submission) -> Wait | None:
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
    locked = _locked(submission)
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
    _locked(allocation.submission)
    piece = _piece(allocation)
    if sentence := conflicts.officer_obstacle(officer, piece.submission.case.case_file):
        raise AllocationRefused(sentence)
    note = _said(reason, "Say why it is recalled, so that it can be understood later.")
    ended = _end(piece, AllocationState.LAPSED, note=note, actor=officer, reason=f"Recalled. {note}", at=at)
    _tell(ended, "marking_recalled")
    return ended


@transaction.atomic
def lapse_all(submission: Submission, *, reason: str, officer: User, at: dt.datetime) -> None:
    """End what is offered or in hand in an attempt that is given back to its candidate. It is locked already."""
    pieces = Allocation.objects.live().filter(submission=submission).order_by("pk")
    for piece in pieces.select_for_update(of=("self",)).select_related("submission__case", "assessor"):
        _end(piece, AllocationState.LAPSED, note=reason, actor=officer, reason=reason, at=at)
        _tell(piece, "marking_recalled")


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
    said = _said(reason, "Say why, so that it can be understood later.")
    if person is not None:
        if not person.holds(Role.QUALITY_ASSURER):
            raise AllocationRefused(f"{person.name} is no quality assurer. Choose somebody else.")
        if reasons := conflicts.reasons_against_quality(person, file, at=at):
            why = " ".join(reason.label for reason in reasons)
            raise AllocationRefused(f"{person.name} cannot be named. {why} Choose somebody else.")
    locked = CaseFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    locked.quality_assurer = person
    return save_as(locked, actor=officer, reason=f"Quality assurer: {said}", fields=["quality_assurer"])


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


@tick.step("let offers and leases of marking lapse", every=dt.timedelta(minutes=5))
def lapse(at: dt.datetime) -> int:
    """End every offer that was not answered and every lease that ran out; drafts are kept. Returns how many."""
    due = Allocation.objects.live().filter(due_at__lte=at).order_by("due_at", "pk")
    return sum(_lapse(each, at=at) for each in due.select_related("submission"))


@transaction.atomic
def _lapse(allocation: Allocation, *, at: dt.datetime) -> bool:
    _locked(allocation.submission)
    piece = _piece(allocation)
    # It may have been answered, or handed in, while the lock was awaited.
    if not piece.is_live or piece.due_at > at:
        return False
    why = (
        "The lease ran out." if piece.state == AllocationState.ACCEPTED else "The offer was not answered in time."
    )
    _end(piece, AllocationState.LAPSED, note="", actor=None, reason=why, at=at)
    _tell(piece, "marking_lapsed", was_accepted=piece.accepted_at is not None)
    return True


# The assessor -------------------------------------------------------------------------------------


@transaction.atomic
def accept(allocation: Allocation, *, actor: User, at: dt.datetime) -> Allocation:
    """Take on a piece of marking: the lease begins, and for marks a draft.

    A draft of the same piece whose lease ran out is taken up again. The first acceptance begins the marking of the
    case. Raises AllocationRefused.
    """
    locked = _locked(allocation.submission)
    piece = _own(allocation, actor)
    _may_move(piece, AllocationState.ACCEPTED)
    if piece.due_at <= at:
        raise AllocationRefused(f"This offer lapsed on {_instant(piece.due_at)}. The office may offer it again.")
    _refuse_excluded(piece, locked, at=at)
    lease = dt.timedelta(days=locked.case.scheme_version.terms.lease_days)
    piece.state, piece.accepted_at, piece.due_at = AllocationState.ACCEPTED, at, at + lease
    save_as(piece, actor=actor, reason="Accepted.", fields=["state", "accepted_at", "due_at"])
    if piece.kind in MARKING:
        draft = Assessment(allocation=piece, begun_at=at, draft=_draft_before(piece))
        save_as(draft, actor=actor, reason="Marking begun.")
    if locked.state == SubmissionState.HANDED_IN:
        locked.state = SubmissionState.PROCEDURE_MARKING
        # Nobody is named: the history of an attempt is its candidate's, too.
        save_as(locked, actor=None, reason="Marking begun.", fields=["state"])
    return piece


@transaction.atomic
def decline(allocation: Allocation, *, reason: str, actor: User, at: dt.datetime) -> Allocation:
    """Answer an offer with no; the officer who offered it gets a mail. Raises AllocationRefused."""
    _locked(allocation.submission)
    piece = _own(allocation, actor)
    _may_move(piece, AllocationState.DECLINED)
    note = _said(reason, "Say why in a few words, so that the office can ask somebody else.")
    ended = _end(piece, AllocationState.DECLINED, note=note, actor=actor, reason=f"Declined. {note}", at=at)
    _tell_officer(ended)
    return ended


@transaction.atomic
def recuse(allocation: Allocation, *, reason: str, actor: User, at: dt.datetime) -> Allocation:
    """Stand down because of a conflict of interest, offered or in hand.

    The conflict is declared for the whole file, without the assessor learning whose it is; anything else of the
    file that they have in hand ends with it. Raises AllocationRefused.
    """
    file = CaseFile.objects.get(procedure_cases__submissions=allocation.submission_id)
    conflicts.lock_file(file)
    piece = _own(allocation, actor)
    _may_move(piece, AllocationState.RECUSED)
    note = _said(reason, "Say how you know the case, or who may be involved. Only the office reads it.")
    if not ConflictDeclaration.objects.filter(case_file=file, person=actor).exists():
        conflicts.write_down(file, actor, reason=note, declared_by=actor, at=at)
    others = Allocation.objects.live().filter(submission__case__case_file=file, assessor=actor)
    for each in others.exclude(pk=piece.pk).order_by("pk"):
        _end(each, AllocationState.RECUSED, note=note, actor=actor, reason=f"Stood down. {note}", at=at)
    ended = _end(piece, AllocationState.RECUSED, note=note, actor=actor, reason=f"Stood down. {note}", at=at)
    _tell_officer(ended)
    return ended


def _own(allocation: Allocation, actor: User) -> Allocation:
    piece = _piece(allocation)
    if piece.assessor_id != actor.pk:
        raise AllocationRefused("Only the assessor who was asked answers.")
    return piece


def _refuse_excluded(piece: Allocation, submission: Submission, *, at: dt.datetime) -> None:
    """Something may have come up since the offer. What would tell whose case it is, is not said."""
    needed = _needed(submission)
    if (
        piece.round != submission.round
        or needed is None
        or piece.marking_stage != needed.stage
        or piece.kind not in needed.kinds
    ):
        raise AllocationRefused("This marking is not needed any more. Decline it.")
    reasons = conflicts.reasons_against(
        piece.assessor, submission, stage=piece.marking_stage, kind=piece.kind, at=at
    )
    if ExclusionReason.PLACE_UNKNOWN in reasons:
        raise AllocationRefused("Say first where you work, so that nobody marks the work of their own studio.")
    if ExclusionReason.NOT_AUTHORISED in reasons:
        raise AllocationRefused("You are not authorised to assess today. Ask the office, or decline.")
    if reasons:
        raise AllocationRefused(
            "This case cannot be given to you any more. Decline it; the office asks somebody else."
        )


def _draft_before(piece: Allocation) -> dict[str, Any]:
    """What the assessor had written when the same piece lapsed last."""
    rows = Assessment.objects.filter(
        allocation__submission=piece.submission_id,
        allocation__round=piece.round,
        allocation__marking_stage=piece.marking_stage,
        allocation__kind=piece.kind,
        allocation__assessor=piece.assessor_id,
        allocation__state=AllocationState.LAPSED,
    )
    former = rows.order_by("-begun_at", "-pk").first()
    return former.draft if former else {}


# Moves --------------------------------------------------------------------------------------------


def _locked(submission: Submission) -> Submission:
    rows = Submission.objects.select_for_update(of=("self",))
    return rows.select_related("case__case_file", "case__scheme_version__rubric").get(pk=submission.pk)


def _piece(allocation: Allocation) -> Allocation:
    """The piece as it is now, held. Its attempt is held already."""
    rows = Allocation.objects.select_for_update(of=("self",))
    return rows.select_related("submission__case__case_file", "assessor", "offered_by").get(pk=allocation.pk)


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
    _tell(made, "marking_offered")
    return made


def _may_move(piece: Allocation, to: AllocationState) -> None:
    if to in ALLOWED[piece.state]:
        return
    raise AllocationRefused(
        f"This marking is in the state “{piece.get_state_display()}”, so this cannot be done. Read it again."
    )


def _end(
    piece: Allocation, to: AllocationState, *, note: str, actor: Any, reason: str, at: dt.datetime
) -> Allocation:
    """``piece`` is locked."""
    _may_move(piece, to)
    piece.state, piece.ended_at, piece.note = to, at, note
    return save_as(piece, actor=actor, reason=reason, fields=["state", "ended_at", "note"])


def _said(reason: str, sentence: str) -> str:
    if not (said := reason.strip()):
        raise AllocationRefused(sentence)
    if len(said) > NOTE:
        raise AllocationRefused(f"Say it in {NOTE} characters at most.")
    return said


# Mail ---------------------------------------------------------------------------------------------


def _tell(piece: Allocation, template: str, **context: Any) -> None:
    """To the assessor: the reference and the treatment, never a name."""
    if not piece.assessor.is_active:
        return
    case: ProcedureCase = piece.submission.case
    notices.post_template(
        template,
        {
            "ref": case.ref,
            "treatment": case.get_treatment_display(),
            "is_question": piece.kind == AllocationKind.CONFIRM,
            "until": _instant(piece.due_at),
            "address": settings.BASE_URL + reverse("desk"),
            **context,
        },
        to=piece.assessor.email,
        user=piece.assessor,
        key=f"{template}:{piece.pk}",
    )


def _tell_officer(piece: Allocation) -> None:
    if piece.offered_by is None or not piece.offered_by.is_active:
        return
    notices.post_template(
        "marking_given_back",
        {
            "ref": piece.submission.case.ref,
            "assessor": piece.assessor.name,
            "kind": piece.get_kind_display().lower(),
            "recused": piece.state == AllocationState.RECUSED,
            "note": piece.note,
            "address": settings.BASE_URL + reverse("office_attempt", args=[piece.submission_id]),
        },
        to=piece.offered_by.email,
        user=piece.offered_by,
        key=f"marking_given_back:{piece.pk}",
    )


def _instant(at: dt.datetime) -> str:
    """``11 May 2026, 10:00 (Europe/London)``: the body's clock."""
    return f"{in_words(body_day(at))}, {at.astimezone(body_zone()):%H:%M} ({settings.TIME_ZONE})"
