"""What assessors answer: accepting, declining, standing down; and what lapses."""

import datetime as dt

import pytest
import time_machine

from certification.answering import accept, decline, lapse, recuse
from certification.assigning import open_kinds, recall
from certification.errors import AllocationRefused
from certification.models import (
    Allocation,
    Assessment,
    ConflictDeclaration,
    ProcedureCase,
)
from certification.submitting import return_for_evidence
from certification.values import AllocationKind, MarkingStage
from tests.certification.offered import give, handed_in
from tests.factories.certification import AT, REASON, at_state
from tests.factories.marking import (
    AT_STANDARD,
    assessor,
    attempt,
    marks,
)
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common.history import save_as
from training_site.common.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

SECOND_OF_TIME = dt.timedelta(seconds=1)
WEEK = dt.timedelta(days=7)
PROCEDURE = {code: level for code, level in AT_STANDARD.items() if code != "R11"}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def case(officer) -> ProcedureCase:
    """Handed in as the first of its file; its papers are read."""
    return handed_in(officer)


def mails(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind).order_by("pk"))


# Accepting ----------------------------------------------------------------------------------------


def test_acceptance_begins_lease_draft_and_marking(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    taken = accept(made, actor=asked, at=AT)

    assert (taken.state, taken.accepted_at, taken.due_at) == ("accepted", AT, AT + WEEK)
    assert (taken.assessment.state, taken.assessment.draft) == ("draft", {})
    assert attempt(case).state == "procedure_marking"


def test_the_history_of_an_attempt_says_who_began_its_marking(case, officer):
    asked = assessor()
    accept(give(case, asked, officer), actor=asked, at=AT)

    assert attempt(case).history.latest().history_user == asked


def test_whoever_confirms_gives_no_marks_and_gets_no_draft(case, officer):
    submission = at_state(case, "procedure_marking")
    marks(submission, PROCEDURE, events={"A1": "Both labels show the same cartridge."})
    asked = assessor()

    accept(give(case, asked, officer, kind="confirm"), actor=asked, at=AT)

    assert not Assessment.objects.filter(allocation__assessor=asked).exists()


def test_only_the_assessor_who_was_asked_accepts(case, officer):
    made = give(case, assessor(), officer)

    with pytest.raises(AllocationRefused, match="Only the assessor who was asked"):
        accept(made, actor=assessor(), at=AT)


def test_an_offer_is_accepted_once(case, officer):
    asked = assessor()
    made = give(case, asked, officer)
    accept(made, actor=asked, at=AT)

    with pytest.raises(AllocationRefused, match="in the state “Accepted”"):
        accept(made, actor=asked, at=AT)


@pytest.mark.parametrize(
    ("at", "may"),
    [(AT + WEEK - SECOND_OF_TIME, True), (AT + WEEK, False)],
    ids=["last second", "a moment too late"],
)
def test_an_offer_is_accepted_before_it_lapses(case, officer, at, may):
    asked = assessor()
    made = give(case, asked, officer)

    if may:
        assert accept(made, actor=asked, at=at).state == "accepted"
    else:
        with pytest.raises(AllocationRefused, match=r"lapsed on 11 May 2026, 10:00"):
            accept(made, actor=asked, at=at)


def test_whoever_is_excluded_meanwhile_does_not_learn_why(case, officer):
    asked = assessor()
    made = give(case, asked, officer)
    ConflictDeclaration.objects.create(
        case_file=case.case_file, person=asked, declared_by=officer, reason="Friends.", declared_at=AT
    )

    with pytest.raises(AllocationRefused) as refusal:
        accept(made, actor=asked, at=AT)

    assert str(refusal.value) == (
        "This case cannot be given to you any more. Decline it; the office asks somebody else."
    )


def test_whoever_left_every_place_says_first_where_they_work(case, officer):
    asked = assessor()
    made = give(case, asked, officer)
    place = asked.workplaces.get()
    place.left_at = AT
    save_as(place, actor=asked, reason=REASON)

    with pytest.raises(AllocationRefused, match="Say first where you work"):
        accept(made, actor=asked, at=AT)


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_the_second_finds_it_accepted(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    outcomes = together(*[lambda: accept(made, actor=asked, at=AT)] * 2)

    assert sorted(type(each).__name__ for each in outcomes) == ["Allocation", "AllocationRefused"]
    assert Assessment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_return_and_an_acceptance_at_once_do_not_both_happen(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    outcomes = together(
        lambda: accept(made, actor=asked, at=AT),
        lambda: return_for_evidence(attempt(case), note="The label is cut off.", officer=officer, at=AT),
    )

    made.refresh_from_db()
    ended = (made.state, attempt(case).state)
    assert ended in {("accepted", "procedure_marking"), ("lapsed", "returned")}
    assert sum(isinstance(each, Exception) for each in outcomes) == 1


# Giving back --------------------------------------------------------------------------------------


def test_an_offer_is_declined_with_a_reason(case, officer):
    asked = assessor()

    ended = decline(give(case, asked, officer), reason=" On holiday. ", actor=asked, at=AT)

    assert (ended.state, ended.note, ended.ended_at) == ("declined", "On holiday.", AT)
    assert open_kinds(attempt(case)) == (MarkingStage.PROCEDURE, frozenset({AllocationKind.FIRST}))


def test_the_officer_who_offered_it_hears_of_it(case, officer):
    asked = assessor()

    decline(give(case, asked, officer), reason="On holiday.", actor=asked, at=AT)

    (mail,) = mails("marking_given_back")
    assert (mail.user, mail.subject) == (officer, f"Declined: case {case.ref}")
    assert "On holiday." in mail.text


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_no_reason_or_an_endless_one_is_refused(case, officer, reason):
    asked = assessor()
    made = give(case, asked, officer)

    for answer_it in (decline, recuse):
        with pytest.raises(AllocationRefused):
            answer_it(made, reason=reason, actor=asked, at=AT)
    with pytest.raises(AllocationRefused):
        recall(made, reason=reason, officer=officer, at=AT)
    assert Allocation.objects.get().state == "offered"


def test_only_the_assessor_who_was_asked_declines_or_stands_down(case, officer):
    made = give(case, assessor(), officer)

    for answer_it in (decline, recuse):
        with pytest.raises(AllocationRefused, match="Only the assessor who was asked"):
            answer_it(made, reason="Not mine.", actor=assessor(), at=AT)


def test_what_is_accepted_is_not_declined_any_more(case, officer):
    asked = assessor()
    made = accept(give(case, asked, officer), actor=asked, at=AT)

    with pytest.raises(AllocationRefused, match="in the state “Accepted”"):
        decline(made, reason="Too much to do.", actor=asked, at=AT)


@pytest.mark.parametrize("accepted", [False, True])
def test_standing_down_declares_the_conflict_for_the_whole_file(case, officer, accepted):
    asked = assessor()
    made = give(case, asked, officer)
    if accepted:
        accept(made, actor=asked, at=AT)

    ended = recuse(made, reason="I know these hands.", actor=asked, at=AT)

    declared = ConflictDeclaration.objects.get()
    assert (ended.state, ended.note) == ("recused", "I know these hands.")
    assert (declared.case_file, declared.person, declared.declared_by) == (case.case_file, asked, asked)
    with pytest.raises(AllocationRefused, match="A conflict of interest is declared"):
        give(case, asked, officer)


def test_standing_down_ends_everything_else_of_the_file(case, officer):
    asked = assessor()
    other = handed_in(officer, of=case.case_file)
    elsewhere = give(handed_in(officer), asked, officer)
    also, made = give(other, asked, officer), give(case, asked, officer)

    recuse(made, reason="I know these hands.", actor=asked, at=AT)

    for piece, state in ((also, "recused"), (elsewhere, "offered")):
        piece.refresh_from_db()
        assert piece.state == state


# Lapsing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state"),
    [(AT + WEEK - SECOND_OF_TIME, "offered"), (AT + WEEK, "lapsed"), (AT + WEEK + SECOND_OF_TIME, "lapsed")],
    ids=["second before", "due", "second after"],
)
def test_an_offer_lapses_after_seven_days(case, officer, at, state):
    made = give(case, assessor(), officer)

    lapse(at)

    made.refresh_from_db()
    assert made.state == state


@pytest.mark.parametrize(
    ("after", "state"),
    [(WEEK - SECOND_OF_TIME, "accepted"), (WEEK, "lapsed")],
    ids=["second before", "due"],
)
def test_a_lease_lapses_seven_days_after_acceptance(case, officer, after, state):
    asked, accepted_at = assessor(), AT + dt.timedelta(days=2)
    made = accept(give(case, asked, officer), actor=asked, at=accepted_at)

    lapse(accepted_at + after)

    made.refresh_from_db()
    assert made.state == state


def test_lapsing_counts_and_tells_once(case, officer):
    asked = assessor()
    give(case, asked, officer)

    assert [lapse(AT + WEEK), lapse(AT + WEEK)] == [1, 0]
    (mail,) = mails("marking_lapsed")
    assert (mail.user, mail.subject) == (asked, f"Lapsed: case {case.ref}")


def test_a_draft_outlives_its_lease(case, officer):
    """K16."""
    asked = assessor()
    made = accept(give(case, asked, officer), actor=asked, at=AT)
    draft = {"levels": {"R01": {"level": 3, "reason": "", "faults": [], "comment": ""}}}
    Assessment.objects.filter(allocation=made).update(draft=draft)
    later = AT + WEEK
    lapse(later)

    again = accept(give(case, asked, officer, at=later), actor=asked, at=later)

    assert again.assessment.draft == draft


def test_a_draft_is_nobody_elses(case, officer):
    asked, other = assessor(), assessor()
    made = accept(give(case, asked, officer), actor=asked, at=AT)
    Assessment.objects.filter(allocation=made).update(draft={"feedback": "Fine."})
    recall(made, reason="On sick leave.", officer=officer, at=AT)

    taken = accept(give(case, other, officer), actor=other, at=AT)

    assert taken.assessment.draft == {}


@pytest.mark.django_db(transaction=True)
def test_a_lapse_and_an_acceptance_at_once_leave_one_of_them(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    together(
        lambda: accept(made, actor=asked, at=AT + WEEK - SECOND_OF_TIME),
        lambda: lapse(AT + WEEK),
    )

    made.refresh_from_db()
    assert (made.state, Assessment.objects.count()) in {("accepted", 1), ("lapsed", 0)}
