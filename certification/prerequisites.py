"""What a person needs before their cases are assessed, as it stands on a day (scheme.json, prerequisites).

Nothing here is stored: what was learnt is asked of ``courses.completion``, what was stated and seen stands in
the application, and the rest is worked out for the day.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.text import get_text_list

from certification.models import Application
from certification.terms import Prerequisites
from courses import completion
from training_site.common.days import DAY, body_day, body_zone, day_of, in_words

PLACE = ("studio", "street", "town", "country", "time_zone", "jurisdiction_key")
"""What makes a place of work complete. Some countries have no postcodes."""


@dataclass(frozen=True)
class Prerequisite:
    """One thing that is needed. ``sentence`` says what is known of it, ``remedy`` what to do while it is missing.

    ``where`` is the name of the address at which to do it; empty where there is none.
    """

    key: str
    title: str
    holds: bool
    sentence: str
    remedy: str
    where: str = ""
    action: str = ""


def training_until(completed_on: dt.date, printed_end: dt.date | None, *, days: int) -> dt.date:
    """Last day on which bloodborne training counts: ``days`` after its completion, or the printed end if earlier.

    T10 of ``dates.json``; inclusive.
    """
    end = completed_on + dt.timedelta(days=days)
    return min(end, printed_end) if printed_end else end


def training_counts(completed_on: dt.date, printed_end: dt.date | None, *, days: int, on: dt.date) -> bool:
    """Whether it counts on that day, from the day of its completion to its last day, both included."""
    return completed_on <= on <= training_until(completed_on, printed_end, days=days)


def zone_of(application: Application) -> ZoneInfo:
    """Time zone of the place of work; the body's own until one is stated."""
    return ZoneInfo(application.time_zone) if application.time_zone else body_zone()


def local_day(application: Application, at: dt.datetime) -> dt.date:
    """The calendar day at the place of work: the day for which ``prerequisites_of`` is asked."""
    return day_of(at, zone_of(application))


def place_of(application: Application) -> str:
    """Studio and address on one line, as far as they are stated."""
    town = f"{application.postcode} {application.town}".strip()
    return ", ".join(filter(None, (application.studio, application.street, town, application.country)))


def prerequisites_of(application: Application, *, on: dt.date) -> list[Prerequisite]:
    """Everything that the application's version of the scheme asks for, in order, as it stands on that day.

    ``on`` is a day at the place of work. An application that is not saved yet will do.
    """
    terms = application.scheme_version.terms.prerequisites
    return [
        *_learnt(application, terms),
        _training(application, terms, on=on),
        _place(application),
        *_seen(application, terms),
        *_fee(application),
    ]


def missing_of(application: Application, *, on: dt.date) -> list[Prerequisite]:
    """What does not hold on that day; empty when the person may be admitted."""
    return [each for each in prerequisites_of(application, on=on) if not each.holds]


def _learnt(application: Application, terms: Prerequisites) -> Iterator[Prerequisite]:
    person, key = application.candidate, application.scheme.course_key
    learning, practice = ("learn_home", "Go to your course"), ("learn_home", "Go to your practice log")
    course = completion.course_completed(person, key)
    yield Prerequisite(
        "course",
        "Course completed",
        course is not None,
        f"Completed on {in_words(body_day(course.completed_at))}, release {course.release}."
        if course
        else "Not completed yet.",
        "Finish every lesson that counts.",
        *learning,
    )
    hours = course.guided_hours if course else None
    yield Prerequisite(
        "hours",
        "Guided hours",
        hours is not None and hours >= terms.guided_hours,
        f"{terms.guided_hours} guided hours are needed; "
        + ("they count when the course is completed." if hours is None else f"the completed release has {hours}."),
        "Complete the course. If its release has too few hours, ask the office which one counts.",
        *learning,
    )
    passed = completion.exam_passed(person, key)
    yield Prerequisite(
        "exam",
        "Theory exam passed",
        passed is not None,
        f"Passed on {in_words(body_day(passed))}." if passed else "Not passed yet.",
        "Sit the exam of your course.",
        *learning,
    )
    missing = completion.exercises_missing(person, key)
    done = completion.exercises_signed_off(person, key)
    yield Prerequisite(
        "exercises",
        "Exercises on practice skin",
        not missing and done >= terms.practice_exercises,
        f"{done} of {terms.practice_exercises} signed off."
        + (f" Missing: {get_text_list(missing, 'and')}." if missing else ""),
        "Log each exercise and have your trainer sign it off.",
        *practice,
    )
    live = completion.live_procedures_signed_off(person, key)
    yield Prerequisite(
        "live",
        "Live procedures",
        live >= terms.live_procedures,
        f"{live} signed off; at least {terms.live_procedures} are needed.",
        "Log your live procedures and have your trainer sign them off.",
        *practice,
    )


def _training(application: Application, terms: Prerequisites, *, on: dt.date) -> Prerequisite:
    completed, printed = application.training_completed_on, application.training_ends_on
    holds = False
    if not application.training_proof:
        sentence = "No certificate is added yet."
    elif completed is None:
        sentence = "The day on which the training was completed is not stated yet."
    else:
        until = training_until(completed, printed, days=terms.training_days)
        holds = training_counts(completed, printed, days=terms.training_days, on=on)
        if holds:
            sentence = f"Completed on {in_words(completed)}; counts until {in_words(until)}."
        elif on < completed:
            sentence = f"Counts from {in_words(completed)} on."
        else:
            sentence = f"Counted until {in_words(until)}, and no longer since {in_words(until + DAY)}."
    return Prerequisite(
        "training",
        "Training in bloodborne infections",
        holds,
        sentence,
        "State the training in the application and add its certificate. It counts for "
        f"{terms.training_days} days, or until the end printed on it if that is earlier.",
        "application",
        "Fill in the application",
    )


def _place(application: Application) -> Prerequisite:
    names = [
        str(application._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in PLACE
        if not getattr(application, name)
    ]
    return Prerequisite(
        "place",
        "Place of work",
        not names,
        f"Not stated yet: {get_text_list(names, 'and')}." if names else f"{place_of(application)}.",
        "State where you work, and where its licence is issued.",
        "application",
        "Fill in the application",
    )


def _seen(application: Application, terms: Prerequisites) -> Iterator[Prerequisite]:
    for key, title, day, document in (
        ("identity", "Identity", application.identity_seen_on, "your identity document"),
        ("age", f"Age of {terms.age_years} or over", application.age_seen_on, "proof of your age"),
    ):
        yield Prerequisite(
            key,
            title,
            day is not None,
            f"Seen by an officer on {in_words(day)}." if day else "No officer has seen it yet.",
            f"Hand in the application. Then show {document} to an officer, who writes to you about how.",
        )


def _fee(application: Application) -> Iterator[Prerequisite]:
    version = application.scheme_version
    if version.fee_amount is None:
        return
    amount, paid = f"{version.fee_amount} {version.fee_currency}", application.fee_paid_on
    yield Prerequisite(
        "fee",
        "Fee",
        paid is not None,
        f"{amount}, recorded as paid on {in_words(paid)}." if paid else f"{amount}, not recorded as paid yet.",
        "Pay the fee as the office tells you. An officer records it.",
    )
