"""Results in the office: marks side by side, release, hold, the end of a review; cards of those who decide."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification import advancing
from certification.advancing import advance
from certification.models import QualityReview, Result, Submission
from certification.office.results import panel
from certification.quality_cards import open_holds, results_to_release
from certification.releasing import end_review, hold, release
from tests.certification.assessed import CASE_C, assessed, in_marking, officer, quality_assurer, released
from tests.factories.certification import AT, REASON, case, case_file
from tests.factories.marking import AT_STANDARD, REASON_TEXT, answer, marks, place_in_file
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
HELD = "The levels of R06 do not fit the photographs."


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def marked() -> Submission:
    return assessed(levels=CASE_C)


def address(of: Submission, what: str) -> str:
    return f"/cms/certification/marking/{of.pk}/{what}/"


def attempt_page(of: Submission) -> str:
    return f"/cms/certification/marking/{of.pk}/"


def shown_to(of: Submission, who: object) -> dict:
    return panel(of, user=who, at=AT)


def now(of: Submission) -> Submission:
    return Submission.objects.get(pk=of.pk)


# The panel ----------------------------------------------------------------------------------------


def test_marks_stand_side_by_side_with_their_reasons(marked):
    [round_] = shown_to(marked, officer())["rounds"]

    assert [(each.kind, each.total) for each in round_.columns] == [("First marker", "52.6")]
    row = {criterion.code: cells for criterion, cells in round_.rows}["R08"]
    assert [(cell.level, cell.reason, cell.faults) for cell in row] == [
        ("1", REASON_TEXT, ["Patchy or uneven density"])
    ]
    assert (round_.outcome, round_.score) == ("Referred (resubmit) (one marker)", "52.6 of 100 points")
    assert round_.missed[0] == "The total is below 60 points."


def test_the_panel_says_why_a_third_was_asked():
    made = place_in_file(case(case_file(person(Role.TRAINEE))), 3)
    attempt = in_marking(made)
    marks(attempt, AT_STANDARD)
    marks(attempt, {**AT_STANDARD, "R08": 1}, kind="second")
    advancing.advance(attempt, at=AT)

    [round_] = shown_to(attempt, officer())["rounds"]

    assert [each.kind for each in round_.columns] == ["First marker", "Second marker"]
    assert round_.why_third == [
        "They come to different outcomes.",
        "On a critical criterion one is below the standard and the other is not.",
    ]
    assert round_.result is None


def test_named_events_and_their_answers_are_shown():
    attempt = in_marking(case(case_file(person(Role.TRAINEE))))
    marks(attempt, AT_STANDARD, events={"AF1": "The label shows an earlier expiry."})
    answer(attempt, "AF1", confirmed=True)
    advancing.advance(attempt, at=AT)

    [round_] = shown_to(attempt, officer())["rounds"]

    assert round_.columns[0].events == [("AF1", "The label shows an earlier expiry.")]
    assert [(each.event, each.answer) for each in round_.answers] == [("AF1", "confirmed")]


def test_an_earlier_round_stays_readable(marked):
    review = hold(marked, reason=HELD, actor=quality_assurer(), at=AT)
    end_review(review, result="re_mark", note="Again.", actor=quality_assurer(), at=AT)
    again = now(marked)
    marks(again, AT_STANDARD)
    advancing.advance(again, at=AT)

    rounds = shown_to(again, officer())["rounds"]

    assert [(each.number, each.score) for each in rounds] == [
        (2, "60.0 of 100 points"),
        (1, "52.6 of 100 points"),
    ]


def test_drafts_of_marks_are_nobodys_but_their_assessors():
    attempt = in_marking(case(case_file(person(Role.TRAINEE))))

    assert shown_to(attempt, officer())["rounds"] == []


@pytest.mark.parametrize("role", [Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER])
def test_of_their_own_case_staff_see_nothing(as_, role):
    both = person(Role.TRAINEE, role)
    own = assessed(case(case_file(both)), CASE_C)

    assert shown_to(own, both) == {"is_own": True}
    for what in ("release", "hold"):
        assert as_(both).get(address(own, what)).status_code == 404
        assert as_(both).post(address(own, what), {"reason": HELD}).status_code == 404
    assert now(own).state == "assessed"


def test_buttons_are_shown_to_whom_they_belong(marked):
    for_officer, for_quality = shown_to(marked, officer()), shown_to(marked, quality_assurer())

    assert (bool(for_officer["release_url"]), bool(for_officer["hold_url"])) == (True, False)
    assert (bool(for_quality["release_url"]), bool(for_quality["hold_url"])) == (True, True)
    review = hold(marked, reason=HELD, actor=quality_assurer(), at=AT)
    held = now(marked)
    [for_officer_row] = shown_to(held, officer())["reviews"]
    [for_quality_row] = shown_to(held, quality_assurer())["reviews"]
    assert (for_officer_row["review"], for_officer_row["end_url"]) == (review, "")
    assert for_quality_row["end_url"] == f"/cms/certification/quality-reviews/{review.pk}/end/"
    assert shown_to(held, officer())["why_not"].startswith("This result is held")


def test_a_named_quality_assurer_alone_gets_the_button(marked):
    file = marked.case.case_file
    file.quality_assurer = named = quality_assurer()
    save_as(file, actor=None, reason=REASON, fields=["quality_assurer"])

    assert shown_to(marked, named)["release_url"]
    other = shown_to(marked, officer())
    assert (other["release_url"], "is named as quality assurer" in other["why_not"]) == ("", True)


@pytest.mark.parametrize(("days", "late"), [(13, False), (14, False), (15, True)])
def test_a_result_is_late_after_its_last_day(marked, days, late):
    found = panel(marked, user=officer(), at=AT + days * DAY)

    assert (found["due_on"], found["is_late"]) == ((AT + 14 * DAY).date(), late)


def test_the_page_of_an_attempt_shows_the_panel(as_, marked):
    shown = text(as_(officer()).get(attempt_page(marked)))

    assert "Marks and result" in shown
    assert "Referred (resubmit) (one marker): 52.6 of 100 points." in shown
    assert "Release the result" in shown
    assert "Hold the result" not in shown


@pytest.mark.parametrize("many", [1, 3])
def test_the_panel_takes_the_same_queries_for_any_number_of_markers(many):
    made = place_in_file(case(case_file(person(Role.TRAINEE))), 3 if many > 1 else 1)
    attempt = in_marking(made)
    for kind, levels in zip(("first", "second", "third"), (AT_STANDARD, CASE_C, AT_STANDARD), strict=True):
        if many > 1 or kind == "first":
            marks(attempt, levels, kind=kind)
    advancing.advance(attempt, at=AT)
    reader = officer()
    fresh = Submission.objects.select_related(
        "case__practitioner", "case__case_file__quality_assurer", "case__scheme_version__rubric", "released_by"
    ).get(pk=attempt.pk)

    with CaptureQueriesContext(connection) as captured:
        shown_to(fresh, reader)
    assert len(captured) == 26


# Release ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [officer, quality_assurer])
def test_a_result_is_released_from_its_page(as_, marked, who):
    browser = as_(who())
    assert "Referred (resubmit) (one marker), 52.6 of 100 points" in text(browser.get(address(marked, "release")))

    answer = browser.post(address(marked, "release"), follow=True)

    assert now(marked).state == "released"
    assert f"The result of {marked.case.ref} is released." in text(answer)


@pytest.mark.parametrize("role", [Role.ASSESSOR, Role.TRAINER, Role.TRAINEE, Role.REGISTRAR, Role.EDITOR])
@pytest.mark.parametrize("what", ["release", "hold"])
def test_nobody_else_finds_these_pages(as_, marked, role, what):
    assert as_(person(role)).post(address(marked, what), {"reason": HELD}).status_code == 404
    assert now(marked).state == "assessed"


def test_officers_hold_nothing(as_, marked):
    assert as_(officer()).post(address(marked, "hold"), {"reason": HELD}).status_code == 404


def test_a_release_that_is_refused_says_why(as_, marked):
    hold(marked, reason=HELD, actor=quality_assurer(), at=AT)
    browser = as_(officer())

    for ask in (browser.get, browser.post):
        assert "This result is held for a quality review already." in text(
            ask(address(marked, "release"), follow=True)
        )


# Hold and review ----------------------------------------------------------------------------------


def test_a_result_is_held_with_a_reason(as_, marked):
    browser = as_(quality_assurer())
    assert browser.get(address(marked, "hold")).status_code == 200

    browser.post(address(marked, "hold"), {"reason": HELD})

    assert (now(marked).state, QualityReview.objects.get().reason) == ("quality_hold", HELD)


def test_a_hold_that_is_refused_keeps_what_was_typed(as_, marked):
    release(marked, actor=officer(), at=AT)

    answer = as_(quality_assurer()).post(address(marked, "hold"), {"reason": HELD})

    assert "This result was released on 4 May 2026." in text(answer)
    assert HELD in answer.content.decode()


@pytest.mark.parametrize(
    ("found", "state"), [("agreed", "assessed"), ("advice", "assessed"), ("re_mark", "procedure_marking")]
)
def test_a_review_ends_on_its_page(as_, marked, found, state):
    review = hold(marked, reason=HELD, actor=quality_assurer(), at=AT)
    browser = as_(quality_assurer())
    where = f"/cms/certification/quality-reviews/{review.pk}/end/"
    assert HELD in text(browser.get(where))

    answer = browser.post(where, {"result": found, "note": "Looked at both."})

    assert answer.url == attempt_page(marked)
    assert now(marked).state == state


def test_an_incomplete_end_keeps_what_was_typed(as_, marked):
    review = hold(marked, reason=HELD, actor=quality_assurer(), at=AT)

    answer = as_(quality_assurer()).post(
        f"/cms/certification/quality-reviews/{review.pk}/end/", {"note": "Looked at both."}
    )

    assert "Choose what the review found." in text(answer)
    assert "Looked at both." in answer.content.decode()
    assert now(marked).state == "quality_hold"


# Cards --------------------------------------------------------------------------------------------


def cards(provider, user) -> list[tuple[str, int, str]]:
    return [(card.sentence, card.count, card.url) for card in provider(user, AT)]


@pytest.mark.parametrize("who", [officer, quality_assurer])
def test_results_wait_for_whoever_releases_them(who):
    first = assessed(levels=CASE_C)
    assert cards(results_to_release, who()) == [
        ("One result waits since 4 May 2026.", 1, "/cms/certification/marking/?which=release")
    ]
    assessed(levels=CASE_C)
    assert cards(results_to_release, who())[0][:2] == ("2 results wait, the oldest since 4 May 2026.", 2)
    assert Result.objects.filter(submission=first).exists()


def test_a_result_waits_since_its_present_round():
    submission = assessed(levels=CASE_C)
    review = hold(submission, reason=HELD, actor=quality_assurer(), at=AT)
    end_review(review, result="re_mark", note="Another view.", actor=quality_assurer(), at=AT)
    again = Submission.objects.get(pk=submission.pk)
    marks(again, CASE_C)
    advance(again, at=AT + 2 * DAY)

    assert cards(results_to_release, officer())[0][0] == "One result waits since 6 May 2026."


@pytest.mark.parametrize("who", [officer, quality_assurer])
def test_the_cards_stand_on_the_first_page(as_, marked, who):
    assert "Results to release" in text(as_(who()).get("/my/"))


def test_a_result_of_another_quality_assurers_file_waits_for_them_alone(marked):
    file = marked.case.case_file
    file.quality_assurer = named = quality_assurer()
    save_as(file, actor=None, reason=REASON, fields=["quality_assurer"])

    assert cards(results_to_release, officer()) == []
    assert cards(results_to_release, named)[0][1] == 1


def test_released_results_and_ones_own_wait_for_nobody():
    released()
    both = person(Role.TRAINEE, Role.CERTIFICATION_OFFICER)
    assessed(case(case_file(both)), CASE_C)

    assert cards(results_to_release, both) == []


def test_open_holds_wait_for_quality_assurers(marked):
    review = hold(marked, reason=HELD, actor=quality_assurer(), at=AT)

    assert cards(open_holds, quality_assurer()) == [
        ("One result is held since 4 May 2026.", 1, "/cms/certification/marking/?which=hold")
    ]
    assert cards(open_holds, officer()) == []
    end_review(review, result="agreed", note="Fits.", actor=quality_assurer(), at=AT)
    assert cards(open_holds, quality_assurer()) == []


@pytest.mark.parametrize("role", [Role.TRAINEE, Role.ASSESSOR, Role.TRAINER, Role.REGISTRAR])
def test_nobody_else_has_these_cards(marked, role):
    assert cards(results_to_release, person(role)) == []
    assert cards(open_holds, person(role)) == []
