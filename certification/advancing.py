"""Moves an attempt on after something was submitted: the only place that writes what follows from marks.

``marking.step`` says what comes next; here it is written down, in the transaction of whatever led to it.
"""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.dispatch import receiver

from certification import assigning, cases, marking
from certification.boards import board_of
from certification.marking import AwaitHealed, Step, Verdict, Wait
from certification.models import Agreement, Result, Submission
from certification.signals import case_handed_in
from certification.values import Basis, MarkingStage, SubmissionState
from training_site.common.history import save_as

STATE_OF = {
    MarkingStage.PROCEDURE: SubmissionState.PROCEDURE_MARKING,
    MarkingStage.HEALED: SubmissionState.HEALED_MARKING,
}


def advance(submission: Submission, *, at: dt.datetime) -> Step:
    """Write down what follows from the marks so far. ``submission`` is locked by the caller.

    May be called again without harm. The healed stage is offered to the same assessors at once.
    """
    step = marking.step(board_of(submission))
    if isinstance(step, Wait):
        _wait(submission, step, at=at)
    elif isinstance(step, AwaitHealed):
        _move(submission, SubmissionState.HEALED_AWAITED, "The procedure is marked.")
    else:
        _conclude(submission, step, at=at)
    return step


@receiver(case_handed_in, dispatch_uid="certification.advance")
def on_hand_in(sender: Any, *, submission: Submission, at: dt.datetime, **kwargs: Any) -> None:
    """Healed photographs let the healed stage begin; a correction may skip the procedure."""
    advance(submission, at=at)


def _wait(submission: Submission, step: Wait, *, at: dt.datetime) -> None:
    if step.differences or step.disputed:
        _note_agreement(submission, step, at=at)
    # A case that is handed in waits there until an assessor accepts it: until then it can be returned.
    if submission.state != SubmissionState.HANDED_IN or step.stage is MarkingStage.HEALED:
        _move(submission, STATE_OF[step.stage], f"Waits for marks, stage “{step.stage.label}”.")
    if step.stage is MarkingStage.HEALED:
        assigning.offer_to_same(submission, step.kinds, at=at)


def _conclude(submission: Submission, verdict: Verdict, *, at: dt.datetime) -> None:
    if Result.objects.filter(submission=submission, round=submission.round).exists():
        return
    if verdict.basis == Basis.AGREED and verdict.total is not None:
        Agreement.objects.create(submission=submission, round=submission.round, compared_at=at)
    Result.objects.create(
        submission=submission,
        round=submission.round,
        basis=verdict.basis,
        outcome=verdict.outcome.value,
        band=verdict.band.value,
        total=None if verdict.total is None else _exact(verdict.total),
        points=_exact(verdict.points),
        possible=verdict.possible,
        levels={code: str(_exact(level).normalize()) for code, level in sorted(verdict.levels.items())},
        sets=[dict(sorted(levels.items())) for levels in verdict.sets],
        again=sorted(verdict.again),
        missed=[{"test": each.test.value, "criteria": list(each.criteria)} for each in verdict.missed],
        events=sorted(verdict.confirmed),
        locked_at=at,
    )
    _move(submission, SubmissionState.ASSESSED, "All marks are in.")


def _note_agreement(submission: Submission, step: Wait, *, at: dt.datetime) -> None:
    Agreement.objects.get_or_create(
        submission=submission,
        round=submission.round,
        defaults={
            "differences": [each.value for each in step.differences],
            "disputed": sorted(step.disputed),
            "compared_at": at,
        },
    )


def _move(submission: Submission, to: SubmissionState, reason: str) -> None:
    if submission.state == to:
        return
    assert cases.may_move(submission, to), f"{submission.state} does not lead to {to}"
    submission.state = to
    save_as(submission, actor=None, reason=reason, fields=["state"])


def _exact(number: Fraction) -> Decimal:
    """As a decimal; marks are shares of whole weights in whole percents, so three places hold any of them."""
    exact = (Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal("0.001"))
    assert Fraction(exact) == number, f"{number} has more than three decimals"
    return exact
