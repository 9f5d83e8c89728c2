"""A result on its way out: released to the candidate, held back for a quality review, or marked again.

Marks lock by themselves (``advancing``); that a candidate learns of them is what a person decides here. Until then
nothing of a result is on any page, in any mail or copy of theirs (K5).
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from certification import advancing, cases, conflicts
from certification.errors import ReleaseRefused
from certification.models import Allocation, ConflictDeclaration, QualityReview, Result, Submission
from certification.terms import Terms
from certification.values import AllocationState, ExclusionReason, QualityReviewResult, SubmissionState
from training_site.accounts.roles import Role
from training_site.common import notices
from training_site.common.days import body_day, in_words
from training_site.common.history import save_as

ENDED: dict[QualityReviewResult, SubmissionState] = {
    QualityReviewResult.AGREED: SubmissionState.ASSESSED,
    QualityReviewResult.ADVICE: SubmissionState.ASSESSED,
    QualityReviewResult.RE_MARK: SubmissionState.PROCEDURE_MARKING,
}
"""Where an attempt goes from a quality review, by what was found."""

FOR_EVERYBODY = frozenset({ExclusionReason.SELF, ExclusionReason.DECLARED, ExclusionReason.OTHER_PART})

KEPT_APART = {
    ExclusionReason.SELF: "This case is your own. Somebody else decides about its result.",
    ExclusionReason.DECLARED: (
        "A conflict of interest is declared between you and this file. Somebody else decides about its results."
    ),
    ExclusionReason.OTHER_PART: (
        "You had a part in the marking of this file. Somebody else decides about its results."
    ),
    ExclusionReason.TRAINER: (
        "You trained the candidate within two years before the first hand-in of this file. Another quality "
        "assurer decides about its results."
    ),
}

DECIDED = frozenset({SubmissionState.ASSESSED, SubmissionState.QUALITY_HOLD, SubmissionState.RELEASED})
"""States in which all marks are in."""


@transaction.atomic
def release(submission: Submission, *, actor: Any, at: dt.datetime) -> Submission:
    """Tell the candidate what the attempt came to. Raises ReleaseRefused.

    By a certification officer or a quality assurer; where the file names a quality assurer, by that person only.
    Of two at once the second finds it released.
    """
    locked = _locked(submission)
    if sentence := release_obstacle(locked, actor=actor, at=at):
        raise ReleaseRefused(sentence)
    locked.state, locked.released_at, locked.released_by = SubmissionState.RELEASED, at, actor
    save_as(locked, actor=actor, reason="The result is released.", fields=["state", "released_at", "released_by"])
    _tell(locked)
    return locked


@transaction.atomic
def hold(submission: Submission, *, reason: str, actor: Any, at: dt.datetime) -> QualityReview:
    """Keep a result back to look at its marks again. By a quality assurer. Raises ReleaseRefused."""
    locked = _locked(submission)
    if sentence := hold_obstacle(locked, actor=actor, at=at):
        raise ReleaseRefused(sentence)
    if not reason.strip():
        raise ReleaseRefused("Say why the result is held, so that the office knows what is looked at.")
    review = QualityReview(
        submission=locked, round=locked.round, quality_assurer=actor, reason=reason.strip(), placed_at=at
    )
    save_as(review, actor=actor, reason="Held for quality review.")
    locked.state = SubmissionState.QUALITY_HOLD
    save_as(locked, actor=actor, reason="Held for quality review.", fields=["state"])
    return review


@transaction.atomic
def end_review(review: QualityReview, *, result: str, note: str, actor: Any, at: dt.datetime) -> QualityReview:
    """End a quality review with what was found. Raises ReleaseRefused.

    After *agreed* and *advice* the result waits for its release as before. After *re_mark* a new marker marks
    every criterion in another round; old marks and their result stay on record and count no more.
    """
    locked = _locked(review.submission)
    fresh = QualityReview.objects.select_for_update().get(pk=review.pk)
    if sentence := end_obstacle(fresh, locked, actor=actor, at=at):
        raise ReleaseRefused(sentence)
    if result not in QualityReviewResult:
        raise ReleaseRefused("Choose what the review found.")
    if not note.strip():
        raise ReleaseRefused("Say what the review found, so that it can be read later.")
    found = QualityReviewResult(result)
    fresh.result, fresh.note, fresh.ended_at, fresh.ended_by = found, note.strip(), at, actor
    why = f"Quality review ended: {found.label.lower()}."
    save_as(fresh, actor=actor, reason=why, fields=["result", "note", "ended_at", "ended_by"])
    locked.state, fields = ENDED[found], ["state"]
    if found is QualityReviewResult.RE_MARK:
        locked.round += 1
        fields.append("round")
    save_as(locked, actor=actor, reason=why, fields=fields)
    if found is QualityReviewResult.RE_MARK:
        advancing.advance(locked, at=at)
    return fresh


# Who may, and when ----------------------------------------------------------------------------------


def release_obstacle(submission: Submission, *, actor: Any, at: dt.datetime) -> str | None:
    """Why this person cannot release the result now, in a sentence; None when they can."""
    if not actor.holds(Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER):
        return "Only a certification officer or a quality assurer releases a result."
    if sentence := _kept_apart(submission, actor, at=at):
        return sentence
    named = submission.case.case_file.quality_assurer if submission.case.case_file else None
    if named is not None and named.pk != actor.pk:
        return (
            f"{named.name} is named as quality assurer of this file, and only they release its results. If they "
            "cannot, name another for the file."
        )
    return _not_ready(submission)


def hold_obstacle(submission: Submission, *, actor: Any, at: dt.datetime) -> str | None:
    """Why this person cannot hold the result back now, in a sentence; None when they can."""
    if not actor.holds(Role.QUALITY_ASSURER):
        return "Only a quality assurer holds a result. Write to one of them what you saw."
    if sentence := _kept_apart(submission, actor, at=at):
        return sentence
    if cases.may_move(submission, SubmissionState.QUALITY_HOLD):
        return None
    return _too_early_or_late(submission)


def end_obstacle(review: QualityReview, submission: Submission, *, actor: Any, at: dt.datetime) -> str | None:
    """Why this person cannot end the review now, in a sentence; None when they can."""
    if not actor.holds(Role.QUALITY_ASSURER):
        return "Only a quality assurer ends a quality review."
    if sentence := _kept_apart(submission, actor, at=at):
        return sentence
    if review.ended_at is not None:
        day = in_words(body_day(review.ended_at))
        return (
            f"This review ended on {day}: {review.get_result_display().lower()}. Hold the result again if needed."
        )
    return None


def _is_marked_in_conflict(submission: Submission) -> bool:
    """Whether the present marks are of somebody who must have no part in the file."""
    pieces = Allocation.objects.filter(
        submission=submission, round=submission.round, state=AllocationState.SUBMITTED
    )
    declared = ConflictDeclaration.objects.filter(case_file=submission.case.case_file)
    return pieces.filter(assessor__in=declared.values("person")).exists()


def _not_ready(submission: Submission) -> str | None:
    """Why the result cannot be released by anybody now."""
    if not cases.may_move(submission, SubmissionState.RELEASED):
        return _too_early_or_late(submission)
    if not Result.objects.filter(submission=submission, round=submission.round).exists():
        return "There is no result of the present round yet. Wait until its marks are in."
    if QualityReview.objects.filter(submission=submission, ended_at=None).exists():
        return "A quality review of this result is open. It is released when the review has ended."
    if _is_marked_in_conflict(submission):
        return (
            "A conflict of interest is declared for somebody who marked this case. A quality assurer holds the "
            "result and has it marked again by somebody else."
        )
    if Allocation.objects.live().filter(submission=submission).exists():
        return "An assessor still has this case. Recall the allocation, or wait for their marks."
    return None


def _too_early_or_late(submission: Submission) -> str:
    if submission.state == SubmissionState.RELEASED:
        assert submission.released_at is not None
        day = in_words(body_day(submission.released_at))
        return f"This result was released on {day}. Nothing more is to be done."
    if submission.state == SubmissionState.QUALITY_HOLD:
        return "This result is held for a quality review already. End the review first."
    return "This case is not marked yet. There is a result to decide about once all marks are in."


def _kept_apart(submission: Submission, actor: Any, *, at: dt.datetime) -> str | None:
    """Why this person has no part in the result (K1), in a sentence; None when nothing keeps them apart.

    Whoever marked in the file decides about no result of it; a trainer assures no quality there.
    """
    if submission.case.practitioner_id == actor.pk:
        return KEPT_APART[ExclusionReason.SELF]
    if submission.case.case_file is None:
        return None
    reasons = conflicts.reasons_against_quality(actor, submission.case.case_file, at=at)
    counting = [why for why in reasons if why in FOR_EVERYBODY or actor.holds(Role.QUALITY_ASSURER)]
    return KEPT_APART[counting[0]] if counting else None


# In time ------------------------------------------------------------------------------------------


def complete_on(submission: Submission) -> dt.date | None:
    """The day on which the evidence for the result was complete; None while healed photographs are awaited.

    That of the healed photographs; on a failure that was sure without them, that of the case.
    """
    if submission.handed_in_at is None:
        return None
    if submission.healed_in_at is not None:
        return body_day(max(submission.handed_in_at, submission.healed_in_at))
    return body_day(submission.handed_in_at) if submission.state in DECIDED else None


def due_on(submission: Submission, terms: Terms) -> dt.date | None:
    """The last day on which the result is released in time (T20 of ``dates.json``); None while none is set."""
    complete = complete_on(submission)
    return complete + dt.timedelta(days=terms.feedback_days) if complete else None


def _locked(submission: Submission) -> Submission:
    rows = Submission.objects.select_for_update(of=("self",))
    return rows.select_related(
        "case__practitioner", "case__case_file__quality_assurer", "case__scheme_version__rubric"
    ).get(pk=submission.pk)


def _tell(submission: Submission) -> None:
    """Mail the candidate that the result is out, and nothing of what it says."""
    case = submission.case
    if not case.practitioner.is_active:
        return
    notices.post_template(
        "result_released",
        {
            "ref": case.ref,
            "treatment": case.get_treatment_display(),
            "address": settings.BASE_URL + reverse("case_result", args=[case.ref]),
        },
        to=case.practitioner.email,
        user=case.practitioner,
        key=f"result_released:{submission.pk}",
    )
