"""The question bank: writing, rewording, reviewing and retiring questions.

A wording is never changed: correcting one makes the next version, and attempts that were put the old one keep
it (C2). What was done, and by whom, stands in the history of the question.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from courses import exams
from courses.errors import QuestionRefused
from courses.models import AnswerKey, CourseRelease, ExamBlueprint, Question, QuestionVersion
from training_site.accounts.roles import Role
from training_site.common.days import in_words
from training_site.common.history import save_as

Kind = QuestionVersion.Kind
LEAST_OPTIONS, MOST_OPTIONS = 2, 6


@dataclass(frozen=True)
class Option:
    """One answer to choose from, and whether it is right."""

    text: str
    right: bool


@dataclass(frozen=True)
class Wording:
    """What a version says. ``kind`` and ``difficulty`` are values of ``QuestionVersion``; ``source`` is where
    the answer comes from, such as ``{"section": "5.3", "refs": ["S42"]}``."""

    kind: str
    difficulty: str
    text: str
    options: Sequence[Option]
    explanation: str
    source: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def add(
    key: str, wording: Wording, *, course_key: str, module_code: str, topic: str, actor: Any, reason: str
) -> Question:
    """Write a new question with its first version.

    Raises QuestionRefused when ``actor`` is no editor, the key was used before, or the options do not fit.
    """
    _must_edit(actor)
    check(wording)
    question = Question(key=key, course_key=course_key, module_code=module_code, topic=topic)
    try:
        with transaction.atomic():
            save_as(question, actor=actor, reason=f"Written. {reason}")
    except IntegrityError as taken:
        raise QuestionRefused(f"The key {key} is taken, and keys are never used again. Choose another.") from taken
    _write(question, wording, number=1)
    return question


@transaction.atomic
def reword(question: Question, wording: Wording, *, actor: Any, reason: str) -> QuestionVersion:
    """Write the next version of a question; it waits for an expert's review.

    Raises QuestionRefused when ``actor`` is no editor, the options do not fit, or the wording is the newest one.
    """
    _must_edit(actor)
    check(wording)
    locked = Question.objects.select_for_update().get(pk=question.pk)
    if wording == wording_of(locked.newest):
        raise QuestionRefused("This is the wording in use already. Change something first.")
    number = locked.versions.aggregate(last=Max("number"))["last"] + 1
    version = _write(locked, wording, number=number)
    save_as(locked, actor=actor, reason=f"Version {number} written. {reason}")
    return version


@transaction.atomic
def retire(question: Question, *, actor: Any, reason: str, at: dt.datetime) -> Question:
    """Draw the question no more. Raises QuestionRefused when it is retired already."""
    _must_edit(actor)
    locked = Question.objects.select_for_update().get(pk=question.pk)
    if locked.retired_at is not None:
        raise QuestionRefused("This question is retired already.")
    locked.retired_at = at
    return save_as(locked, actor=actor, reason=f"Retired. {reason}", fields=["retired_at"])


@transaction.atomic
def bring_back(question: Question, *, actor: Any, reason: str) -> Question:
    """Draw a retired question again. Raises QuestionRefused when it is not retired."""
    _must_edit(actor)
    locked = Question.objects.select_for_update().get(pk=question.pk)
    if locked.retired_at is None:
        raise QuestionRefused("This question is in use already.")
    locked.retired_at = None
    return save_as(locked, actor=actor, reason=f"Brought back. {reason}", fields=["retired_at"])


@transaction.atomic
def record_review(
    version: QuestionVersion, *, expert: str, on: dt.date, actor: Any, today: dt.date
) -> QuestionVersion:
    """Note which expert reviewed a version, and on which day; a second note corrects the first.

    Raises QuestionRefused when ``actor`` is no editor, no expert is named, or the day lies ahead.
    """
    _must_edit(actor)
    if not expert.strip():
        raise QuestionRefused("Name the expert who reviewed the question.")
    if on > today:
        raise QuestionRefused("The day of the review lies in the future. Record it after it was done.")
    question = Question.objects.select_for_update().get(pk=version.question_id)
    version.reviewed_by, version.reviewed_on = expert.strip(), on
    version.save(update_fields=["reviewed_by", "reviewed_on"])
    save_as(
        question,
        actor=actor,
        reason=f"Version {version.number} reviewed by {version.reviewed_by} on {in_words(on)}.",
    )
    return version


def check(wording: Wording) -> None:
    """Raises QuestionRefused with what is wrong with the options.

    One answer: exactly one is right. Several answers: at least two are right and at least one is wrong.
    """
    texts = [option.text.strip().casefold() for option in wording.options]
    rights = sum(option.right for option in wording.options)
    if not LEAST_OPTIONS <= len(texts) <= MOST_OPTIONS:
        raise QuestionRefused(f"Write {LEAST_OPTIONS} to {MOST_OPTIONS} options.")
    if not all(texts):
        raise QuestionRefused("An option is marked as right but empty. Write it, or take the tick away.")
    if len(set(texts)) < len(texts):
        raise QuestionRefused("Two options say the same. Change one of them.")
    if wording.kind == Kind.SINGLE and rights != 1:
        raise QuestionRefused(f"A question with one answer has exactly one right option; {rights} are ticked.")
    if wording.kind == Kind.MULTI and (rights < 2 or rights == len(texts)):
        raise QuestionRefused(
            f"A question with several answers has at least two right options and one wrong one; "
            f"{rights} of {len(texts)} are ticked."
        )


def wording_of(version: QuestionVersion) -> Wording:
    """What a version says, right answers included: for editors only (C4)."""
    key = version.answer_key
    return Wording(
        kind=version.kind,
        difficulty=version.difficulty,
        text=version.text,
        options=[Option(option["text"], option["key"] in key.correct) for option in version.options],
        explanation=key.explanation,
        source=key.source,
    )


def _must_edit(actor: Any) -> None:
    if not actor.holds(Role.EDITOR):
        raise QuestionRefused("Only an editor writes, reviews and retires questions.")


def _write(question: Question, wording: Wording, *, number: int) -> QuestionVersion:
    keyed = list(zip(ascii_lowercase, wording.options, strict=False))
    version = QuestionVersion.objects.create(
        question=question,
        number=number,
        kind=wording.kind,
        difficulty=wording.difficulty,
        text=wording.text,
        options=[{"key": key, "text": option.text.strip()} for key, option in keyed],
    )
    AnswerKey.objects.create(
        version=version,
        correct=[key for key, option in keyed if option.right],
        explanation=wording.explanation,
        source=wording.source,
    )
    return version


@dataclass(frozen=True)
class ModuleBank:
    """The questions of one module: how many are in use, how many of them reviewed, how many an exam draws."""

    code: str
    title: str
    active: int
    reviewed: int
    drawn: int

    @property
    def short(self) -> int:
        """How many questions are missing for an exam to start; 0 = enough."""
        return max(0, self.drawn - self.active)


def bank_of(blueprint: ExamBlueprint) -> list[ModuleBank]:
    """The bank by module of the newest release, against what an exam that starts now draws."""
    newest = CourseRelease.objects.newest(blueprint.course_key)
    modules = newest.items.order_by("position").values_list("module_code", "module_title") if newest else []
    bank = Question.objects.filter(course_key=blueprint.course_key)
    active = list(bank.active().values_list("module_code", flat=True))
    reviewed = list(bank.reviewed().values_list("module_code", flat=True))
    drawn = exams.draw_of(blueprint, reviewed=len(reviewed)).per_module
    return [
        ModuleBank(code, title, active.count(code), reviewed.count(code), drawn)
        for code, title in dict(modules).items()
    ]
