"""The board of an attempt, read from its rows."""

import pytest

from certification.advancing import advance
from certification.boards import board_of
from certification.marking import FIRST, SECOND, THIRD, Marks
from certification.models import Assessment, ProcedureCase, Submission
from tests.certification.marked import AT_PROCEDURE, AT_STANDARD, being_marked, following, hand_healed_in, released
from tests.factories.certification import AT, REASON, at_state, ready_case
from tests.factories.marking import allocation, answer, assessor, attempt, marks
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
LOW = AT_STANDARD | {"R08": 1, "R12": 1}
WHY = "A used cartridge lies beside the new ones in the photograph."


def again(submission: Submission) -> Submission:
    """A quality review asked for another round."""
    submission.round = 2
    return save_as(submission, actor=None, reason=REASON, fields=["round"])


def in_place_of(case: ProcedureCase) -> Submission:
    """The attempt at a case that replaces ``case``; it has one of its own already, which becomes the next."""
    instead = ready_case(case.case_file, replaces=case, position=case.position)
    made = attempt(instead)
    made.number, made.kind = attempt(case).number + 1, "replacement"
    save_as(made, actor=None, reason=REASON, fields=["number", "kind"])
    return at_state(instead, "handed_in")


def test_the_board_of_a_fresh_attempt_is_empty():
    board = board_of(being_marked())

    assert (board.codes, board.healed_in, board.last_attempt) == (AT_STANDARD.keys(), False, False)
    assert (board.marks, board.answers, board.carried) == ({}, {}, {})


def test_the_numbers_are_those_of_the_cases_scheme_version():
    board = board_of(being_marked())

    assert (sum(board.grid.weights.values()), board.grid.healed, board.grid.standard) == (100, {"R11"}, 2)
    assert (board.rule.total_min, board.tolerance.points) == (60, 10)


@pytest.mark.parametrize(("position", "two"), [(1, False), (2, False), (3, True), (4, True)])
def test_from_the_third_place_of_a_file_on_two_mark(position, two):
    assert board_of(being_marked(position=position)).double is two


def test_a_case_without_a_place_has_one_marker():
    assert board_of(attempt(ready_case())).double is False


@pytest.mark.parametrize(("number", "last"), [(2, False), (3, True)])
def test_the_third_attempt_is_the_last(number, last):
    submission = being_marked()
    submission.number, submission.kind = number, "replacement"
    save_as(submission, actor=None, reason=REASON, fields=["number", "kind"])

    assert board_of(submission).last_attempt is last


def test_healed_photographs_are_in_once_they_are_handed_in():
    submission = being_marked()
    hand_healed_in(submission)

    assert board_of(submission).healed_in is True


def test_the_marks_of_both_stages_are_one_markers():
    submission, marker = being_marked(), assessor()
    marks(submission, AT_PROCEDURE, stage="procedure", by=marker, events={"AF1": WHY})
    marks(submission, {"R11": 3}, stage="healed", by=marker, events={"AF7": WHY})

    assert board_of(submission).marks == {FIRST: Marks(AT_PROCEDURE | {"R11": 3}, frozenset({"AF1", "AF7"}))}


def test_each_marker_has_their_own_marks():
    submission = being_marked(position=3)
    marks(submission, AT_PROCEDURE, kind="first", stage="procedure")
    marks(submission, LOW, kind="third", stage="healed", events={"AF7": WHY})
    marks(submission, AT_PROCEDURE | {"R04": 4}, kind="second", stage="procedure")

    assert board_of(submission).marks == {
        FIRST: Marks(AT_PROCEDURE),
        SECOND: Marks(AT_PROCEDURE | {"R04": 4}),
        THIRD: Marks(LOW, frozenset({"AF7"})),
    }


def test_a_draft_is_not_on_the_board():
    submission = being_marked()
    draft = Assessment(allocation=allocation(submission), begun_at=AT, draft={"levels": {"R01": {"level": 4}}})
    save_as(draft, actor=None, reason=REASON)

    assert board_of(submission).marks == {}


def test_answers_to_events_are_on_the_board():
    submission = being_marked()
    answer(submission, "AF1", confirmed=True)
    answer(submission, "AF2", confirmed=False)

    assert board_of(submission).answers == {"AF1": True, "AF2": False}
    assert board_of(submission).marks == {}


# Attempts that go on from another -----------------------------------------------------------------


def test_a_first_attempt_marks_everything():
    assert board_of(being_marked()).codes == AT_STANDARD.keys()


def test_a_correction_marks_what_failed_and_carries_the_rest():
    submission = being_marked(healed_in=True)
    result = released(submission, LOW)
    corrected = following(submission.case)
    board = board_of(corrected)

    assert board.codes == set(result.again) == {"R08", "R12"}
    assert board.carried[FIRST] == {code: 2 for code in AT_STANDARD if code not in {"R08", "R12"}}
    assert (board.marks, board.healed_in) == ({}, False)


def test_after_a_sure_failure_the_healed_result_is_marked_for_the_first_time():
    submission = being_marked()
    released(submission, AT_PROCEDURE | {"R08": 1})
    board = board_of(following(submission.case))

    assert board.codes == {"R08", "R11"}
    assert board.carried[FIRST] == {code: 2 for code in AT_PROCEDURE if code != "R08"}


def test_each_of_two_markers_carries_their_own_levels():
    submission = being_marked(position=3, healed_in=True)
    released(submission, LOW, LOW | {"R04": 3})
    board = board_of(following(submission.case))

    assert (board.double, board.codes) == (True, {"R08", "R12"})
    assert (board.carried[FIRST]["R04"], board.carried[SECOND]["R04"]) == (2, 3)


def test_after_a_third_assessor_both_markers_carry_the_thirds_levels():
    submission = being_marked(position=3, healed_in=True)
    released(submission, AT_STANDARD, AT_STANDARD | {"R04": 4}, third=LOW | {"R05": 3})
    board = board_of(following(submission.case))

    assert board.carried[FIRST] == board.carried[SECOND]
    assert (board.carried[FIRST]["R05"], board.codes) == (3, {"R08", "R12"})


def test_a_second_correction_carries_what_the_first_one_brought():
    submission = being_marked(healed_in=True)
    released(submission, LOW | {"R04": 1})
    second = at_state(following(submission.case).case, "procedure_marking")
    released(second, {"R08": 3, "R12": 2, "R04": 1})
    board = board_of(following(submission.case))

    assert (board.codes, board.last_attempt) == (AT_STANDARD.keys() & {"R04"}, True)
    assert (board.carried[FIRST]["R08"], board.carried[FIRST]["R11"]) == (3, 2)


def test_a_replacement_marks_everything():
    submission = being_marked(position=3, healed_in=True)
    released(submission, LOW, LOW)
    board = board_of(in_place_of(submission.case))

    assert (board.codes, board.carried, board.double) == (AT_STANDARD.keys(), {}, True)


# Rounds -------------------------------------------------------------------------------------------


def test_a_quality_review_asks_one_new_marker_for_everything():
    submission = being_marked(position=3, healed_in=True)
    for kind in ("first", "second"):
        marks(submission, AT_STANDARD, kind=kind)
    answer(submission, "AF1", confirmed=True)
    board = board_of(again(submission))

    assert (board.double, board.codes, board.marks, board.answers) == (False, AT_STANDARD.keys(), {}, {})


def test_a_quality_review_of_a_correction_marks_everything_too():
    submission = being_marked(healed_in=True)
    released(submission, LOW)
    board = board_of(again(following(submission.case)))

    assert (board.codes, board.carried) == (AT_STANDARD.keys(), {})


def test_a_correction_goes_on_from_the_result_that_stands():
    submission = being_marked(healed_in=True)
    marks(submission, LOW)
    advance(submission, at=AT)
    at_state(submission.case, "procedure_marking")
    again(submission)
    submission.refresh_from_db()
    released(submission, AT_STANDARD | {"R01": 1, "R04": 3})
    board = board_of(following(submission.case))

    assert (board.codes, board.carried[FIRST]["R04"]) == ({"R01"}, 3)


@pytest.mark.parametrize("markers", [1, 3])
def test_a_board_is_read_in_a_fixed_number_of_queries(markers, django_assert_num_queries):
    submission = being_marked(position=3, healed_in=True)
    for kind in ("first", "second", "third")[:markers]:
        marks(submission, AT_STANDARD, kind=kind)
    fresh = Submission.objects.get(pk=submission.pk)

    with django_assert_num_queries(10):
        board_of(fresh)
