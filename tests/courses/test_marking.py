from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.marking import Answered, Mark, by_topic, is_possible, mark

RIGHT = Answered(frozenset("ab"), frozenset("ab"))


@pytest.mark.parametrize(
    ("picked", "right"),
    [("ab", True), ("a", False), ("abc", False), ("", False), ("cd", False)],
    ids=["exactly the set", "one missing", "one too many", "nothing", "wrong ones"],
)
def test_only_exactly_the_right_set_counts(picked, right):
    assert Answered(frozenset(picked), frozenset("ab")).right is right


@pytest.mark.parametrize(
    ("points", "passed"), [(15, False), (16, True), (17, True)], ids=["one short", "at the mark", "above"]
)
def test_the_pass_mark_itself_passes(points, passed):
    answers = [RIGHT] * points + [Answered(frozenset(), frozenset("a"))] * (20 - points)

    assert mark(answers, pass_mark=16) == Mark(points, 20, passed)


@given(
    st.lists(st.tuples(st.frozensets(st.sampled_from("abcd")), st.frozensets(st.sampled_from("abcd"), min_size=1)))
)
def test_points_are_the_number_of_exact_sets_and_never_negative(pairs):
    result = mark([Answered(picked, correct) for picked, correct in pairs], pass_mark=1)

    assert result.points == sum(picked == correct for picked, correct in pairs)
    assert result.of == len(pairs)


@given(st.lists(st.tuples(st.sampled_from(["hygiene", "depth", "consent"]), st.booleans())))
def test_topics_add_up_to_the_whole(rights):
    table = by_topic(rights)

    assert sum(points for points, _ in table.values()) == sum(right for _, right in rights)
    assert {topic: of for topic, (_, of) in table.items()} == Counter(topic for topic, _ in rights)


@pytest.mark.parametrize(
    ("picked", "several", "possible"),
    [("a", False, True), ("", False, True), ("ab", False, False), ("ab", True, True), ("az", True, False)],
    ids=["one of one", "none", "two of one", "two of several", "an option that was not offered"],
)
def test_a_form_sends_known_options_and_one_where_one_is_asked(picked, several, possible):
    assert is_possible(set(picked), options="abcd", several=several) is possible
