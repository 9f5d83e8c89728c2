"""Who must have no part in a case (K1, K1a, K1c)."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from certification.conflicts import (
    declare,
    first_hand_in,
    officer_obstacle,
    reasons_against,
    reasons_against_quality,
    reasons_for,
)
from certification.errors import AllocationRefused
from certification.models import ConflictDeclaration, QualityReview, Workplace
from certification.values import ExclusionReason
from tests.factories.certification import AT, REASON, TODAY, case_file, ready_case
from tests.factories.courses import relation
from tests.factories.marking import allocation, assessor, attempt, authorisation, frozen
from tests.people import person
from tests.together import together
from training_site.accounts import roles
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
R = ExclusionReason


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def case():
    made = ready_case(state="handed_in")
    frozen(attempt(made))
    return made


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


def reasons(who, case, *, kind="first", stage="procedure", at=AT):
    return reasons_against(who, attempt(case), stage=stage, kind=kind, at=at)


def works_at(who, studio: str, town: str, country: str = "GB", **facts) -> Workplace:
    made = Workplace(assessor=who, studio=studio, town=town, country=country, stated_at=AT, **facts)
    return save_as(made, actor=who, reason=REASON)


# Marking ------------------------------------------------------------------------------------------


def test_nothing_speaks_against_an_assessor_from_elsewhere(case):
    assert reasons(assessor(), case) == ()


def test_nobody_marks_their_own_case(case):
    assert R.SELF in reasons(case.practitioner, case)


def test_somebody_without_the_role_is_not_authorised(case):
    former = assessor()
    roles.end(former, Role.ASSESSOR, actor=None, reason=REASON)

    assert reasons(former, case) == (R.NOT_AUTHORISED,)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (AT - DAY, (R.NOT_AUTHORISED,)),
        (AT, ()),
        (AT + 3 * DAY, ()),
        (AT + 4 * DAY, (R.NOT_AUTHORISED,)),
    ],
    ids=["day before", "first day", "last day", "day after"],
)
def test_an_authorisation_counts_from_its_first_to_its_last_day(case, at, expected):
    asked = assessor(starts_on=TODAY, ends_on=TODAY + 3 * DAY)

    assert reasons(asked, case, at=at) == expected


def test_whoever_never_said_where_they_work_is_not_asked(case):
    silent = person(Role.ASSESSOR)
    authorisation(silent)

    assert reasons(silent, case) == (R.PLACE_UNKNOWN,)


@pytest.mark.parametrize(
    ("studio", "town", "country", "is_same"),
    [
        ("North Street Studio", "Leeds", "GB", True),
        ("NORTH  STREET studio", "léeds ", "GB", True),
        ("NorthStreet-Studio", "Leeds", "GB", True),
        ("North Street Studio", "York", "GB", False),
        ("North Street Studio", "Leeds", "US", False),
        ("South Street Studio", "Leeds", "GB", False),
    ],
)
def test_nobody_marks_the_work_of_their_own_studio(case, studio, town, country, is_same):
    asked = assessor()
    works_at(asked, studio, town, country)

    assert reasons(asked, case) == ((R.SAME_PLACE,) if is_same else ())


def test_a_place_that_was_left_counts_no_more(case):
    asked = assessor()
    works_at(asked, "North Street Studio", "Leeds", left_at=AT)

    assert reasons(asked, case) == ()


def test_a_place_that_was_left_after_the_hand_in_still_counts(case):
    asked = assessor()
    works_at(asked, "North Street Studio", "Leeds", left_at=AT + DAY)

    assert reasons(asked, case) == (R.SAME_PLACE,)


@pytest.mark.parametrize(
    ("ended_on", "is_apart"),
    [
        (dt.date(2024, 5, 3), False),
        (dt.date(2024, 5, 4), True),
        (dt.date(2024, 5, 5), True),
        (None, True),
    ],
    ids=["day before", "last day", "day after", "still"],
)
def test_a_trainer_is_kept_apart_for_two_years(case, ended_on, is_apart):
    """T22: handed in on 4 May 2026, so a relation that ended on 4 May 2024 or later counts."""
    asked = assessor()
    relation(trainer=asked, trainee=case.practitioner, started_on=dt.date(2023, 1, 1), ended_on=ended_on)

    assert (R.TRAINER in reasons(asked, case)) is is_apart


def test_the_trainers_clock_is_read_at_the_first_hand_in_of_the_file(case):
    asked = assessor(ends_on=None, basis="equivalent")
    relation(
        trainer=asked,
        trainee=case.practitioner,
        started_on=dt.date(2023, 1, 1),
        ended_on=dt.date(2024, 5, 4),
    )
    later = ready_case(case.case_file, state="handed_in")
    frozen(attempt(later))

    assert reasons(asked, later, at=AT + 400 * DAY) == (R.TRAINER,)


def test_whoever_trains_the_candidate_since_is_kept_apart_too(case):
    asked = assessor()
    relation(trainer=asked, trainee=case.practitioner, started_on=TODAY + DAY, ended_on=TODAY + 2 * DAY)

    assert reasons(asked, case, at=AT) == ()
    assert reasons(asked, case, at=AT + 9 * DAY) == (R.TRAINER,)


def test_the_first_hand_in_of_a_file_is_its_earliest(case):
    second = ready_case(case.case_file, state="handed_in")
    frozen(attempt(second))

    assert first_hand_in(case.case_file) == AT
    assert first_hand_in(case_file()) is None


def test_a_declared_conflict_counts_in_every_case_of_the_file(case, officer):
    asked = assessor()
    second = ready_case(case.case_file, state="handed_in")
    declare(case.case_file, asked, reason="Friends.", declared_by=officer, at=AT)

    assert [reasons(asked, each) for each in (case, second, ready_case(state="handed_in"))] == [
        (R.DECLARED,),
        (R.DECLARED,),
        (),
    ]


@pytest.mark.parametrize(
    ("state", "kind", "is_apart"),
    [
        ("offered", "second", True),
        ("accepted", "confirm", True),
        ("submitted", "third", True),
        ("submitted", "first", False),
        ("declined", "second", False),
        ("lapsed", "second", False),
    ],
)
def test_a_part_of_another_kind_keeps_apart(case, state, kind, is_apart):
    """K1a. The same kind goes on at the other stage."""
    asked = assessor()
    allocation(attempt(case), to=asked, kind=kind, state=state)

    assert reasons(asked, case, stage="healed") == ((R.OTHER_PART,) if is_apart else ())


def test_whoever_answered_at_a_stage_is_not_asked_there_again(case):
    asked = assessor()
    allocation(attempt(case), to=asked, kind="confirm", state="submitted")

    assert reasons(asked, case, kind="confirm") == (R.OTHER_PART,)
    assert reasons(asked, case, kind="confirm", stage="healed") == ()


def test_a_part_in_another_case_keeps_nobody_apart(case):
    asked = assessor()
    other = ready_case(case.case_file, state="procedure_marking")
    allocation(attempt(other), to=asked, kind="second", state="submitted")

    assert reasons(asked, case) == ()


def test_after_a_quality_review_the_marker_is_new(case):
    asked = assessor()
    submission = attempt(case)
    allocation(submission, to=asked, state="submitted")
    submission.round = 2
    save_as(submission, actor=None, reason=REASON)

    assert reasons(asked, case) == (R.OTHER_PART,)
    assert reasons(assessor(), case) == ()


@pytest.mark.parametrize("part", ["named", "held", "ended"])
def test_quality_assurance_of_the_file_keeps_apart(case, part):
    asked = assessor()
    if part == "named":
        case.case_file.quality_assurer = asked
        save_as(case.case_file, actor=None, reason=REASON)
    else:
        other = person(Role.QUALITY_ASSURER)
        by = {"quality_assurer": asked, "ended_by": other}
        if part == "ended":
            by = {"quality_assurer": other, "ended_by": asked}
        review = QualityReview(
            submission=attempt(case), round=1, reason="Sample.", placed_at=AT, result="agreed", note="Fine.",
            ended_at=AT, **by,
        )  # fmt: skip
        save_as(review, actor=None, reason=REASON)

    assert reasons(asked, case) == (R.OTHER_OFFICE,)


def test_several_reasons_are_all_named(case, officer):
    nobody = person(Role.ASSESSOR)
    declare(case.case_file, nobody, reason="Cousins.", declared_by=officer, at=AT)

    assert reasons(nobody, case) == (R.DECLARED, R.PLACE_UNKNOWN, R.NOT_AUTHORISED)


def test_one_and_three_assessors_take_the_same_queries(case):
    counted = []
    for many in (1, 3):
        people = [assessor() for _ in range(many)]
        with CaptureQueriesContext(connection) as captured:
            reasons_for(people, attempt(case), stage="procedure", kind="first", at=AT)
        counted.append(len(captured))

    assert counted == [10, 10]


# Quality assurance, and the office ----------------------------------------------------------------


def test_nothing_speaks_against_a_quality_assurer_from_elsewhere(case):
    assert reasons_against_quality(person(Role.QUALITY_ASSURER), case.case_file, at=AT) == ()


def test_whoever_trained_marked_or_is_the_candidate_assures_no_quality(case, officer):
    trainer, marker, friend = (person(Role.QUALITY_ASSURER) for _ in range(3))
    relation(trainer=trainer, trainee=case.practitioner, started_on=dt.date(2026, 1, 1))
    allocation(attempt(case), to=marker, state="submitted")
    declare(case.case_file, friend, reason="Friends.", declared_by=officer, at=AT)

    found = [reasons_against_quality(each, case.case_file, at=AT) for each in (trainer, marker, friend)]

    assert found == [(R.TRAINER,), (R.OTHER_PART,), (R.DECLARED,)]
    assert reasons_against_quality(case.practitioner, case.case_file, at=AT) == (R.SELF,)


def test_an_officer_decides_nothing_in_their_own_file_or_after_a_conflict(case, officer):
    assert officer_obstacle(officer, case.case_file) is None

    declare(case.case_file, officer, reason="My neighbour.", declared_by=officer, at=AT)

    assert "is declared between you and this file" in officer_obstacle(officer, case.case_file)
    assert "your own" in officer_obstacle(case.practitioner, case.case_file)


# Declaring ----------------------------------------------------------------------------------------


def test_an_officer_declares_a_conflict_for_somebody(case, officer):
    asked = assessor()

    made = declare(case.case_file, asked, reason=" Shares a flat. ", declared_by=officer, at=AT)

    assert (made.person, made.declared_by, made.reason, made.declared_at) == (asked, officer, "Shares a flat.", AT)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_declaration_says_why_in_few_words(case, officer, reason):
    with pytest.raises(AllocationRefused):
        declare(case.case_file, assessor(), reason=reason, declared_by=officer, at=AT)

    assert not ConflictDeclaration.objects.exists()


def test_only_an_officer_declares_for_others(case):
    for role in (Role.QUALITY_ASSURER, Role.ASSESSOR):
        with pytest.raises(AllocationRefused, match="Only a certification officer"):
            declare(case.case_file, assessor(), reason="Friends.", declared_by=person(role), at=AT)


def test_nobody_declares_in_their_own_file(case):
    roles.grant(case.practitioner, Role.CERTIFICATION_OFFICER, actor=None, reason=REASON)

    with pytest.raises(AllocationRefused, match="your own"):
        declare(case.case_file, assessor(), reason="Friends.", declared_by=case.practitioner, at=AT)


def test_marking_in_hand_is_recalled_before_a_conflict_is_declared(case, officer):
    asked = assessor()
    allocation(attempt(case), to=asked)

    with pytest.raises(AllocationRefused) as refusal:
        declare(case.case_file, asked, reason="Friends.", declared_by=officer, at=AT)

    assert str(refusal.value) == (
        f"{asked.name} has marking of case {case.ref} in hand. Recall it first, then declare the conflict."
    )


def test_a_conflict_is_declared_once(case, officer):
    asked = assessor()
    declare(case.case_file, asked, reason="Friends.", declared_by=officer, at=AT)

    with pytest.raises(AllocationRefused, match="declared already"):
        declare(case.case_file, asked, reason="Friends, again.", declared_by=officer, at=AT)


@pytest.mark.both_databases
def test_a_declaration_is_never_changed(case, officer):
    declare(case.case_file, assessor(), reason="Friends.", declared_by=officer, at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        ConflictDeclaration.objects.update(reason="Foes.")


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_declarations_at_once_one_is_kept(case, officer):
    asked = assessor()

    outcomes = together(
        *[lambda: declare(case.case_file, asked, reason="Friends.", declared_by=officer, at=AT)] * 2
    )

    assert sorted(type(each).__name__ for each in outcomes) == ["AllocationRefused", "ConflictDeclaration"]
