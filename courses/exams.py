"""The theory exam: may one start, what is drawn, saving, handing in, and what may be shown afterwards.

The draw and the order of options are random but kept with the attempt, so an attempt never reads live
questions again (C2). Right answers are read here only after the attempt has ended (C4).
"""

import datetime as dt
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Sum

from courses import marking
from courses.errors import ExamRefused
from courses.models import (
    AttemptQuestion,
    Enrolment,
    ExamAttempt,
    ExamBlueprint,
    ExtraAttempts,
    Question,
    QuestionVersion,
    ReleaseItem,
)
from courses.models.exams import ExamAttemptQuerySet
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.days import in_words
from training_site.common.history import save_as


@dataclass(frozen=True)
class Draw:
    """How many questions are drawn of each module, and how many points pass."""

    per_module: int
    pass_mark: int


def draw_of(blueprint: ExamBlueprint, *, reviewed: int) -> Draw:
    """The full draw once the bank holds enough reviewed questions, the small one until then."""
    if reviewed >= blueprint.bank_ready_at:
        return Draw(blueprint.full_per_module, blueprint.full_pass_mark)
    return Draw(blueprint.small_per_module, blueprint.small_pass_mark)


def current_draw(blueprint: ExamBlueprint) -> Draw:
    """The draw that a start now would use."""
    return draw_of(blueprint, reviewed=Question.objects.filter(course_key=blueprint.course_key).reviewed().count())


def obstacle(enrolment: Enrolment, blueprint: ExamBlueprint, *, at: dt.datetime) -> str | None:
    """Why no attempt can start at that instant, in a sentence; None when one can.

    Exactly ``cool_down`` hours after the end of the last attempt is allowed (I02).
    """
    if not enrolment.trainee.holds(Role.TRAINEE):
        return "Only trainees sit the exam. Ask the office to add the role to your account."
    if enrolment.state not in Enrolment.READABLE:
        return f"This enrolment is “{enrolment.get_state_display()}”. Ask the office to open it again."
    attempts = list(_sittings(enrolment, blueprint).order_by("number"))
    if any(attempt.passed for attempt in attempts):
        return "You have passed the exam."
    if any(attempt.ended_at is None for attempt in attempts):
        return "An attempt is open. Carry on with it."
    left = attempts_allowed(enrolment, blueprint) - len(attempts)
    if left <= 0:
        return "All your attempts are used. Talk with your trainer, then ask the office to open more."
    if attempts and (again := _next_start(attempts[-1], blueprint)) > at:
        local = again.astimezone(ZoneInfo(enrolment.trainee.time_zone))
        return (
            f"You can try again from {local:%H:%M} on {in_words(local.date())}. "
            f"Read the topics you missed until then."
        )
    return None


def _sittings(enrolment: Enrolment, blueprint: ExamBlueprint) -> ExamAttemptQuerySet:
    """Every attempt of this person at the exam: leaving a course and enrolling again opens no new ones."""
    return ExamAttempt.objects.filter(enrolment__trainee=enrolment.trainee_id, blueprint=blueprint)


def _next_start(last: ExamAttempt, blueprint: ExamBlueprint) -> dt.datetime:
    assert last.ended_at is not None
    return last.ended_at + dt.timedelta(hours=blueprint.cool_down)


def attempts_allowed(enrolment: Enrolment, blueprint: ExamBlueprint) -> int:
    """The exam's own attempts and those that an officer opened for this person."""
    opened = ExtraAttempts.objects.filter(
        enrolment__trainee=enrolment.trainee_id, enrolment__course_key=enrolment.course_key
    )
    extra: int = opened.aggregate(total=Sum("attempts"))["total"] or 0
    return blueprint.attempts + extra


@transaction.atomic
def start(enrolment: Enrolment, blueprint: ExamBlueprint, *, at: dt.datetime, dice: random.Random) -> ExamAttempt:
    """Open an attempt: draw by module, shuffle questions and options. An open one is returned as it is.

    Raises ExamRefused with the obstacle's sentence, or when the bank is too small.
    """
    # Attempts are counted per person, so the person is what two starts at once must wait for.
    User.objects.select_for_update().get(pk=enrolment.trainee_id)
    locked = Enrolment.objects.select_related("trainee").get(pk=enrolment.pk)
    running = locked.exam_attempts.filter(blueprint=blueprint).open().first()
    if running:
        return running
    if reason := obstacle(locked, blueprint, at=at):
        raise ExamRefused(reason)
    draw = current_draw(blueprint)
    versions = _drawn(locked, blueprint, per_module=draw.per_module, dice=dice)
    attempt = save_as(
        ExamAttempt(
            enrolment=locked,
            blueprint=blueprint,
            number=_sittings(locked, blueprint).count() + 1,
            pass_mark=draw.pass_mark,
            started_at=at,
            deadline_at=at + dt.timedelta(minutes=blueprint.time_limit),
        ),
        actor=locked.trainee,
        reason="Started.",
    )
    AttemptQuestion.objects.bulk_create(
        AttemptQuestion(attempt=attempt, position=position, version=version, order=_shuffled(version, dice))
        for position, version in enumerate(versions, start=1)
    )
    return attempt


def _drawn(
    enrolment: Enrolment, blueprint: ExamBlueprint, *, per_module: int, dice: random.Random
) -> Sequence[QuestionVersion]:
    codes = list(
        ReleaseItem.objects.filter(release=enrolment.release_id)
        .order_by("position")
        .values_list("module_code", flat=True)
    )
    newest: dict[int, QuestionVersion] = {}
    for version in (
        QuestionVersion.objects.filter(
            question__in=Question.objects.filter(course_key=blueprint.course_key).active()
        )
        .select_related("question")
        .order_by("number")
    ):
        newest[version.question_id] = version
    drawn: list[QuestionVersion] = []
    for code in dict.fromkeys(codes):
        bank = sorted((v for v in newest.values() if v.question.module_code == code), key=lambda v: v.pk)
        if len(bank) < per_module:
            raise ExamRefused(f"The exam is not ready: module {code} has too few questions. Write to the office.")
        drawn += dice.sample(bank, per_module)
    dice.shuffle(drawn)
    return drawn


def _shuffled(version: QuestionVersion, dice: random.Random) -> list[str]:
    keys = [option["key"] for option in version.options]
    dice.shuffle(keys)
    return keys


def save(attempt: ExamAttempt, position: int, picked: Collection[str], *, at: dt.datetime) -> None:
    """Keep one answer. Raises ExamRefused after the end or for an answer no form could send.

    At the deadline or later nothing is saved: the attempt is handed in as it stands (I01).
    """
    with transaction.atomic():
        locked = ExamAttempt.objects.select_for_update().get(pk=attempt.pk)
        late = locked.ended_at is None and at >= locked.deadline_at
        if not late:
            if locked.ended_at is not None:
                raise ExamRefused("This attempt has ended; its answers are kept as they were.")
            _keep(locked, position, picked, at=at)
    if late:
        hand_in(attempt, at=at)
        raise ExamRefused("Time is up. Your attempt was handed in with the answers saved until then.")


def _keep(attempt: ExamAttempt, position: int, picked: Collection[str], *, at: dt.datetime) -> None:
    question = attempt.questions.select_related("version").filter(position=position).first()
    several = question is not None and question.version.kind == QuestionVersion.Kind.MULTI
    if question is None or not marking.is_possible(picked, options=question.order, several=several):
        raise ExamRefused("This answer does not belong to the question. Load the page again.")
    question.picked, question.saved_at = sorted(picked), at
    question.save(update_fields=["picked", "saved_at"])


@transaction.atomic
def hand_in(attempt: ExamAttempt, *, at: dt.datetime) -> ExamAttempt:
    """End the attempt and mark it; a second call changes nothing. Late hand-ins end at the deadline."""
    locked = ExamAttempt.objects.select_for_update().select_related("enrolment__trainee").get(pk=attempt.pk)
    if locked.ended_at is not None:
        return locked
    answers = []
    for question in locked.questions.select_related("version__answer_key"):
        answered = marking.Answered(frozenset(question.picked), frozenset(question.version.answer_key.correct))
        question.right = answered.right
        question.save(update_fields=["right"])
        answers.append(answered)
    result = marking.mark(answers, pass_mark=locked.pass_mark)
    locked.ended_at, locked.points, locked.passed = min(at, locked.deadline_at), result.points, result.passed
    on_time = at < locked.deadline_at
    return save_as(
        locked,
        actor=locked.enrolment.trainee if on_time else None,
        reason="Handed in." if on_time else "Time was up; handed in as it stood.",
        fields=["ended_at", "points", "passed"],
    )


def hand_in_overdue(*, at: dt.datetime) -> int:
    """Hand in every attempt whose time is up (a ``tick`` step). Returns how many."""
    overdue = list(ExamAttempt.objects.overdue(at=at))
    for attempt in overdue:
        hand_in(attempt, at=at)
    return len(overdue)


@dataclass(frozen=True)
class Explained:
    """A question after the end: what was picked, what is right, and why."""

    question: AttemptQuestion
    options: Sequence[tuple[str, bool, bool]]
    """(text, picked, right) in the order shown."""
    explanation: str


def explained(attempt: ExamAttempt) -> list[Explained]:
    """Every question with its explanation. Raises ExamRefused while the attempt is open."""
    if attempt.ended_at is None:
        raise ExamRefused("Explanations are shown after the attempt has ended.")
    rows = []
    for question in attempt.questions.select_related("version__answer_key", "version__question"):
        texts = {option["key"]: option["text"] for option in question.version.options}
        key = question.version.answer_key
        rows.append(
            Explained(
                question=question,
                options=[(texts[k], k in question.picked, k in key.correct) for k in question.order],
                explanation=key.explanation,
            )
        )
    return rows


def open_more(
    enrolment: Enrolment, *, actor: Any, talk_note: str, attempts: int, at: dt.datetime
) -> ExtraAttempts:
    """An officer opens further attempts after a talk with the trainer. Raises ExamRefused without a note."""
    if not actor.holds(Role.CERTIFICATION_OFFICER):
        raise ExamRefused("Only a certification officer opens further attempts.")
    if not talk_note.strip():
        raise ExamRefused("Write down what was agreed with the trainer.")
    return save_as(
        ExtraAttempts(enrolment=enrolment, attempts=attempts, talk_note=talk_note, opened_by=actor, opened_at=at),
        actor=actor,
        reason=f"{attempts} further attempts opened.",
    )
