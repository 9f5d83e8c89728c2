"""Enrolling: by oneself on an open course, by invitation otherwise; leaving, lapsing, taking a newer release."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from courses.errors import EnrolmentRefused
from courses.models import CoursePage, CourseRelease, Enrolment
from training_site.accounts.roles import Role
from training_site.common.history import save_as

State = Enrolment.State

ALLOWED: dict[str, set[str]] = {
    State.INVITED: {State.ACTIVE, State.WITHDRAWN, State.LAPSED},
    State.ACTIVE: {State.COMPLETED, State.LAPSED, State.WITHDRAWN},
    State.COMPLETED: set(),
    State.LAPSED: {State.ACTIVE},
    State.WITHDRAWN: set(),
}


def enrol(course: CoursePage, *, trainee: Any, at: dt.datetime) -> Enrolment:
    """A trainee enrols themselves on an open course, on its newest release. Twice gives the same enrolment.

    Raises EnrolmentRefused when the person is no trainee, the course is closed, or nothing is released.
    """
    if not trainee.holds(Role.TRAINEE):
        raise EnrolmentRefused("Only trainees enrol. Ask the office to add the role to your account.")
    living = Enrolment.objects.filter(trainee=trainee, course_key=course.key, state__in=Enrolment.LIVING).first()
    if living and living.state == State.INVITED:
        return accept(living, actor=trainee)
    if living:
        return living
    if not course.open_for_enrolment:
        raise EnrolmentRefused(f"{course.title} is by invitation. Ask the office for one.")
    return _begin(course, trainee=trainee, state=State.ACTIVE, actor=trainee, reason="Enrolled.", at=at)


def invite(course: CoursePage, *, trainee: Any, actor: Any, reason: str, at: dt.datetime) -> Enrolment:
    """An officer invites a trainee to a course, open or closed."""
    if not actor.holds(Role.CERTIFICATION_OFFICER):
        raise EnrolmentRefused("Only a certification officer invites to a course.")
    if not trainee.holds(Role.TRAINEE):
        raise EnrolmentRefused(f"{trainee.name} is no trainee. An administrator grants the role first.")
    living = Enrolment.objects.filter(trainee=trainee, course_key=course.key, state__in=Enrolment.LIVING).first()
    if living:
        return living
    return _begin(course, trainee=trainee, state=State.INVITED, actor=actor, reason=f"Invited. {reason}", at=at)


def accept(enrolment: Enrolment, *, actor: Any) -> Enrolment:
    """The invited trainee begins."""
    return _move(enrolment, to=State.ACTIVE, actor=actor, reason="Invitation accepted.")


def leave(enrolment: Enrolment, *, actor: Any, reason: str) -> Enrolment:
    """The trainee leaves; what they did stays on record."""
    return _move(enrolment, to=State.WITHDRAWN, actor=actor, reason=reason)


def lapse(enrolment: Enrolment, *, actor: Any, reason: str) -> Enrolment:
    """The office lets an enrolment lapse; it can be taken up again."""
    return _move(enrolment, to=State.LAPSED, actor=actor, reason=reason)


def take_up_again(enrolment: Enrolment, *, actor: Any, reason: str) -> Enrolment:
    """A lapsed enrolment goes on where it stopped, on its own release.

    Raises EnrolmentRefused when the trainee has begun the course anew since.
    """
    try:
        return _move(enrolment, to=State.ACTIVE, actor=actor, reason=reason)
    except IntegrityError as clash:
        raise EnrolmentRefused(
            f"{enrolment.trainee.name} has another enrolment on this course. Let that one lapse first."
        ) from clash


def complete(enrolment: Enrolment) -> Enrolment:
    """Called by ``progress`` when the last mandatory item is finished."""
    return _move(
        enrolment, to=State.COMPLETED, actor=enrolment.trainee, reason="Every mandatory lesson is finished."
    )


def _begin(course: CoursePage, *, trainee: Any, state: str, actor: Any, reason: str, at: dt.datetime) -> Enrolment:
    newest = CourseRelease.objects.newest(course.key)
    if newest is None:
        raise EnrolmentRefused(f"{course.title} has no release yet. Come back when the course has opened.")
    enrolment = Enrolment(trainee=trainee, course_key=course.key, release=newest, state=state, enrolled_at=at)
    try:
        with transaction.atomic():
            return save_as(enrolment, actor=actor, reason=reason)
    except IntegrityError:
        # A second click won the race: the enrolment it made is the one.
        return Enrolment.objects.get(trainee=trainee, course_key=course.key, state__in=Enrolment.LIVING)


@transaction.atomic
def _move(enrolment: Enrolment, *, to: str, actor: Any, reason: str) -> Enrolment:
    locked = Enrolment.objects.select_for_update().select_related("trainee", "release").get(pk=enrolment.pk)
    if to not in ALLOWED[locked.state]:
        raise EnrolmentRefused(
            f"This enrolment is “{locked.get_state_display()}” and cannot become “{State(to).label}”."
        )
    if to in (State.WITHDRAWN, State.LAPSED) and locked.exam_attempts.open().exists():
        raise EnrolmentRefused("An exam attempt is open. Hand it in first; it ends by itself when its time is up.")
    locked.state = to
    return save_as(locked, actor=actor, reason=reason, fields=["state"])
