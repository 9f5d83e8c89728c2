"""What waits in the office of training: cards for editors and certification officers."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from courses.models import (
    Enrolment,
    ExamAttempt,
    ExamBlueprint,
    ExtraAttempts,
    LessonPage,
    Question,
    TrainerRelation,
)
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.days import body_day


def without_trainer(*, on: dt.date) -> QuerySet[Enrolment]:
    """Active enrolments of people whom nobody trains on that day."""
    training = TrainerRelation.objects.current(on=on).filter(trainee=OuterRef("trainee"))
    return Enrolment.objects.filter(~Exists(training), state=Enrolment.State.ACTIVE)


def out_of_attempts() -> QuerySet[Enrolment]:
    """Enrolments that may be read, of people who have not passed the exam and whose attempts are used up.

    Attempts count per person, as in ``exams.obstacle``: those of earlier enrolments too.
    """
    exam = ExamBlueprint.objects.filter(course_key=OuterRef("course_key"))
    attempts = ExamAttempt.objects.filter(
        enrolment__trainee=OuterRef("trainee"), blueprint__course_key=OuterRef("course_key")
    ).order_by()
    extra = ExtraAttempts.objects.filter(
        enrolment__trainee=OuterRef("trainee"), enrolment__course_key=OuterRef("course_key")
    ).order_by()
    used = attempts.values("enrolment__trainee").annotate(n=Count("pk")).values("n")
    opened = extra.values("enrolment__trainee").annotate(n=Sum("attempts")).values("n")
    return (
        Enrolment.objects.readable()
        .alias(
            used=Coalesce(Subquery(used, output_field=IntegerField()), 0),
            opened=Coalesce(Subquery(opened, output_field=IntegerField()), 0),
            own=Subquery(exam.values("attempts")[:1]),
        )
        .filter(~Exists(attempts.filter(passed=True)), ~Exists(attempts.open()), used__gte=F("own") + F("opened"))
    )


@cards.register
def training_office(user: User, at: dt.datetime) -> Iterator[cards.Card]:
    """Cards of the office, by role."""
    if user.holds(Role.EDITOR):
        yield from _for_editor()
    if user.holds(Role.CERTIFICATION_OFFICER):
        yield from _for_officer(on=body_day(at))


def _for_editor() -> Iterator[cards.Card]:
    if count := Question.objects.active().exclude(pk__in=Question.objects.reviewed()).count():
        yield cards.Card(
            title="Questions",
            sentence=_counted(count, "question awaits", "questions await") + " an expert’s review.",
            url=reverse("office_questions") + "?review=awaiting",
            action="Review questions",
            count=count,
        )
    if count := LessonPage.objects.live().filter(reviewed_by="").count():
        yield cards.Card(
            title="Lessons",
            sentence=_counted(count, "lesson awaits", "lessons await") + " an expert’s review.",
            url=reverse("office_releases"),
            action="See which lessons",
            count=count,
        )


def _for_officer(*, on: dt.date) -> Iterator[cards.Card]:
    enrolments = reverse("office_enrolments")
    if count := out_of_attempts().values("trainee").distinct().count():
        yield cards.Card(
            title="Exam attempts",
            sentence=_counted(count, "trainee has", "trainees have") + " used up the exam attempts.",
            url=f"{enrolments}?waiting=attempts",
            action="Open further attempts",
            count=count,
            tone="caution",
            order=90,
        )
    if count := without_trainer(on=on).values("trainee").distinct().count():
        yield cards.Card(
            title="Trainers",
            sentence=_counted(count, "active trainee has", "active trainees have") + " no trainer.",
            url=f"{enrolments}?waiting=trainer",
            action="Name trainers",
            count=count,
        )


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
