import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from certification.models import Application
from certification.prerequisites import local_day, missing_of, prerequisites_of, training_counts, training_until
from courses.models import PracticeExercise
from tests.certification import prepared
from tests.factories import certification as rows
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import midnight
from training_site.common.history import delete_as

TODAY, DAY = rows.TODAY, dt.timedelta(days=1)
COMPLETED, LAST = dt.date(2026, 2, 10), dt.date(2027, 2, 10)
EARLIER = dt.date(2026, 6, 30)


def missing(application: Application, *, on: dt.date = TODAY) -> dict[str, str]:
    return {each.key: each.sentence for each in missing_of(application, on=on)}


# Pure -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "expected"),
    [(COMPLETED - DAY, False), (COMPLETED, True), (LAST, True), (LAST + DAY, False)],
    ids=["day before", "first day", "last day", "day after"],
)
def test_training_counts_for_a_year_from_its_completion(on, expected):
    assert training_counts(COMPLETED, None, days=365, on=on) is expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [(COMPLETED - DAY, False), (COMPLETED, True), (EARLIER, True), (EARLIER + DAY, False)],
    ids=["day before", "first day", "last day", "day after"],
)
def test_training_counts_until_the_printed_end_when_that_is_earlier(on, expected):
    assert training_counts(COMPLETED, EARLIER, days=365, on=on) is expected


@pytest.mark.parametrize(
    ("printed", "until"),
    [(None, LAST), (LAST - DAY, LAST - DAY), (LAST, LAST), (LAST + DAY, LAST), (COMPLETED, COMPLETED)],
)
def test_the_earlier_end_counts(printed, until):
    assert training_until(COMPLETED, printed, days=365) == until


ZONES = pytest.mark.parametrize(
    "zone", ["America/Los_Angeles", "Europe/London", "Asia/Kolkata", "Pacific/Auckland"]
)


@ZONES
@pytest.mark.parametrize(
    ("day", "second", "expected"),
    [(COMPLETED, -1, False), (COMPLETED, 0, True), (LAST + DAY, -1, True), (LAST + DAY, 0, False)],
    ids=["before the first day", "first day begins", "last day ends", "day after begins"],
)
def test_the_days_of_training_are_those_of_the_place_of_work(zone, day, second, expected):
    at = midnight(day, ZoneInfo(zone)) + dt.timedelta(seconds=second)

    assert training_counts(COMPLETED, None, days=365, on=local_day(Application(time_zone=zone), at)) is expected


def test_until_a_place_is_stated_the_days_are_the_bodys_own():
    assert local_day(Application(), dt.datetime(2026, 5, 4, 23, 30, tzinfo=dt.UTC)) == dt.date(2026, 5, 5)


# As it stands ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_is_missing_of_a_prepared_applicant():
    application = prepared.application()

    assert missing(application) == {}
    assert {each.key: each.sentence for each in prerequisites_of(application, on=TODAY)} == {
        "course": "Completed on 4 May 2026, release 1.",
        "hours": "100 guided hours are needed; the completed release has 100.",
        "exam": "Passed on 4 May 2026.",
        "exercises": "8 of 8 signed off.",
        "live": "6 signed off; at least 6 are needed.",
        "training": "Completed on 10 February 2026; counts until 10 February 2027.",
        "place": "North Street Studio, 1 North Street, LS1 1AA Leeds, GB.",
        "identity": "Seen by an officer on 4 May 2026.",
        "age": "Seen by an officer on 4 May 2026.",
    }


@pytest.mark.django_db
def test_everything_is_missing_of_a_beginner():
    version = rows.scheme_version()
    unsaved = Application(candidate=person(Role.TRAINEE), scheme=version.scheme, scheme_version=version)

    assert missing(unsaved) == {
        "course": "Not completed yet.",
        "hours": "100 guided hours are needed; they count when the course is completed.",
        "exam": "Not passed yet.",
        "exercises": "0 of 8 signed off.",
        "live": "0 signed off; at least 6 are needed.",
        "training": "No certificate is added yet.",
        "place": (
            "Not stated yet: name of the studio or clinic, street and number, town, country, time zone and where "
            "its licence is issued."
        ),
        "identity": "No officer has seen it yet.",
        "age": "No officer has seen it yet.",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("short", "key", "sentence"),
    [
        ({"hours": 99}, "hours", "100 guided hours are needed; the completed release has 99."),
        ({"exam": False}, "exam", "Not passed yet."),
        ({"exercises": 7}, "exercises", "7 of 8 signed off. Missing: PX8 Exercise PX8."),
        ({"live": 5}, "live", "5 signed off; at least 6 are needed."),
    ],
    ids=["an hour too few", "exam not passed", "an exercise too few", "a procedure too few"],
)
def test_what_is_just_too_little_is_missing(short, key, sentence):
    application = rows.application(identity_seen_on=TODAY, age_seen_on=TODAY)
    prepared.learnt(application.candidate, **short)

    assert missing(application) == {key: sentence}


@pytest.mark.django_db
def test_a_course_with_too_few_exercises_does_not_do():
    application = rows.application(identity_seen_on=TODAY, age_seen_on=TODAY)
    prepared.learnt(application.candidate, exercises=7)
    delete_as(PracticeExercise.objects.get(code="PX8"), actor=None, reason=rows.REASON)

    assert missing(application) == {"exercises": "7 of 8 signed off."}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        (COMPLETED - DAY, "Counts from 10 February 2026 on."),
        (COMPLETED, None),
        (LAST, None),
        (LAST + DAY, "Counted until 10 February 2027, and no longer since 11 February 2027."),
    ],
    ids=["day before", "first day", "last day", "day after"],
)
def test_training_is_missing_outside_its_days(on, sentence):
    assert missing(prepared.application(), on=on).get("training") == sentence


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"training_proof": ""}, "training"),
        ({"training_completed_on": None}, "training"),
        ({"studio": ""}, "place"),
        ({"street": ""}, "place"),
        ({"town": ""}, "place"),
        ({"country": ""}, "place"),
        ({"time_zone": ""}, "place"),
        ({"jurisdiction_key": ""}, "place"),
        ({"identity_seen_on": None}, "identity"),
        ({"age_seen_on": None}, "age"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_fact_is_needed(facts, key):
    assert list(missing(prepared.application(**facts))) == [key]


@pytest.mark.django_db
def test_a_place_needs_no_postcode():
    assert missing(prepared.application(postcode="")) == {}


@pytest.mark.django_db
def test_a_fee_that_is_set_must_be_recorded_as_paid():
    rows.scheme_version(fee_amount=Decimal("250.00"), fee_currency="GBP")
    unpaid = prepared.application()

    assert missing(unpaid) == {"fee": "250.00 GBP, not recorded as paid yet."}

    unpaid.fee_paid_on = TODAY
    assert missing(unpaid) == {}
