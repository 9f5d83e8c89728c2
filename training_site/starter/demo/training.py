"""A trainee in the middle of the course: lessons read, a trainer named, practice waiting to be signed off.

Days are relative to the first load, so the demo never looks old.
"""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile

from courses import enrolling, practice, practice_photos, progress
from courses.models import CoursePage, Enrolment, PracticeEntry, PracticeExercise, SignOff
from training_site.accounts.models import User
from training_site.common.days import body_day
from training_site.starter.files import DATA

DRAWINGS = DATA / "drawings"
WAITING, SIGNED_OFF = "PX2", "PX1"


def load(course: CoursePage, people: dict[str, User], *, now: dt.datetime) -> None:
    """Enrol the demo trainee once, and everything that follows from it, dated back from ``now``."""
    trainee, trainer = people["trainee@stipple.example"], people["trainer@stipple.example"]
    if Enrolment.objects.for_user(trainee).exists():
        return
    began = now - dt.timedelta(days=60)
    enrolment = enrolling.enrol(course, trainee=trainee, at=began)
    for item in enrolment.release.items.filter(position__lte=5):
        progress.finish_item(enrolment, item, at=began + dt.timedelta(days=item.position))
    practice.begin_training(
        trainer=trainer,
        trainee=trainee,
        started_on=body_day(began),
        actor=people["officer@stipple.example"],
        reason="Demo data.",
    )
    signed = _log(enrolment, SIGNED_OFF, at=began + dt.timedelta(days=20))
    practice.answer(
        signed,
        trainer=trainer,
        result=SignOff.Result.SIGNED_OFF,
        seen=practice.points_for(signed),
        note="Even dots from the first to the last. Go on to PX2.",
        at=began + dt.timedelta(days=21),
        today=body_day(began + dt.timedelta(days=21)),
    )
    _log(enrolment, WAITING, at=now - dt.timedelta(days=1))


def _log(enrolment: Enrolment, code: str, *, at: dt.datetime) -> PracticeEntry:
    """An exercise with the two pictures it needs (drawings, as everywhere in the demo)."""
    entry = practice.log(
        PracticeEntry(
            enrolment=enrolment,
            kind=PracticeEntry.Kind.PRACTICE,
            exercise=PracticeExercise.objects.get(course_key=enrolment.course_key, code=code),
            done_on=body_day(at),
            note="Set up as for a client. The first rows spread a little; with less pressure they stayed round.",
            logged_at=at,
        ),
        actor=enrolment.trainee,
        today=body_day(at),
    )
    for drawing in ("practice-field.webp", "practice-close.webp"):
        upload = SimpleUploadedFile(drawing, (DRAWINGS / drawing).read_bytes(), content_type="image/webp")
        practice_photos.add(entry, upload, actor=enrolment.trainee)
    return entry
