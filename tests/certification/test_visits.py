"""The log of visits."""

import datetime as dt

import pytest
import time_machine

from certification import keeping
from certification.errors import CaseRefused
from certification.models import ObserverAppointment, SessionLog
from certification.values import SubmissionState, VisitKind
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    REASON,
    TODAY,
    case,
    observation,
    visit,
)
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import crypto
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
LATER = AT + 30 * DAY


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


def log(of, kind: str = "session", on: dt.date = TODAY, actor: object = None, **facts: object) -> SessionLog:
    facts = {"kind": kind, "visited_on": on, **facts}
    return keeping.log_visit(of, facts, actor=actor or of.practitioner, today=TODAY)


def change(found: SessionLog, today: dt.date = TODAY, actor: object = None, **facts: object) -> SessionLog:
    return keeping.change_visit(found, facts, actor=actor or found.case.practitioner, today=today)


def appoint(to: SessionLog) -> ObserverAppointment:
    made = ObserverAppointment(
        visit=to,
        name="Olu Ade",
        qualification="SMP trainer",
        sealed_email=crypto.encrypt("olu@example.org"),
        appointed_by=person(Role.CERTIFICATION_OFFICER),
        appointed_at=AT,
    )
    return save_as(made, actor=made.appointed_by, reason=REASON)


def test_kind_and_day_are_enough_to_log_a_visit():
    logged = log(case())

    assert (logged.kind, logged.visited_on, logged.incident) == ("session", TODAY, None)
    assert logged.history.get().history_user == logged.case.practitioner


@pytest.mark.parametrize(
    ("on", "is_taken"),
    [(TODAY - DAY, True), (TODAY, True), (TODAY + DAY, False)],
    ids=["before", "today", "after"],
)
def test_a_visit_is_logged_after_it_took_place(on, is_taken):
    made = case()

    if is_taken:
        log(made, on=on)
    else:
        with pytest.raises(CaseRefused, match=r"The day lies in the future\. Log the visit after it took place\."):
            log(made, on=on)

    assert made.visits.count() == is_taken


def test_the_same_visit_sent_twice_is_kept_once():
    made = case()

    assert log(made, zones="Crown") == log(made, zones="Crown")
    assert log(made, zones="Temples") != log(made, zones="Crown")
    assert made.visits.count() == 2


def test_nobody_logs_in_somebody_elses_case():
    with pytest.raises(CaseRefused, match=r"Only its owner changes a case\."):
        log(case(), actor=person(Role.TRAINEE))


@pytest.mark.parametrize("field", ["case", "id", "observation"])
def test_other_fields_are_never_written_of_a_visit(field):
    with pytest.raises(TypeError, match=field):
        log(case(), **{field: 1})


@pytest.mark.parametrize("kind", list(VisitKind), ids=str)
@pytest.mark.parametrize(
    ("state", "opened"),
    [
        (SubmissionState.DRAFT, set(VisitKind)),
        (SubmissionState.RETURNED, set(VisitKind)),
        (SubmissionState.HANDED_IN, {VisitKind.HEALED_REVIEW, VisitKind.TOUCH_UP}),
        (SubmissionState.HEALED_AWAITED, {VisitKind.HEALED_REVIEW, VisitKind.TOUCH_UP}),
        (SubmissionState.HEALED_MARKING, set()),
        (SubmissionState.RELEASED, set()),
    ],
)
def test_after_hand_in_only_reviews_and_touch_ups_are_logged(state, opened, kind):
    made = case(state=state)

    if kind in opened:
        assert log(made, kind).kind == kind
    else:
        with pytest.raises(CaseRefused, match=r"This case is handed in|The result of this case is released"):
            log(made, kind)


def test_a_change_saves_only_the_named_facts():
    found = visit(case())
    stale = SessionLog.objects.get(pk=found.pk)

    change(found, zones="Crown")
    change(stale, dilution="1:10")

    found.refresh_from_db()
    assert (found.zones, found.dilution) == ("Crown", "1:10")


def test_a_visit_is_not_moved_into_the_future():
    with pytest.raises(CaseRefused, match=r"The day lies in the future\."):
        change(visit(case()), visited_on=TODAY + DAY)


@pytest.mark.parametrize("facts", [{"kind": "touch_up"}, {"visited_on": LAST_SESSION - DAY}])
def test_kind_and_day_of_an_observed_visit_stay(facts):
    found = visit(case())
    observation(found)

    with pytest.raises(CaseRefused, match=r"An observer has signed for this visit, so its kind and day stay\."):
        change(found, **facts)


@pytest.mark.parametrize("facts", [{"kind": "touch_up"}, {"visited_on": LAST_SESSION - DAY}])
def test_kind_and_day_of_a_visit_stay_while_an_observer_is_appointed(facts):
    found = visit(case())
    appoint(found)

    with pytest.raises(CaseRefused, match=r"An observer is appointed for this visit, so its kind and day stay\."):
        change(found, **facts)


def test_the_rest_of_an_observed_visit_can_be_corrected():
    found = visit(case())
    observation(found)

    assert change(found, kind="session", visited_on=LAST_SESSION, zones="Scar").zones == "Scar"


def test_a_stranger_neither_changes_nor_removes_a_visit():
    found, stranger = visit(case()), person(Role.TRAINEE)

    with pytest.raises(CaseRefused, match="Only its owner"):
        change(found, actor=stranger, zones="Mine")
    with pytest.raises(CaseRefused, match="Only its owner"):
        keeping.remove_visit(found, actor=stranger)


def test_a_visit_can_be_taken_out_and_its_history_stays():
    found = visit(case())
    pk, practitioner = found.pk, found.case.practitioner

    keeping.remove_visit(found, actor=practitioner)

    newest = SessionLog.history.filter(id=pk).first()
    assert SessionLog.objects.count() == 0
    assert (newest.history_type, newest.history_user) == ("-", practitioner)


def test_an_observed_visit_stays():
    found = visit(case())
    observation(found)

    with pytest.raises(CaseRefused, match=r"An observer has signed for this visit, so it stays\."):
        keeping.remove_visit(found, actor=found.case.practitioner)


@pytest.mark.parametrize("ended_at", [None, AT], ids=["runs", "has ended"])
def test_a_visit_with_an_appointed_observer_stays(ended_at):
    found = visit(case())
    appointed = appoint(found)
    appointed.ended_at = ended_at
    save_as(appointed, actor=None, reason=REASON)

    with pytest.raises(CaseRefused, match=r"The office has appointed an observer to this visit, so it stays\."):
        keeping.remove_visit(found, actor=found.case.practitioner)


def test_a_visit_that_is_gone_already_is_said_to_be_gone():
    found = visit(case())
    keeping.remove_visit(SessionLog.objects.get(pk=found.pk), actor=found.case.practitioner)

    with pytest.raises(CaseRefused, match=r"This visit is no longer there\. Log it again\."):
        change(found, zones="Crown")


# After hand-in ------------------------------------------------------------------------------------


def test_a_session_that_was_handed_in_neither_changes_nor_goes():
    found = visit(case(state="handed_in"))

    with pytest.raises(CaseRefused, match=r"This case is handed in\."):
        change(found, zones="Crown")
    with pytest.raises(CaseRefused, match=r"This case is handed in\."):
        keeping.remove_visit(found, actor=found.case.practitioner)


@pytest.mark.parametrize("kind", ["healed_review", "touch_up"])
def test_a_review_or_touch_up_that_was_handed_in_stays_as_it_was(kind):
    found = visit(case(state="handed_in"), kind=kind)

    with time_machine.travel(LATER):
        with pytest.raises(CaseRefused, match=r"This visit was handed in with the case, and stays as it was\."):
            change(found, zones="Crown")
        with pytest.raises(CaseRefused, match="This visit was handed in with the case"):
            keeping.remove_visit(found, actor=found.case.practitioner)


def test_a_review_logged_after_hand_in_can_be_corrected_and_taken_out():
    made = case(state="handed_in")

    with time_machine.travel(LATER):
        found = log(made, "healed_review")
        change(found, skin_reaction="None")
        keeping.remove_visit(found, actor=made.practitioner)

    assert made.visits.count() == 0


def test_a_review_logged_after_hand_in_is_not_turned_into_a_session():
    made = case(state="handed_in")

    with time_machine.travel(LATER):
        found = log(made, "healed_review")
        with pytest.raises(CaseRefused, match=r"This case is handed in\."):
            change(found, kind="session")


def test_a_returned_case_opens_every_visit_again():
    found = visit(case(state="returned"), kind="touch_up")

    assert change(found, kind="session").kind == "session"
