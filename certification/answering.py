"""What an assessor answers to an offer: accepted, declined, stood down; and what lapses unanswered."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from certification import conflicts
from certification.assigning import needed_in
from certification.errors import AllocationRefused
from certification.models import Allocation, Assessment, CaseFile, ConflictDeclaration, Submission
from certification.pieces import end, held, instant, locked_attempt, refuse_move, said, tell_assessor, tell_officer
from certification.values import MARKING, AllocationState, ExclusionReason, SubmissionState
from training_site.accounts.models import User
from training_site.common import tick
from training_site.common.history import save_as


@transaction.atomic
def accept(allocation: Allocation, *, actor: User, at: dt.datetime) -> Allocation:
    """Take on a piece of marking: the lease begins, and for marks a draft.

    A draft of the same piece whose lease ran out is taken up again. The first acceptance begins the marking of the
    case. Raises AllocationRefused.
    """
    locked = locked_attempt(allocation.submission)
    piece = _own(allocation, actor)
    refuse_move(piece, AllocationState.ACCEPTED)
    if piece.due_at <= at:
        raise AllocationRefused(f"This offer lapsed on {instant(piece.due_at)}. The office may offer it again.")
    _refuse_excluded(piece, locked, at=at)
    lease = dt.timedelta(days=locked.case.scheme_version.terms.lease_days)
    piece.state, piece.accepted_at, piece.due_at = AllocationState.ACCEPTED, at, at + lease
    save_as(piece, actor=actor, reason="Accepted.", fields=["state", "accepted_at", "due_at"])
    if piece.kind in MARKING:
        draft = Assessment(allocation=piece, begun_at=at, draft=_draft_before(piece))
        save_as(draft, actor=actor, reason="Marking begun.")
    if locked.state == SubmissionState.HANDED_IN:
        locked.state = SubmissionState.PROCEDURE_MARKING
        save_as(locked, actor=actor, reason="Marking begun.", fields=["state"])
    return piece


@transaction.atomic
def decline(allocation: Allocation, *, reason: str, actor: User, at: dt.datetime) -> Allocation:
    """Answer an offer with no; the officer who offered it gets a mail. Raises AllocationRefused."""
    locked_attempt(allocation.submission)
    piece = _own(allocation, actor)
    refuse_move(piece, AllocationState.DECLINED)
    note = said(reason, "Say why in a few words, so that the office can ask somebody else.")
    ended = end(piece, AllocationState.DECLINED, note=note, actor=actor, reason=f"Declined. {note}", at=at)
    tell_officer(ended)
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
    refuse_move(piece, AllocationState.RECUSED)
    note = said(reason, "Say how you know the case, or who may be involved. Only the office reads it.")
    if not ConflictDeclaration.objects.filter(case_file=file, person=actor).exists():
        conflicts.write_down(file, actor, reason=note, declared_by=actor, at=at)
    others = Allocation.objects.live().filter(submission__case__case_file=file, assessor=actor)
    others = others.select_related("submission__case", "assessor", "offered_by")
    for each in [piece, *others.exclude(pk=piece.pk).order_by("pk")]:
        end(each, AllocationState.RECUSED, note=note, actor=actor, reason=f"Stood down. {note}", at=at)
        tell_officer(each)
    return piece


def _own(allocation: Allocation, actor: User) -> Allocation:
    piece = held(allocation)
    if piece.assessor_id != actor.pk:
        raise AllocationRefused("Only the assessor who was asked answers.")
    return piece


def _refuse_excluded(piece: Allocation, submission: Submission, *, at: dt.datetime) -> None:
    """Something may have come up since the offer. What would tell whose case it is, is not said."""
    needed = needed_in(submission)
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


# In time -------------------------------------------------------------------------------------------


@tick.step("let offers and leases of marking lapse", every=dt.timedelta(minutes=5))
def lapse(at: dt.datetime) -> int:
    """End every offer that was not answered and every lease that ran out; drafts are kept. Returns how many."""
    due = Allocation.objects.live().filter(due_at__lte=at).order_by("due_at", "pk")
    return sum(_lapse(each, at=at) for each in due.select_related("submission"))


@transaction.atomic
def _lapse(allocation: Allocation, *, at: dt.datetime) -> bool:
    locked_attempt(allocation.submission)
    piece = held(allocation)
    # It may have been answered, or handed in, while the lock was awaited.
    if not piece.is_live or piece.due_at > at:
        return False
    why = (
        "The lease ran out." if piece.state == AllocationState.ACCEPTED else "The offer was not answered in time."
    )
    end(piece, AllocationState.LAPSED, note="", actor=None, reason=why, at=at)
    tell_assessor(piece, "marking_lapsed", was_accepted=piece.accepted_at is not None)
    return True
