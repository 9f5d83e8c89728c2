"""The candidate's page of a result, and the pages on which another attempt is begun."""

import json

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.models import Annotation, ProcedureCase, Submission
from certification.releasing import hold
from tests.certification.assessed import (
    CASE_C,
    add_photos,
    assessed,
    correction_of,
    in_marking,
    officer,
    quality_assurer,
    referred_for_real,
    released,
)
from tests.factories.certification import AT, LAST_SESSION, REASON, PhotoFactory, case, case_file
from tests.factories.marking import AT_STANDARD, REASON_TEXT, marks
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
SECRET = "Soft line, well kept."


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def referred() -> ProcedureCase:
    return released(levels=CASE_C).case


def page(of: ProcedureCase, name: str = "") -> str:
    return f"/cases/{of.ref}/result/{name}"


PAGES = ["", "correct/", "replace/"]


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_result_is_for_the_owner_of_the_case(client, as_, referred, name):
    strangers = [person(Role.TRAINEE), person(Role.ASSESSOR), person(Role.TRAINER), officer()]

    assert as_(referred.practitioner).get(page(referred, name)).status_code == 200
    assert [as_(who).get(page(referred, name)).status_code for who in strangers] == [404] * 4
    assert client.get(page(referred, name)).url == f"/accounts/login/?next={page(referred, name)}"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("state", ["handed_in", "procedure_marking", "healed_marking", "assessed", "quality_hold"])
def test_before_release_there_is_no_result(as_, name, state):
    attempt = assessed(levels=CASE_C)
    attempt.state = state
    save_as(attempt, actor=None, reason=REASON, fields=["state"])
    browser = as_(attempt.case.practitioner)

    assert browser.get(page(attempt.case, name)).status_code == 404
    assert browser.post(page(attempt.case, name), {"client_code": "R-021"}).status_code in {404, 405}
    assert Submission.objects.count() == 1


def test_a_result_is_never_cached(as_, referred):
    assert "no-store" in as_(referred.practitioner).get(page(referred))["Cache-Control"]


def test_nobody_else_begins_an_attempt(as_, referred):
    stranger = as_(person(Role.TRAINEE))

    assert stranger.post(page(referred, "correct/")).status_code == 404
    assert stranger.post(page(referred, "replace/"), {"client_code": "R-021"}).status_code == 404
    assert (Submission.objects.count(), ProcedureCase.objects.count()) == (1, 1)


# Until the release no trace (K5) --------------------------------------------------------------------


@pytest.mark.parametrize("is_held", [False, True])
def test_nothing_unreleased_reaches_its_candidate(as_, is_held):
    """Neither a level nor a comment, a total, an outcome or a name of the marker is on any page or in the copy."""
    levels = {**AT_STANDARD, "R01": 4, "R02": 4}
    attempt = assessed(levels=levels, feedback=SECRET)
    if is_held:
        hold(attempt, reason="Held back for a look.", actor=quality_assurer(), at=AT)
    browser, ref = as_(attempt.case.practitioner), attempt.case.ref

    for address in ["/my/", "/cases/", f"/cases/{ref}/", f"/cases/{ref}/photos/", f"/cases/{ref}/hand-in/"]:
        shown = text(browser.get(address, follow=True))
        for word in (SECRET, "68.0", "Passed", "Result of", "Held", "quality review"):
            assert word not in shown, (address, word)
    copied = json.dumps(_copy_of(attempt.case.practitioner))
    for word in (SECRET, "68", "pass", "quality", '"round"'):
        assert word not in copied


def _copy_of(user) -> dict:
    from tests.certification.test_records import copy_of

    return copy_of(user)


# The page -----------------------------------------------------------------------------------------


def test_a_pass_is_told_with_its_points_and_its_band(as_):
    attempt = released(levels=dict.fromkeys(AT_STANDARD, 3), feedback=SECRET)

    shown = text(as_(attempt.case.practitioner).get(page(attempt.case)))

    assert "Passed This case meets the standard and counts for your file." in shown
    assert "Points 80.0 of 100 points Band Merit" in shown
    assert SECRET in shown
    assert "What you can do" not in shown
    assert "What was missing" not in shown


def test_a_referral_says_what_was_missing_and_what_may_follow(as_, referred):
    answer = as_(referred.practitioner).get(page(referred))
    shown = text(answer)

    assert "The total is below 60 points." in shown
    assert REASON_TEXT in shown
    assert "5 criteria are marked again on new evidence; the other levels are carried." in shown
    assert f'href="/cases/{referred.ref}/result/correct/"' in answer.content.decode()
    assert f'href="/cases/{referred.ref}/result/replace/"' in answer.content.decode()


def test_no_assessor_is_named(as_):
    marker = person(Role.ASSESSOR, legal_name="Zacharias Quill", display_name="")
    made = case(case_file(person(Role.TRAINEE)))
    attempt = in_marking(made)
    marks(attempt, AT_STANDARD, by=marker)
    from certification import advancing
    from certification.releasing import release

    advancing.advance(attempt, at=AT)
    release(attempt, actor=officer(), at=AT)

    answer = as_(made.practitioner).get(page(made)).content.decode()

    assert "Zacharias" not in answer
    assert marker.email not in answer


def test_pins_stand_beside_their_photograph(as_):
    made = case(case_file(person(Role.TRAINEE)))
    photo = PhotoFactory(case=made, stage="immediate", view="close")
    attempt = in_marking(made)
    first, *_ = marks(attempt, AT_STANDARD)
    Annotation.objects.create(assessment=first, number=1, photo=photo, x=0.5, y=0.25, text="Spread dot here.")
    from certification import advancing
    from certification.releasing import release

    advancing.advance(attempt, at=AT)
    release(attempt, actor=officer(), at=AT)

    answer = as_(made.practitioner).get(page(made)).content.decode()

    assert f'src="/files/case-photo/{photo.pk}-medium/"' in answer
    assert '<circle cx="50.0%" cy="25.0%"' in answer
    assert "Spread dot here." in answer


def test_an_older_attempt_is_asked_for_by_its_number(as_):
    made = referred_for_real({**AT_STANDARD, "R13": 0})
    correction_of(made)
    in_marking(made)
    released(made, {"R13": 2})
    browser = as_(made.practitioner)

    assert "Attempt 2, released on" in text(browser.get(page(made)))
    assert "Carried from attempt 1 ." in text(browser.get(page(made)))
    assert "Attempt 1, released on" in text(browser.get(page(made) + "?attempt=1"))
    assert browser.get(page(made) + "?attempt=3").status_code == 404
    assert browser.get(page(made) + "?attempt=x").status_code == 404


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_comments(as_, many):
    made = case(case_file(person(Role.TRAINEE)))
    attempt = in_marking(made)
    first, *_ = marks(attempt, AT_STANDARD)
    for number in range(many):
        photo = PhotoFactory(case=made, stage="immediate", view="close")
        Annotation.objects.create(assessment=first, number=number, photo=photo, x=0, y=0, text="Here.")
    from certification import advancing
    from certification.releasing import release

    advancing.advance(attempt, at=AT)
    release(attempt, actor=officer(), at=AT)
    browser = as_(made.practitioner)
    browser.get(page(made))

    with CaptureQueriesContext(connection) as captured:
        assert browser.get(page(made)).status_code == 200
    assert len(captured) == 14


# Correction ---------------------------------------------------------------------------------------


def test_what_a_correction_asks_stands_above_its_button(as_):
    made = referred_for_real({**AT_STANDARD, "R07": 0})

    shown = text(as_(made.practitioner).get(page(made, "correct/")))

    assert "R07 Spacing and pattern" in shown
    assert "Immediately after the session: Close-up with scale, 3 photographs" in shown
    assert "A correction is attempt 2. After it, 1 more is left." in shown


def test_a_correction_is_begun_from_the_result(as_, referred):
    browser = as_(referred.practitioner)

    answer = browser.post(page(referred, "correct/"))

    assert answer.url == f"/cases/{referred.ref}/"
    assert Submission.objects.latest_of(referred).kind == "correction"
    shown = text(browser.get(answer.url))
    assert "Attempt 2: same case corrected" in shown
    assert "What is marked again" in shown
    assert "R08 Depth and skin handling" in shown
    assert "Healed: Close-up with scale, 3 photographs" in shown
    assert "Result of attempt 1" in shown


def test_what_is_not_open_leads_back_to_the_result(as_):
    made = released().case
    browser = as_(made.practitioner)

    for name in ("correct/", "replace/"):
        assert browser.get(page(made, name)).url == page(made)
    answer = browser.post(page(made, "correct/"), follow=True)
    assert "Only a referred case is corrected or replaced." in text(answer)


def test_the_photographs_page_asks_for_new_ones_and_keeps_the_old(as_):
    made = referred_for_real({**AT_STANDARD, "R07": 0})
    correction_of(made)
    browser = as_(made.practitioner)

    assert "3 photographs missing before hand-in." in text(browser.get(f"/cases/{made.ref}/photos/"))
    add_photos(made, *[("immediate", "close", LAST_SESSION)] * 3)
    assert "Every photograph is here." in text(browser.get(f"/cases/{made.ref}/photos/"))


# Replacement --------------------------------------------------------------------------------------


def test_a_correction_that_is_begun_may_be_left_for_a_replacement(as_, referred):
    browser = as_(referred.practitioner)
    browser.post(f"/cases/{referred.ref}/result/correct/")

    page = text(browser.get(f"/cases/{referred.ref}/result/"))

    assert "The correction that is begun ends with it" in page
    assert "Correct this case" not in page


def test_a_replacement_is_begun_with_another_client(as_, referred):
    browser = as_(referred.practitioner)

    answer = browser.post(page(referred, "replace/"), {"client_code": "R-021"})

    made = ProcedureCase.objects.get(replaces=referred)
    assert answer.url == f"/cases/{made.ref}/about/"
    assert f"in the place of case {referred.ref}" in text(browser.get(f"/cases/{made.ref}/"))
    assert f"Replaced by another case Case {made.ref} has taken its place" in text(
        browser.get(f"/cases/{referred.ref}/")
    )
    assert "Another case has taken its place. Replaced by another case" in text(browser.get("/cases/"))


def test_a_refusal_keeps_what_was_typed(as_, referred):
    answer = as_(referred.practitioner).post(page(referred, "replace/"), {"client_code": "R-009"})

    assert "A replacement shows another client, and R-009 is the client of this case." in text(answer)
    assert 'value="R-009"' in answer.content.decode()


# Lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (AT_STANDARD, "It counts for your file. Read the result. Passed"),
        (CASE_C, "Next: read the result. It says whether to correct or to replace this case. Referred (resubmit)"),
    ],
)
def test_the_list_tells_a_released_result(as_, levels, words):
    made = released(levels=levels).case

    answer = as_(made.practitioner).get("/cases/")

    assert words in text(answer)
    assert f'href="/cases/{made.ref}/result/"' in answer.content.decode()


def test_a_case_that_cannot_count_is_not_counted(as_):
    made = released(levels=CASE_C).case
    browser = as_(made.practitioner)
    assert "1 of 4 cases" in text(browser.get("/cases/"))
    browser.post(page(made, "replace/"), {"client_code": "R-021"})

    assert "1 of 4 cases" in text(browser.get("/cases/"))


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_results(as_, many):
    owner = person(Role.TRAINEE)
    file = case_file(owner)
    for number in range(many):
        released(case(file, client_code=f"R-{number:03}"), CASE_C)
    browser = as_(owner)
    browser.get("/cases/")

    with CaptureQueriesContext(connection) as captured:
        assert browser.get("/cases/").status_code == 200
    assert len(captured) == 9


def test_a_result_waits_on_my_page(as_, referred):
    shown = text(as_(referred.practitioner).get("/my/"))

    assert f"Result of case {referred.ref}" in shown
    assert "Referred. Read what was missing, then correct or replace it." in shown
