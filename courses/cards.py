"""What waits for a trainee on ``/my/``: an open exam, an invitation, an exam to sit, a course to go on with."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from courses import exams, progress
from courses.models import Enrolment, ExamAttempt, ExamBlueprint
from training_site.common.cards import Card, register
from training_site.common.days import in_words


@register
def learning(user: Any, at: dt.datetime) -> Iterator[Card]:
    """A trainee's cards; the one with a clock running stands first."""
    living = Enrolment.objects.for_user(user).filter(state__in=Enrolment.LIVING)
    enrolments = list(living.select_related("release", "trainee"))
    if not enrolments:
        return
    running = ExamAttempt.objects.for_user(user).open().filter(deadline_at__gt=at)
    yield from (_open_exam(attempt, user) for attempt in running.select_related("enrolment__release", "blueprint"))
    active = [each for each in enrolments if each.state == Enrolment.State.ACTIVE]
    courses = progress.courses_of(active)
    for each in enrolments:
        if each.state == Enrolment.State.INVITED:
            yield _invitation(each)
        elif each.state == Enrolment.State.ACTIVE:
            yield _carry_on(each, courses[each.pk])
        else:
            yield from _exam_to_sit(each, at)


def _open_exam(attempt: ExamAttempt, user: Any) -> Card:
    ends = attempt.deadline_at.astimezone(ZoneInfo(user.time_zone))
    return Card(
        title=attempt.blueprint.title,
        sentence=f"Your attempt is open until {ends:%H:%M} on {in_words(ends.date())}.",
        url=reverse("exam", args=[attempt.enrolment_id, attempt.number]),
        action="Carry on with the exam",
        tone="caution",
        order=10,
    )


def _invitation(enrolment: Enrolment) -> Card:
    return Card(
        title="Invitation to a course",
        sentence=f"You are invited to “{enrolment.release.title}”.",
        url=reverse("learn_course", args=[enrolment.pk]),
        action="See the invitation",
        order=40,
    )


def _exam_to_sit(enrolment: Enrolment, at: dt.datetime) -> Iterator[Card]:
    blueprint = ExamBlueprint.objects.filter(course_key=enrolment.course_key).first()
    if blueprint and exams.obstacle(enrolment, blueprint, at=at) is None:
        yield Card(
            title=blueprint.title,
            sentence=f"You have finished “{enrolment.release.title}” and can sit its exam.",
            url=reverse("exam_start", args=[enrolment.pk]),
            action="Read the rules of the exam",
            order=50,
        )


def _carry_on(enrolment: Enrolment, course: progress.Course) -> Card:
    here, verb = course.carry_on, "Carry on at" if course.begun else "Begin with"
    place = [enrolment.pk, here.item_id] if here else [enrolment.pk]
    return Card(
        title=enrolment.release.title,
        sentence=f"{course.finished} of {course.mandatory} lessons finished.",
        url=reverse("learn_lesson" if here else "learn_course", args=place),
        action=f"{verb} “{here.title}”" if here else "Open the course",
        order=60,
    )
