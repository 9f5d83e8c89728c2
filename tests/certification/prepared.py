"""Applicants of whom everything holds on 4 May 2026."""

import datetime as dt

from certification.models import Application
from courses.models import CompletionRecord, CoursePage, ExamAttempt, SignOff
from tests.factories import certification as rows
from tests.factories import courses as learning
from training_site.common.history import save_as


def learnt(trainee: object, *, hours: int = 100, exercises: int = 8, live: int = 6, exam: bool = True) -> None:
    """A completed course of that many guided hours; exam, exercises and live procedures as said."""
    on = learning.enrolment(trainee, of=learning.release(_course(hours)))
    CompletionRecord.objects.create(enrolment=on, release=on.release, completed_at=rows.AT)
    attempt = ExamAttempt(
        enrolment=on,
        blueprint=learning.blueprint(on.course_key, questions_per_module=0),
        number=1,
        pass_mark=3,
        started_at=rows.AT - dt.timedelta(hours=1),
        deadline_at=rows.AT,
        ended_at=rows.AT,
        points=4 if exam else 2,
        passed=exam,
    )
    save_as(attempt, actor=None, reason=rows.REASON)
    trains = learning.relation(trainee=trainee)
    for number in range(1, 9):
        practised = learning.exercise(on.course_key, f"PX{number}")
        if number <= exercises:
            _signed_off(learning.entry(on, practised=practised), trains)
    for _ in range(live):
        _signed_off(learning.entry(on), trains)


def _course(hours: int) -> CoursePage:
    course = learning.course_page(key=rows.COURSE, modules=1, lessons=1)
    course.guided_hours = hours
    course.save()
    return course


def _signed_off(entry: object, trains: object) -> None:
    SignOff.objects.create(entry=entry, relation=trains, result="signed_off", signed_at=rows.AT)


def application(**facts: object) -> Application:
    """Handed in, everything learnt, identity and age seen."""
    made = rows.application(**{"identity_seen_on": rows.TODAY, "age_seen_on": rows.TODAY, **facts})
    learnt(made.candidate)
    return made
