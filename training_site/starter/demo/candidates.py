"""An applicant who waits for the office, and a candidate with two cases: one to hand in, one that has healed."""

import datetime as dt

from certification import admitting, schemes, submitting
from certification.models import Application, SchemeVersion
from courses.models import CoursePage
from training_site.accounts.models import User
from training_site.common.days import DAY, body_day
from training_site.common.uploads import clean_document
from training_site.starter import scheme
from training_site.starter.demo import scars, trained
from training_site.starter.demo.scars import Client
from training_site.starter.demo.trained import DRAWINGS

APPLICANT, CANDIDATE = "applicant@stipple.example", "candidate@stipple.example"
OFFICER, TRAINER = "officer@stipple.example", "trainer@stipple.example"


def load(course: CoursePage, people: dict[str, User], *, now: dt.datetime) -> None:
    """Make both once, dated back from ``now``."""
    if Application.objects.exists():
        return
    officer, trainer = people[OFFICER], people[TRAINER]
    version = _put_scheme_into_force(course, officer, at=now - 400 * DAY)
    applicant, candidate = people[APPLICANT], people[CANDIDATE]
    trained.train(course, applicant, trainer=trainer, officer=officer, began=now - 250 * DAY)
    waiting = _apply(applicant, version, at=now - 2 * DAY, studio="Harbour Light Studio")
    assert waiting.state == Application.State.SUBMITTED
    trained.train(course, candidate, trainer=trainer, officer=officer, began=now - 250 * DAY)
    admit(candidate, version, officer=officer, at=now - 118 * DAY, studio="Quarry Lane Clinic")
    healed = Client("R-014", 0, last_session=now - 36 * DAY)
    case = scars.treat(healed, candidate=candidate, trainer=trainer)
    at = now - 34 * DAY
    submitting.hand_in(case, actor=candidate, at=at, on=body_day(at))
    scars.treat(Client("R-021", 1, last_session=now - 9 * DAY), candidate=candidate, trainer=trainer)


def admit(candidate: User, version: SchemeVersion, *, officer: User, at: dt.datetime, studio: str) -> Application:
    """Somebody whose training is finished applies, and is admitted two days later, at that instant."""
    application = _apply(candidate, version, at=at - 2 * DAY, studio=studio)
    seen_on = body_day(at)
    admitting.record_identity(application, seen_on=seen_on, actor=officer, at=at)
    admitting.record_age(application, seen_on=seen_on, actor=officer, at=at)
    return admitting.admit(application, reason="Everything is there.", actor=officer, at=at)


def _put_scheme_into_force(course: CoursePage, officer: User, *, at: dt.datetime) -> SchemeVersion:
    version = scheme.load(course_key=course.key, at=at)
    if effective := schemes.in_force(version.scheme.key):
        return effective
    if version.state == SchemeVersion.State.DRAFT:
        version = schemes.approve(version, actor=officer, reason="Read and agreed for the demo.", at=at)
    return schemes.put_into_force(version, on=body_day(at), actor=officer, reason="Demo data.")


def _apply(candidate: User, version: SchemeVersion, *, at: dt.datetime, studio: str) -> Application:
    application = admitting.save_draft(
        admitting.begin(candidate, version),
        {
            "training_issuer": "Safe Hands Training (invented)",
            "training_completed_on": body_day(at - 30 * DAY),
            "studio": studio,
            "street": "1 Example Street",
            "town": "Leeds",
            "postcode": "LS1 1AA",
            "country": "GB",
            "time_zone": "Europe/London",
            "jurisdiction_key": "England, outside London",
        },
        actor=candidate,
        proof=clean_document(DRAWINGS / "paper.webp"),
    )
    return admitting.submit(application, actor=candidate, at=at)
