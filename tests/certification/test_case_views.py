"""A candidate's list of cases, and the pages on which one is written down."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.models import ProcedureCase, SessionLog
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    PhotoFactory,
    application,
    case,
    case_file,
    document,
    ready_case,
    visit,
)
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY

pytestmark = pytest.mark.django_db
HEALED_FROM = LAST_SESSION + 28 * DAY
PAGES = ["about", "screen", "plan", "aftercare", "healed"]
PROCEDURE_PAGES = PAGES[:-1]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def file():
    return case_file(person(Role.TRAINEE, legal_name="Tara Novak"))


@pytest.fixture
def browser(as_, file):
    return as_(file.candidate)


def queries(browser, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def page(of: ProcedureCase, name: str) -> str:
    return f"/cases/{of.ref}/{name}/"


def now(of: ProcedureCase) -> ProcedureCase:
    return ProcedureCase.objects.get(pk=of.pk)


def facts_of(of: ProcedureCase) -> dict[str, str]:
    """What the page about the client sends."""
    return {"treatment": of.treatment, "corrects": of.corrects, "client_code": of.client_code}


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAGES, "visits", "visits/add"])
def test_a_page_is_for_the_owner_of_the_case(client, as_, browser, file, name):
    address = page(case(file), name)
    strangers = [case_file().candidate, person(Role.TRAINEE), person(Role.TRAINER), person(Role.ASSESSOR)]

    assert browser.get(address).status_code == 200
    assert [as_(who).get(address).status_code for who in strangers] == [404] * 4
    assert client.get(address).url == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("name", [*PAGES, "visits/add"])
def test_nobody_else_writes_in_a_case(client, as_, file, name):
    made = case(file)
    before = ProcedureCase.objects.filter(pk=made.pk).values().get()
    sent = {"plan": "Mine.", "retention_note": "Mine.", "kind": "session", "visited_on": "2026-05-01"}
    strangers = [case_file().candidate, person(Role.TRAINER)]

    assert [as_(who).post(page(made, name), sent).status_code for who in strangers] == [404] * 2
    assert client.post(page(made, name), sent).url.startswith("/accounts/login/?next=")
    assert ProcedureCase.objects.filter(pk=made.pk).values().get() == before
    assert made.visits.count() == 0


@pytest.mark.parametrize("address", ["/cases/", "/cases/new/"])
def test_the_list_is_for_trainees(client, as_, browser, address):
    assert browser.get(address).status_code == 200
    assert as_(person(Role.TRAINER)).get(address).status_code == 404
    assert as_(person()).get(address).status_code == 404
    assert client.get(address).url == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("address", ["/cases/", "/cases/new/", "about", "screen"])
def test_nothing_of_a_case_is_cached(browser, file, address):
    address = address if "/" in address else page(case(file), address)

    assert "no-store" in browser.get(address)["Cache-Control"]


# Before admission ---------------------------------------------------------------------------------


def test_without_an_application_the_list_leads_to_one(as_):
    shown = as_(person(Role.TRAINEE)).get("/cases/")

    assert "Cases come after admission" in text(shown)
    assert b'href="/cases/application/"' in shown.content


@pytest.mark.parametrize(
    ("facts", "heading"),
    [
        ({"state": "draft", "submitted_at": None}, "Your application is a draft"),
        ({"state": "submitted"}, "Your application is with the office"),
        ({"state": "more_info", "answer": "The end date."}, "The office asks for more"),
        ({"state": "rejected", "answer": "Too soon.", "decided_at": AT}, "Your application was rejected"),
    ],
)
def test_before_admission_the_list_says_how_the_application_stands(as_, facts, heading):
    made = application(**facts)

    shown = as_(made.candidate).get("/cases/")

    assert heading in text(shown)
    assert b'href="/cases/application/"' in shown.content


def test_nobody_begins_a_case_before_admission(as_):
    browser = as_(person(Role.TRAINEE))

    answer = browser.post("/cases/new/", {"treatment": "crown", "client_code": "D-041"}, follow=True)

    assert "Cases are begun once you are admitted to assessment." in text(answer)
    assert ProcedureCase.objects.count() == 0


# The list -----------------------------------------------------------------------------------------


def test_an_empty_file_offers_the_first_case(browser):
    shown = text(browser.get("/cases/"))

    assert "0 of 4 cases 0 of 3 treatments 0 of 2 skin bands" in shown
    assert "Begin your first case" in shown


def test_counts_are_of_what_exists(browser, file):
    case(file, fitzpatrick="2")
    case(file, fitzpatrick="1", client_code="R-010")
    case(file, treatment="beard", client_code="R-011")

    assert "3 of 4 cases 2 of 3 treatments 1 of 2 skin bands" in text(browser.get("/cases/"))


def test_other_peoples_cases_are_neither_shown_nor_counted(browser):
    case(client_code="X-999")

    shown = text(browser.get("/cases/"))

    assert "X-999" not in shown
    assert "0 of 4 cases" in shown


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, "Begun on 4 May 2026 Next: the client."),
        ({"state": "returned"}, "Handed in on 4 May 2026 The office asks: “Add the labels.”"),
        ({"state": "healed_marking"}, "You need do nothing now."),
        ({"state": "quality_hold"}, "You need do nothing now. Being graded"),
        ({"state": "released"}, "The result is out. Result released"),
    ],
)
def test_a_case_says_what_to_do_next(browser, file, facts, says):
    case(file, **facts)

    assert says in text(browser.get("/cases/"))


def test_a_record_that_is_written_goes_on_with_photographs_and_papers(browser, file):
    ready_case(file)

    assert "The record is written. Next: photographs, papers and hand-in." in text(browser.get("/cases/"))


def test_a_clearance_on_file_closes_the_health_screen_in_the_list(browser, file):
    made = ready_case(file)
    browser.post(page(made, "screen"), {"q_heart": "yes", "q_heart_note": "A valve, since 2011."})
    assert "Next: health screen." in text(browser.get("/cases/"))

    document(made, "clearance")

    assert "The record is written." in text(browser.get("/cases/"))


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (HEALED_FROM - DAY, "Healed photographs count from 7 April 2026 on."),
        (HEALED_FROM, "Next: the healed photographs."),
        (HEALED_FROM + DAY, "Next: the healed photographs."),
    ],
    ids=["day before", "first day", "day after"],
)
def test_a_case_handed_in_says_from_when_it_is_healed(as_, day, says):
    made = ready_case(state="handed_in")

    with time_machine.travel(dt.datetime.combine(day, dt.time(9), tzinfo=dt.UTC)):
        assert says in text(as_(made.practitioner).get("/cases/"))


def test_the_list_needs_as_many_queries_for_three_cases_as_for_one(browser, file):
    ready_case(file)
    one = queries(browser, "/cases/")
    for number in range(2):
        ready_case(file, client_code=f"R-02{number}")

    assert (one, queries(browser, "/cases/")) == (9, 9)


# A new case ---------------------------------------------------------------------------------------


def test_a_case_is_begun_and_goes_on_with_the_client(browser, file):
    answer = browser.post("/cases/new/", {"treatment": "crown", "client_code": "D-041"})

    made = file.procedure_cases.get()
    assert answer.url == page(made, "about")
    assert f"Case {made.ref} is begun." in text(browser.get(answer.url))


def test_the_same_case_begun_again_is_found_again(browser, file):
    made = case(file, treatment="crown", client_code="D-041")

    with time_machine.travel(AT + DAY):
        answer = browser.post("/cases/new/", {"treatment": "crown", "client_code": "D-041"}, follow=True)

    assert f"This client and treatment are your case {made.ref} already." in text(answer)
    assert file.procedure_cases.count() == 1


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"treatment": "", "client_code": "D-041"}, "Treatment: Choose the treatment."),
        ({"treatment": "crown", "client_code": ""}, "Enter your own code for the client, for example D-041."),
        ({"treatment": "shave", "client_code": "D-041"}, "Select a valid choice."),
        ({"treatment": "crown", "client_code": "J. Smith"}, "Use 3 to 20 letters, digits and hyphens"),
        ({"treatment": "crown", "client_code": "Smith"}, "This could be a name. Use a code such as D-041."),
        ({"treatment": "crown", "client_code": "Novak-1"}, "Your own name stands in this code."),
        ({"treatment": "correction", "client_code": "D-041"}, "Choose the treatment that is corrected."),
        ({"treatment": "crown", "client_code": "D-\x00041"}, "Null characters are not allowed."),
    ],
)
def test_a_refused_beginning_keeps_what_was_typed(browser, file, sent, sentence):
    answer = browser.post("/cases/new/", sent)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert file.procedure_cases.count() == 0
    assert answer.context["form"]["client_code"].value() == sent["client_code"]


# Writing ------------------------------------------------------------------------------------------

SENT = {
    "about": {"treatment": "fut_scar", "client_code": "R-009"},
    "screen": {"q_age": "yes"},
    "plan": {"plan": ""},
    "aftercare": {"reflection": "Three words only."},
    "healed": {"retention_note": ""},
}
FOLLOWING = {"about": "screen/", "screen": "plan/", "plan": "visits/", "aftercare": "photos/", "healed": ""}


@pytest.mark.parametrize("name", PAGES)
def test_a_draft_with_gaps_is_saved(browser, file, name):
    made = case(file)

    answer = browser.post(page(made, name), SENT[name])

    assert answer.url == page(made, name)
    assert "Saved:" in text(browser.get(answer.url))


@pytest.mark.parametrize("name", PAGES)
def test_save_and_go_on_leads_to_the_next_page(browser, file, name):
    made = case(file)

    answer = browser.post(page(made, name), {**SENT[name], "go_on": "1"})

    assert answer.url == f"/cases/{made.ref}/{FOLLOWING[name]}"


def test_everything_about_the_client_is_kept(browser, file):
    made = case(file)
    facts = {
        "treatment": "hairline",
        "client_code": "D-041",
        "age_band": "35_44",
        "sex": "man",
        "loss": "norwood:IIIV",
        "fitzpatrick": "3",
        "history_summary": "Ten years.",
    }

    browser.post(page(made, "about"), facts)

    kept = now(made)
    assert (kept.treatment, kept.client_code, kept.age_band, kept.sex) == ("hairline", "D-041", "35_44", "man")
    assert (kept.scale, kept.stage, kept.skin_band) == ("norwood", "IIIV", "medium")
    assert kept.history_summary == "Ten years."
    assert browser.get(page(made, "about")).context["form"]["loss"].value() == "norwood:IIIV"


@pytest.mark.parametrize("loss", ["norwood:", "norwood:5", "none:V", "ludwig:IV", "x"])
def test_a_stage_of_another_scale_cannot_be_chosen(browser, file, loss):
    made = case(file)

    answer = browser.post(page(made, "about"), {**facts_of(made), "loss": loss})

    assert "Select a valid choice." in text(answer)
    assert now(made).scale == ""


def test_a_scar_has_no_scale(browser, file):
    made = case(file)

    browser.post(page(made, "about"), {**facts_of(made), "loss": "none:"})

    assert (now(made).scale, now(made).stage) == ("none", "")


def test_another_treatment_is_refused_once_there_are_photographs(browser, file):
    made = case(file)
    PhotoFactory(case=made)

    answer = browser.post(page(made, "about"), {**facts_of(made), "treatment": "crown", "sex": "woman"})

    assert "Photographs are in this case, and each treatment asks for its own." in text(answer)
    assert answer.context["form"]["sex"].value() == "woman"
    assert now(made).sex == ""


def test_fields_of_other_pages_and_of_the_office_are_not_taken(browser, file):
    made = case(file)

    browser.post(
        page(made, "plan"),
        {"plan": "Two sessions.", "position": "1", "state": "released", "treated_under": "clear", "sex": "man"},
    )

    kept = now(made)
    assert (kept.plan, kept.position, kept.treated_under, kept.sex) == ("Two sessions.", None, "", "")
    assert kept.submissions.get().state == "draft"


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("1999-12-31", "Check the year: 1999 cannot be meant."),
        ("0206-05-04", "Check the year: 206 cannot be meant."),
        ("2026-05-05", "The day lies in the future."),
        ("2026-02-30", "Enter a valid date."),
    ],
)
def test_an_absurd_day_is_refused_and_the_rest_stays(browser, file, day, sentence):
    made = case(file)

    answer = browser.post(page(made, "plan"), {"plan": "Two sessions.", "client_agreed_on": day})

    assert sentence in text(answer)
    assert answer.context["form"]["plan"].value() == "Two sessions."
    assert now(made).plan == ""


def test_today_is_the_day_where_the_candidate_works(as_):
    made = case()
    place = made.case_file.application
    place.time_zone = "Pacific/Kiritimati"
    place._change_reason = "Moved."
    place.save()

    with time_machine.travel(dt.datetime(2026, 5, 4, 11, 0, tzinfo=dt.UTC)):
        as_(made.practitioner).post(page(made, "plan"), {"client_agreed_on": "2026-05-05"})

    assert now(made).client_agreed_on == dt.date(2026, 5, 5)


@pytest.mark.parametrize(
    ("name", "field", "most"),
    [
        ("about", "history_summary", 2000),
        ("plan", "plan", 3000),
        ("aftercare", "contact_log", 3000),
        ("aftercare", "reflection", 8000),
        ("aftercare", "aftercare_sheet", 120),
        ("healed", "retention_note", 3000),
        ("screen", "q_age_note", 1000),
    ],
)
def test_text_has_a_limit_and_takes_no_null(browser, file, name, field, most):
    address = page(case(file), name)

    assert browser.post(address, {**SENT[name], field: "x" * most}).status_code == 302
    assert f"at most {most} characters" in text(browser.post(address, {**SENT[name], field: "x" * (most + 1)}))
    assert "Null characters are not allowed." in text(browser.post(address, {**SENT[name], field: "a\x00b"}))


@pytest.mark.parametrize("count", [0, 1, 149, 150, 600, 601])
def test_the_words_of_a_reflection_are_counted_when_it_is_saved(browser, file, count):
    made = case(file)

    shown = text(browser.post(page(made, "aftercare"), {"reflection": "word " * count}, follow=True))

    assert f"{count} word{'' if count == 1 else 's'} when last saved; 150 to 600 are asked for." in shown


def test_faults_that_one_sees_are_kept(browser, file):
    made = case(file)

    browser.post(page(made, "healed"), {"retention_note": "Even.", "faults_seen": ["into_scar", "patchy"]})

    assert (now(made).retention_note, now(made).faults_seen) == ("Even.", ["into_scar", "patchy"])


def test_two_pages_open_at_once_lose_nothing_of_each_other(browser, file):
    made = case(file)
    for name in PAGES:
        browser.get(page(made, name))

    browser.post(page(made, "plan"), {"plan": "Two sessions."})
    browser.post(page(made, "about"), {**facts_of(made), "sex": "man"})
    browser.post(page(made, "screen"), {"q_age": "yes"})
    browser.post(page(made, "aftercare"), {"contact_log": "Called."})
    browser.post(page(made, "healed"), {"retention_note": "Even."})

    kept = now(made)
    assert (kept.plan, kept.sex, kept.contact_log, kept.retention_note) == (
        "Two sessions.",
        "man",
        "Called.",
        "Even.",
    )
    assert kept.answers == {"q_age": {"value": "yes", "note": ""}}


# The health screen --------------------------------------------------------------------------------


def everything(**answers: str) -> dict[str, str]:
    """Every question answered as expected, but for ``answers``, and the decision part shown."""
    made = ProcedureCase.objects.first()
    expected = {
        q.key: next(c.value for c in q.choices if c.outcome == "clear")
        for q in made.scheme_version.screen.questions
    }
    return {**expected, **answers}


def test_every_question_is_unanswered_at_the_start(browser, file):
    shown = browser.get(page(case(file), "screen"))

    assert "0 of 24 are answered." in text(shown)
    assert re.findall(rb"<input[^>]* checked", shown.content) == []
    assert b'name="treated_under"' not in shown.content


def test_every_question_but_one_has_a_note(browser, file):
    content = browser.get(page(case(file), "screen")).content.decode()

    assert len(re.findall(r'<textarea name="q_\w+_note"', content)) == 23
    assert "q_bbv_note" not in content


def test_answers_are_kept_before_all_are_given(browser, file):
    made = case(file)

    browser.post(page(made, "screen"), {"q_age": "yes", "q_heart": "yes", "q_meds_note": "Ask again."})

    assert now(made).answers == {
        "q_age": {"value": "yes", "note": ""},
        "q_heart": {"value": "yes", "note": ""},
        "q_meds": {"value": "", "note": "Ask again."},
    }
    assert "2 of 24 are answered." in text(browser.get(page(made, "screen")))


def test_an_answer_from_an_older_page_does_not_wipe_a_newer_one(browser, file):
    made = case(file)
    browser.post(page(made, "screen"), {"q_age": "yes"})

    browser.post(page(made, "screen"), {"q_heart": "no"})

    assert {key: given["value"] for key, given in now(made).answers.items()} == {"q_age": "yes", "q_heart": "no"}


@pytest.mark.parametrize(
    ("answers", "word", "because"),
    [
        ({}, "Clear to treat", None),
        ({"q_growth": "stable"}, "Treat with adapted plan", "Any mole, wart or unexplained mark in the area?"),
        ({"q_growth": "stable", "q_diabetes": "yes"}, "Medical clearance needed first", "Diabetes?"),
        ({"q_diabetes": "yes", "q_nursing": "yes"}, "Postpone", "Are you breastfeeding?"),
        (
            {"q_nursing": "yes", "q_keloid": "yes"},
            "Do not treat",
            "Have you ever had a keloid or thick raised scar?",
        ),
    ],
)
def test_the_outcome_is_shown_once_all_is_answered(browser, file, answers, word, because):
    made = case(file)

    shown = browser.post(page(made, "screen"), everything(**answers), follow=True)

    outcome = text(shown).partition("Outcome and decision ")[2]
    assert outcome.startswith(word)
    assert (f"Because of: {because} What you decided" in outcome) is (because is not None)
    assert "Assessors mark this decision; nothing here corrects it." in outcome


@pytest.mark.parametrize("decision", ["clear", "adapt", "clearance"])
def test_a_wrong_decision_is_taken_as_it_was(browser, file, decision):
    made = case(file)
    browser.post(page(made, "screen"), everything(q_keloid="yes", q_keloid_note="On the chest."))

    browser.post(page(made, "screen"), {"decides": "1", "treated_under": decision, **everything(q_keloid="yes")})

    assert now(made).treated_under == decision


def test_that_there_was_no_clearance_is_recorded(browser, file):
    made = case(file)
    browser.post(page(made, "screen"), everything(q_diabetes="yes"))
    assert b'name="without_clearance"' in browser.get(page(made, "screen")).content

    sent = {"decides": "1", "treated_under": "clear", "without_clearance": "on", **everything(q_diabetes="yes")}
    browser.post(page(made, "screen"), sent)

    assert (now(made).treated_under, now(made).without_clearance) == ("clear", True)


def test_the_statement_is_asked_only_when_a_clearance_was_needed(browser, file):
    made = case(file)
    browser.post(page(made, "screen"), everything())

    browser.post(page(made, "screen"), {"decides": "1", "without_clearance": "on", **everything()})

    assert b'name="without_clearance"' not in browser.get(page(made, "screen")).content
    assert now(made).without_clearance is False


def test_a_page_without_the_decision_does_not_wipe_it(browser, file):
    made = case(file)
    browser.post(page(made, "screen"), everything())
    browser.post(page(made, "screen"), {"decides": "1", "treated_under": "clear", **everything()})

    browser.post(page(made, "screen"), everything(q_alcohol="yes"))

    assert now(made).treated_under == "clear"


def test_what_was_said_of_bloodborne_infection_is_not_stored_even_when_sent(browser, file):
    made = case(file)

    browser.post(
        page(made, "screen"), {"q_bbv": "asked", "q_bbv_note": "Hepatitis B", "q_bbv_text": "Hepatitis B"}
    )

    assert now(made).answers == {"q_bbv": {"value": "asked", "note": ""}}
    assert "Hepatitis" not in text(browser.get(page(made, "screen")))
    assert [row for row in made.history.values() if "Hepatitis" in str(row)] == []


# After hand-in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROCEDURE_PAGES)
def test_after_hand_in_a_page_shows_the_record_and_takes_nothing(browser, file, name):
    made = ready_case(file, state="handed_in")
    before = ProcedureCase.objects.filter(pk=made.pk).values().get()

    for answer in (browser.get(page(made, name)), browser.post(page(made, name), SENT[name])):
        assert answer.status_code == 200
        assert "This case is handed in." in text(answer)
        assert b"Save and go on" not in answer.content

    assert ProcedureCase.objects.filter(pk=made.pk).values().get() == before
    assert made.history.count() == 1


def test_the_record_shows_what_was_written(browser, file):
    made = ready_case(file, state="handed_in")

    assert "Client code R-009 Age at the first visit 45–54" in text(browser.get(page(made, "about")))
    assert "Hair loss: scale and stage Not applicable (scar or beard only)" in text(
        browser.get(page(made, "about"))
    )
    assert "Outcome Clear to treat What you decided Treated as planned" in text(browser.get(page(made, "screen")))
    assert "Client agreed to design and plan on 26 February 2026" in text(browser.get(page(made, "plan")))
    assert "I placed all the pigment myself Yes" in text(browser.get(page(made, "aftercare")))


@pytest.mark.parametrize(
    ("state", "is_open"),
    [("handed_in", True), ("healed_awaited", True), ("healed_marking", False), ("released", False)],
)
def test_the_healed_note_stays_open_until_it_is_handed_in(browser, file, state, is_open):
    made = ready_case(file, state=state)

    browser.post(page(made, "healed"), {"retention_note": "Even hold."})

    assert now(made).retention_note == ("Even hold." if is_open else "")
    assert (b"Save and go on" in browser.get(page(made, "healed")).content) is is_open


@pytest.mark.parametrize(("name", "expected"), [("about", 6), ("screen", 6), ("plan", 6), ("aftercare", 6)])
def test_a_page_needs_few_queries(browser, file, name, expected):
    made = ready_case(file)

    assert queries(browser, page(made, name)) == expected


def test_no_page_lists_a_visit_of_another_case(browser, file):
    own, other = case(file), visit(case())

    assert browser.get(f"/cases/{own.ref}/visits/{other.pk}/").status_code == 404
    assert browser.post(f"/cases/{own.ref}/visits/{other.pk}/remove/").status_code == 404
    assert SessionLog.objects.count() == 1
