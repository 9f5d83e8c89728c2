"""The copy a candidate takes of what is kept about them."""

import io
import json
import zipfile

import pytest
import time_machine

from certification.submitting import hand_in
from tests.certification.assessed import CASE_C, assessed, released
from tests.factories.certification import AT, REASON, TODAY, case, case_file, ready_case
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import personal_data
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


def copy_of(user) -> dict:
    with zipfile.ZipFile(io.BytesIO(personal_data.export(user))) as archive:
        return json.loads(archive.read("cases.json"))


@pytest.fixture
def owner():
    return person(Role.TRAINEE)


@pytest.fixture
def copied(owner) -> dict:
    of = ready_case(case_file(owner))
    hand_in(of, actor=owner, at=AT, on=TODAY)
    return copy_of(owner)


def test_a_candidate_takes_application_files_and_cases(copied):
    assert [each["studio"] for each in copied["applications"]] == ["North Street Studio"]
    assert [each["kind"] for each in copied["case files"]] == ["initial"]
    assert [each["client_code"] for each in copied["cases"]] == ["R-009"]


def test_a_case_comes_with_everything_that_was_written_and_handed_in(copied):
    case = copied["cases"][0]

    assert [each["machine"] for each in case["visits"]] == ["Rotary"]
    assert (len(case["photographs"]), len(case["consents"])) == (11, 9)
    assert [each["kind"] for each in case["papers"]] == ["treatment_consent"]
    assert [(each["status"], len(each["frozen"])) for each in case["attempts"]] == [("Submitted", 1)]


def test_clients_and_officers_keep_what_is_theirs(copied):
    """No address and no health answers of a client, no file, nothing of a camera."""
    text = json.dumps(copied)

    assert "client@example.org" not in text
    for name in ("answers", "camera", "original", "file", "sealed_email"):
        assert f'"{name}"' not in text


def test_nobody_takes_a_copy_of_others(copied):
    assert copy_of(person(Role.TRAINEE)) == {"applications": [], "case files": [], "cases": []}


@pytest.mark.parametrize("state", ["assessed", "quality_hold", "healed_marking"])
def test_a_copy_tells_no_more_of_marking_than_the_pages_do(state):
    made = case(state=state)
    [attempt] = copy_of(made.practitioner)["cases"][0]["attempts"]

    assert "state" not in attempt
    assert attempt["status"] == "Being graded"


def test_history_keeps_no_health_answers():
    made = case(answers={"q_keloid": {"value": "yes", "note": "Chest, years ago"}})

    assert not hasattr(made.history.first(), "answers")


def test_a_released_result_is_in_the_copy():
    told = released(levels=CASE_C, feedback="Work on depth.")

    [attempt] = copy_of(told.case.practitioner)["cases"][0]["attempts"]

    result = attempt["result"]
    assert (attempt["status"], result["outcome"]) == ("Referred (resubmit)", "Referred (resubmit)")
    assert (result["points"], result["from the assessors"]) == ("52.6 of 100 points", ["Work on depth."])
    assert {row["code"]: row["level"] for row in result["criteria"]} == {k: str(v) for k, v in CASE_C.items()}


@pytest.mark.parametrize("state", ["assessed", "quality_hold", "healed_marking"])
def test_an_unreleased_result_is_not(state):
    """Nor that it is marked for a second time."""
    marked = assessed(levels=CASE_C, feedback="Work on depth.")
    marked.state = state
    save_as(marked, actor=None, reason=REASON, fields=["state"])

    copied = copy_of(marked.case.practitioner)
    [attempt] = copied["cases"][0]["attempts"]

    assert attempt["result"] is None
    assert "round" not in attempt
    assert "Work on depth." not in json.dumps(copied)
