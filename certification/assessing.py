"""Marks: kept while an assessor works, and handed in once, all together.

A draft (``drafts``) belongs to its assessor: nobody else reads it, no history is kept of it, and it outlives the
lease (K16). What is handed in are rows that nobody changes; ``advancing`` says what follows. Everything here locks
the attempt first.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from certification import advancing, table_photos
from certification.boards import board_of
from certification.completeness import things_are
from certification.drafts import (
    TEXT,
    WHY_CHARACTERS,
    Change,
    ChangedElsewhere,
    Draft,
    Gap,
    PartsRefused,
    Task,
    gaps_in,
    length,
    part_of,
    put,
    trimmed,
    value_of,
)
from certification.errors import AssessmentRefused
from certification.marking import FIRST, SECOND, THIRD, Step
from certification.models import (
    Allocation,
    Annotation,
    Assessment,
    AssessorAuthorisation,
    Confirmation,
    Criterion,
    Judgement,
    NamedEvent,
    Submission,
)
from certification.rubrics import criteria_of, events_of
from certification.values import (
    AllocationKind,
    AllocationState,
    AssessmentState,
    ConfirmAnswer,
    MarkingStage,
)
from training_site.accounts.roles import Role
from training_site.common.days import body_day, in_words
from training_site.common.history import save_as

# The piece of work ----------------------------------------------------------------------------------


def task_of(piece: Allocation) -> Task:
    """A third assessor marks every criterion; others what the attempt asks at their stage."""
    rubric = piece.submission.case.scheme_version.rubric
    stage = MarkingStage(piece.marking_stage)
    is_third = piece.kind == AllocationKind.THIRD
    codes = None if is_third else board_of(piece.submission).codes_at(stage)
    return Task(
        stage=stage,
        criteria=[each for each in criteria_of(rubric) if codes is None or each.code in codes],
        events=events_of(rubric, None if is_third else stage.value),
        standard=rubric.reasons["level_below"],
        reason_chars=rubric.reasons["min_chars"],
        needs_fault=frozenset(rubric.reasons["fault_code_required_for"]),
    )


def obstacle(piece: Allocation, *, at: dt.datetime) -> str | None:
    """Why nothing can be marked in this piece now, in a sentence; None when it can."""
    if piece.state == AllocationState.SUBMITTED:
        return "This is handed in, and locked."
    if piece.state == AllocationState.OFFERED:
        return "Accept the offer first."
    if piece.state in (AllocationState.DECLINED, AllocationState.RECUSED):
        return "You have given this case back. Ask the office if that was a mistake."
    if piece.accepted_at is None:
        return "The offer is over. Ask the office to offer the case again."
    if piece.state == AllocationState.LAPSED or at >= piece.due_at:
        # An officer may have called it back before its last day.
        over = piece.ended_at if piece.ended_at and piece.ended_at < piece.due_at else piece.due_at
        day = in_words(body_day(over))
        return f"The lease ran out on {day}; your draft is kept. Ask the office to offer it again."
    return None


# Keeping --------------------------------------------------------------------------------------------


@transaction.atomic
def save(
    assessment: Assessment,
    *changes: Change,
    actor: Any,
    at: dt.datetime,
    seen: Draft | None = None,
) -> Assessment:
    """Keep these changes, each of them or none.

    ``seen``: the draft as the page showed it. Where another window has changed the same part to something else
    since, nothing is written. Raises PartsRefused, ChangedElsewhere, AssessmentRefused.
    """
    piece, fresh = _locked(assessment.allocation_id, actor=actor, at=at)
    assert fresh is not None
    task = task_of(piece)
    photos = table_photos.photos_in(table_photos.manifests_of(piece.submission))
    refused, written = {}, {}
    for change in changes:
        try:
            written[change.part] = value_of(change, task, photos)
        except ValueError as refusal:
            refused[change.part] = str(refusal)
    if refused:
        raise PartsRefused(refused)
    draft = fresh.draft
    changed = {part: value for part, value in written.items() if part_of(draft, part) != value}
    if seen is not None:
        # What this page did not touch is no change of its own.
        changed = {part: value for part, value in changed.items() if value != part_of(seen, part)}
        if clash := [part for part in changed if part_of(draft, part) != part_of(seen, part)]:
            raise ChangedElsewhere(clash)
    for part, value in changed.items():
        put(draft, part, value, task)
    if changed:
        fresh.draft, fresh.version, fresh.saved_at = draft, fresh.version + 1, at
        # History keeps none of these three, so there is nothing to miss.
        Assessment.objects.filter(pk=fresh.pk).update(draft=draft, version=fresh.version, saved_at=at)
    return fresh


def gaps(assessment: Assessment) -> list[Gap]:
    """What is still to do before these marks can be handed in, criterion by criterion."""
    return gaps_in(assessment.draft, task_of(assessment.allocation))


@transaction.atomic
def submit(assessment: Assessment, *, actor: Any, at: dt.datetime) -> Step:
    """Hand marks in: they are locked, and what follows from them is written down.

    Raises AssessmentRefused; ``missing`` says what is to do, and nothing was written.
    """
    piece, fresh = _locked(assessment.allocation_id, actor=actor, at=at)
    assert fresh is not None
    task = task_of(piece)
    if missing := gaps_in(fresh.draft, task):
        sentence = f"{things_are(len(missing))} missing. Nothing was handed in."
        raise AssessmentRefused(sentence, [gap.sentence for gap in missing])
    _write(fresh, task)
    fresh.state, fresh.submitted_at = AssessmentState.SUBMITTED, at
    fresh.feedback, fresh.draft = fresh.draft.get("feedback", ""), {}
    save_as(fresh, actor=actor, reason="Marks handed in.")
    _finish(piece, actor=actor, at=at)
    return advancing.advance(piece.submission, at=at)


def _write(assessment: Assessment, task: Task) -> None:
    """The rows of a whole draft. A reason that was written before the level was raised is no reason any more."""
    draft = assessment.draft
    criteria = {criterion.code: criterion for criterion in task.criteria}
    for code, criterion in criteria.items():
        given = draft["levels"][code]
        low = task.is_low(given["level"])
        Judgement.objects.create(
            assessment=assessment,
            criterion=criterion,
            level=given["level"],
            below=low,
            asks_fault=code in task.needs_fault,
            reason=given["reason"] if low else "",
            faults=given["faults"] if low else [],
            comment=given["comment"],
        )
    for event, why in (draft.get("events") or {}).items():
        NamedEvent.objects.create(assessment=assessment, event=event, why=why)
    _pin_down(assessment, draft.get("notes") or [], criteria)


def _pin_down(
    assessment: Assessment, notes: Iterable[Mapping[str, Any]], criteria: Mapping[str, Criterion]
) -> None:
    for number, note in enumerate(notes, start=1):
        Annotation.objects.create(
            assessment=assessment,
            number=number,
            photo_id=note["photo"],
            criterion=criteria.get(note["criterion"]),
            x=note["x"],
            y=note["y"],
            text=note["text"],
        )


# Confirming -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A named event that waits for an answer, and what the assessor who named it wrote. Never a level."""

    event: str
    text: str
    why: str


@dataclass(frozen=True)
class Answered:
    """One answer."""

    answer: str
    why: str


def asked_events(allocation: Allocation) -> list[Asked]:
    """The events that a second assessor is asked about, in the order of the rubric."""
    submission = allocation.submission
    board = board_of(submission)
    earlier = frozenset[str]().union(*(board.given(kind).events for kind in (FIRST, SECOND)))
    if board.given(THIRD).levels:
        kind, events = THIRD, board.given(THIRD).events - earlier
    else:
        kind, events = FIRST, frozenset() if board.double else board.given(FIRST).events
    named = NamedEvent.objects.filter(
        assessment__allocation__submission=submission,
        assessment__allocation__round=submission.round,
        assessment__allocation__kind=kind,
        event__in=events - board.answers.keys(),
    )
    whys: dict[str, list[str]] = {}
    for row in named.order_by("pk"):
        whys.setdefault(row.event, []).append(row.why)
    texts = events_of(submission.case.scheme_version.rubric)
    return [
        Asked(row["code"], row["text"], "\n\n".join(whys[row["code"]])) for row in texts if row["code"] in whys
    ]


@transaction.atomic
def answer(allocation: Allocation, answers: Mapping[str, Answered], *, actor: Any, at: dt.datetime) -> Step:
    """Answer every event that is asked, at once. Raises PartsRefused, AssessmentRefused."""
    piece, _ = _locked(allocation.pk, actor=actor, at=at)
    if piece.kind != AllocationKind.CONFIRM:
        raise AssessmentRefused("This piece of marking asks for levels, not for an answer.")
    asked = {each.event for each in asked_events(piece)}
    if not asked:
        raise AssessmentRefused("There is nothing to answer any more. Ask the office to take this piece back.")
    if unknown := sorted(answers.keys() - asked):
        raise PartsRefused({event: f"{event} is not asked here." for event in unknown})
    kept = {event: Answered(given.answer, trimmed(given.why)) for event, given in answers.items()}
    refused = {event: sentence for event in sorted(asked) if (sentence := _unanswered(event, kept.get(event)))}
    if refused:
        raise PartsRefused(refused)
    for event, given in sorted(kept.items()):
        Confirmation.objects.create(
            allocation=piece, event=event, answer=given.answer, why=given.why, answered_at=at
        )
    _finish(piece, actor=actor, at=at)
    return advancing.advance(piece.submission, at=at)


def _unanswered(event: str, given: Answered | None) -> str | None:
    if given is None or given.answer not in ConfirmAnswer.values:
        return f"{event}: say whether the evidence confirms it."
    if len(given.why) > TEXT:
        return f"{event}: shorten your reasons to {TEXT} characters."
    if length(given.why) < WHY_CHARACTERS:
        return f"{event}: say why, in at least {WHY_CHARACTERS} characters."
    return None


# Locks ----------------------------------------------------------------------------------------------


def _locked(pk: int, *, actor: Any, at: dt.datetime) -> tuple[Allocation, Assessment | None]:
    """The piece as it is now, under the lock of its attempt. Raises AssessmentRefused when it is closed."""
    submission_pk = Allocation.objects.values_list("submission", flat=True).get(pk=pk)
    submission = Submission.objects.select_for_update().get(pk=submission_pk)
    piece = Allocation.objects.select_for_update().get(pk=pk)
    piece.submission = submission
    if piece.assessor_id != actor.pk or not actor.holds(Role.ASSESSOR):
        raise AssessmentRefused("Only the assessor to whom a case is given marks it.")
    if sentence := obstacle(piece, at=at):
        raise AssessmentRefused(sentence)
    scheme = submission.case.scheme_version.scheme_id
    if not AssessorAuthorisation.objects.on(body_day(at)).filter(assessor=actor.pk, scheme=scheme).exists():
        raise AssessmentRefused(
            "Your authorisation to assess has ended; your draft is kept. Ask the office whether it is renewed."
        )
    assessment = Assessment.objects.select_for_update().filter(allocation=piece).first()
    if assessment is not None:
        assessment.allocation = piece
    return piece, assessment


def _finish(piece: Allocation, *, actor: Any, at: dt.datetime) -> None:
    piece.state, piece.ended_at = AllocationState.SUBMITTED, at
    save_as(piece, actor=actor, reason="Handed in.", fields=["state", "ended_at"])
