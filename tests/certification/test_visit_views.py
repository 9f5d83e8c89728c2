"""The pages of a case's visits."""

import datetime as dt
import re

import pytest
import time_machine

from certification.models import SessionLog
from tests.certification.test_case_views import queries, text
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    TODAY,
    case,
    case_file,
    observation,
    ready_case,
    visit,
)
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY

pytestmark = pytest.mark.django_db
LATER = AT + 30 * DAY

FULL = {
    "kind": "session",
    "visited_on": "2026-03-10",
    "began": "10:00",
    "ended": "11:45",
    "operator": "candidate",
    "supervision": "trainer",
    "place": "North Street Studio",
    "needles": ["single", "other"],
    "needle_other": "Five-point",
    "needle_lot": "N-20",
    "needle_expires_on": "2028-01-31",
    "machine": "Rotary",
    "speed": "7 V",
    "pigment": "Grey",
    "pigment_lot": "G-77",
    "pigment_expires_on": "2028-01-31",
    "dilution": "1:8",
    "numbing": "Lidocaine cream",
    "numbing_percent": "4",
    "zones": "Crown",
    "dots_estimate": "2500",
    "technique": "Single dots.",
    "skin_reaction": "Redness",
    "incident": "True",
    "incident_text": "A needlestick, washed and reported.",
    "aftercare_given": "on",
}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def made():
    return case(case_file(person(Role.TRAINEE)))


@pytest.fixture
def browser(as_, made):
    return as_(made.practitioner)


def log(of) -> str:
    return f"/cases/{of.ref}/visits/"


def one(found: SessionLog) -> str:
    return f"{log(found.case)}{found.pk}/"


def test_a_visit_is_for_the_owner_of_the_case(client, as_, browser, made):
    found = visit(made)
    strangers = [case_file().candidate, person(Role.TRAINER), person(Role.CERTIFICATION_OFFICER)]

    assert browser.get(one(found)).status_code == 200
    for who in strangers:
        assert as_(who).get(one(found)).status_code == 404
        assert as_(who).post(one(found), FULL).status_code == 404
        assert as_(who).post(f"{one(found)}remove/").status_code == 404
    assert client.get(one(found)).url == f"/accounts/login/?next={one(found)}"
    assert client.post(f"{one(found)}remove/").url.startswith("/accounts/login/?next=")
    assert SessionLog.objects.get().zones == "Scar and surround"


def test_a_visit_is_found_under_its_own_case_only(browser, made):
    found, other = visit(made), case(made.case_file, client_code="R-010")

    assert browser.get(f"{log(other)}{found.pk}/").status_code == 404
    assert browser.post(f"{log(other)}{found.pk}/", FULL).status_code == 404
    assert browser.post(f"{log(other)}{found.pk}/remove/").status_code == 404
    assert SessionLog.objects.count() == 1


def test_everything_about_a_visit_is_kept(browser, made):
    answer = browser.post(f"{log(made)}add/", FULL)

    kept = made.visits.get()
    assert answer.url == one(kept)
    assert (kept.began, kept.ended, kept.minutes) == (dt.time(10), dt.time(11, 45), 105)
    assert (kept.needles, kept.needle_other) == (["single", "other"], "Five-point")
    assert (kept.needle_expires_on, kept.pigment_expires_on) == (dt.date(2028, 1, 31),) * 2
    assert (str(kept.numbing_percent), kept.dots_estimate) == ("4.0", 2500)
    assert (kept.incident, kept.aftercare_given) == (True, True)
    for name in (
        "kind",
        "operator",
        "supervision",
        "place",
        "machine",
        "speed",
        "pigment",
        "zones",
        "incident_text",
    ):
        assert getattr(kept, name) == FULL[name]


def test_what_is_kept_stands_in_the_form_again(browser, made):
    browser.post(f"{log(made)}add/", FULL)
    kept = made.visits.get()

    form = browser.get(one(kept)).context["form"]
    sent = {name: form[name].value() for name in FULL}
    browser.post(one(kept), {**FULL, "zones": "Temples"})

    assert (sent["began"], sent["incident"], sent["needles"]) == (dt.time(10), True, ["single", "other"])
    assert (
        len(re.findall(rb"<input[^>]* checked", browser.get(one(kept)).content)) == 6
    )  # Two cartridges, three choices, a tick.
    assert SessionLog.objects.get().zones == "Temples"


def test_kind_and_day_are_enough(browser, made):
    browser.post(f"{log(made)}add/", {"kind": "consultation", "visited_on": "2026-05-04", "go_on": "1"})

    assert made.visits.get().incident is None
    shown = text(browser.get(log(made)))
    assert "Consultation 4 May 2026" in shown
    assert "Complete" in shown


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kind": ""}, "Choose the kind of visit."),
        ({"kind": "party"}, "Select a valid choice."),
        ({"visited_on": ""}, "Give the day of the visit."),
        ({"visited_on": "1999-12-31"}, "Check the year: 1999 cannot be meant."),
        ({"visited_on": "2026-05-05"}, "The day lies in the future. Log the visit after it took place."),
        ({"ended": "10:00"}, "The visit ends before it begins. Correct one of the times."),
        ({"ended": "25:00"}, "Enter a valid time."),
        ({"needle_expires_on": "2100-01-01"}, "Check the year: 2100 cannot be meant."),
        ({"numbing_percent": "101"}, "less than or equal to 100"),
        ({"numbing_percent": "-1"}, "greater than or equal to 0"),
        ({"dots_estimate": "99999999999999999999"}, "less than or equal to 1000000"),
        ({"zones": "x" * 301}, "at most 300 characters"),
        ({"technique": "x" * 2001}, "at most 2000 characters"),
        ({"place": "a\x00b"}, "Null characters are not allowed."),
        ({"needles": ["nail"]}, "Select a valid choice."),
    ],
)
def test_a_refused_visit_keeps_what_was_typed(browser, made, changed, sentence):
    answer = browser.post(f"{log(made)}add/", {**FULL, **changed})

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert answer.context["form"]["machine"].value() == "Rotary"
    assert made.visits.count() == 0


@pytest.mark.parametrize("day", ["2000-01-01", "2026-05-04"])
def test_the_first_and_the_last_day_are_taken(browser, made, day):
    browser.post(f"{log(made)}add/", {**FULL, "visited_on": day})

    assert made.visits.get().visited_on.isoformat() == day


def test_a_double_click_logs_one_visit(browser, made):
    for _ in range(2):
        browser.post(f"{log(made)}add/", FULL)

    assert made.visits.count() == 1


def test_the_log_says_what_each_visit_lacks(browser, made):
    visit(made, place="", zones="")
    visit(made, kind="consultation", on=LAST_SESSION - DAY)

    shown = text(browser.get(log(made)))

    assert "Treatment session 10 March 2026 · 105 minutes 2 missing" in shown
    assert "Complete the treatment session of 10 March 2026: the place, the zones." in shown


def test_a_visit_says_what_it_lacks(browser, made):
    assert "2 things missing here before hand-in The place, the zones." in text(
        browser.get(one(visit(made, place="", zones="")))
    )


def test_a_visit_is_taken_out(browser, made):
    found = visit(made)

    answer = browser.post(f"{one(found)}remove/", follow=True)

    assert "The visit is taken out." in text(answer)
    assert made.visits.count() == 0


def test_a_visit_is_not_taken_out_by_a_link(browser, made):
    assert browser.get(f"{one(visit(made))}remove/").status_code == 405


def test_an_observed_visit_says_that_it_stays(browser, made):
    found = visit(made)
    observation(found)

    shown = browser.get(one(found))
    answer = browser.post(f"{one(found)}remove/", follow=True)

    assert b"Take it out" not in shown.content
    assert "An observer has signed for this visit, so it stays." in text(shown)
    assert "An observer has signed for this visit, so it stays." in text(answer)
    assert "Observed and signed" in text(browser.get(log(made)))
    assert made.visits.count() == 1


def test_the_day_of_an_observed_visit_is_refused_and_the_rest_stays_typed(browser, made):
    found = visit(made)
    observation(found)

    answer = browser.post(one(found), {**FULL, "visited_on": "2026-03-11"})

    assert "An observer has signed for this visit, so its kind and day stay." in text(answer)
    assert answer.context["form"]["zones"].value() == "Crown"
    assert SessionLog.objects.get().zones == "Scar and surround"


# After hand-in ------------------------------------------------------------------------------------


def test_after_hand_in_a_session_is_read_only(as_):
    made = ready_case(state="handed_in")
    browser, found = as_(made.practitioner), made.visits.get()

    for answer in (browser.get(one(found)), browser.post(one(found), FULL)):
        assert "This case is handed in." in text(answer)
        assert "Zones worked Scar and surround" in text(answer)
        assert b"Save and go on" not in answer.content
    assert "This case is handed in." in text(browser.post(f"{one(found)}remove/", follow=True))
    assert SessionLog.objects.get().zones == "Scar and surround"


def test_after_hand_in_only_reviews_and_touch_ups_are_offered(as_):
    made = ready_case(state="handed_in")
    browser = as_(made.practitioner)

    form = browser.get(f"{log(made)}add/").context["form"]
    refused = browser.post(f"{log(made)}add/", FULL)
    browser.post(f"{log(made)}add/", {**FULL, "kind": "touch_up", "visited_on": TODAY.isoformat()})

    assert [value for value, _ in form.fields["kind"].choices] == ["", "healed_review", "touch_up"]
    assert "Select a valid choice." in text(refused)
    assert [each.kind for each in made.visits.all()] == ["session", "touch_up"]


def test_a_review_logged_after_hand_in_can_be_corrected(as_):
    made = ready_case(state="handed_in")
    sent = {"kind": "healed_review", "visited_on": TODAY.isoformat()}

    with time_machine.travel(LATER):
        browser = as_(made.practitioner)
        browser.post(f"{log(made)}add/", sent)
        found = made.visits.get(kind="healed_review")
        browser.post(one(found), {**sent, "skin_reaction": "None"})

    found.refresh_from_db()
    assert found.skin_reaction == "None"


@pytest.mark.parametrize("state", ["healed_marking", "released"])
def test_when_everything_is_in_no_visit_is_logged(as_, state):
    made = ready_case(state=state)
    browser = as_(made.practitioner)

    answer = browser.post(f"{log(made)}add/", {**FULL, "kind": "touch_up"})

    assert b"Log a visit</a>" not in browser.get(log(made)).content
    assert b"Save and go on" not in answer.content
    assert made.visits.count() == 1


def test_the_log_needs_as_many_queries_for_three_visits_as_for_one(browser, made):
    visit(made)
    first = queries(browser, log(made))
    for days in (1, 2):
        visit(made, on=LAST_SESSION - days * DAY)

    assert (first, queries(browser, log(made))) == (6, 6)
