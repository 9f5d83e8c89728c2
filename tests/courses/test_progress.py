import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from courses import progress
from courses.errors import CourseRefusal
from courses.models import CompletionRecord, Enrolment, ItemProgress
from tests.factories.courses import AT, course_page, enrolment, release

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MINUTE = dt.timedelta(minutes=1)


def finish(of: Enrolment, *positions: int) -> None:
    for position in positions:
        progress.finish_item(of, of.release.items.get(position=position), at=AT)


def test_progress_counts_finished_mandatory_items_of_the_pinned_release():
    course = course_page()
    optional = course.get_descendants().last().specific
    optional.mandatory = False
    optional.save_revision().publish()
    on = enrolment(of=release(course))
    finish(on, 1, 4)

    now = progress.course_of(on)

    assert (now.finished, now.mandatory, now.complete) == (1, 3, False)


def test_a_newer_release_does_not_touch_the_progress_of_an_older_one():
    course = course_page()
    on = enrolment(of=release(course))
    finish(on, 1, 2)
    lesson = course.get_descendants().last().specific
    lesson.title = "Changed"
    lesson.save_revision().publish()
    release(course)

    assert progress.course_of(on).finished == 2


def test_a_course_begins_at_its_first_lesson():
    assert progress.course_of(enrolment()).carry_on.position == 1


def test_a_course_goes_on_at_the_lesson_opened_last():
    on = enrolment()
    for minute, position in enumerate([3, 2]):
        progress.open_item(on, on.release.items.get(position=position), at=AT + minute * MINUTE)

    assert progress.course_of(on).carry_on.position == 2


def test_a_course_goes_on_at_the_first_unfinished_lesson_when_none_is_open():
    on = enrolment()
    finish(on, 1, 3)

    assert progress.course_of(on).carry_on.position == 2


def test_finishing_the_last_mandatory_item_completes_the_course():
    on = enrolment()

    finish(on, 1, 2, 3, 4)

    on.refresh_from_db()
    assert on.state == "completed"
    assert (on.completion.release, on.completion.completed_at) == (on.release, AT)


def test_one_item_short_is_not_complete():
    on = enrolment()

    finish(on, 1, 2, 3)

    on.refresh_from_db()
    assert (on.state, CompletionRecord.objects.count()) == ("active", 0)


def test_finishing_twice_keeps_the_first_time():
    on = enrolment()
    item = on.release.items.get(position=1)
    progress.finish_item(on, item, at=AT)

    progress.finish_item(on, item, at=AT + MINUTE)

    assert ItemProgress.objects.get().finished_at == AT


def test_completed_never_goes_back():
    on = enrolment()
    finish(on, 1, 2, 3, 4)

    with pytest.raises(IntegrityError, match="kept as they are"), transaction.atomic():
        CompletionRecord.objects.all().delete()
    finish(on, 1)
    on.refresh_from_db()
    assert on.state == "completed"


@pytest.mark.parametrize("state", ["invited", "lapsed", "withdrawn"])
def test_a_course_that_is_not_active_cannot_be_read(state):
    on = enrolment(state=state)

    with pytest.raises(CourseRefusal, match="Ask the office"):
        progress.open_item(on, on.release.items.get(position=1), at=AT)


def test_a_lesson_of_another_edition_is_refused():
    on, other = enrolment(), release()

    with pytest.raises(CourseRefusal, match="not part of your edition"):
        progress.finish_item(on, other.items.get(position=1), at=AT)


@pytest.mark.parametrize("lessons", [1, 3])
def test_the_course_takes_two_queries_for_any_number_of_lessons(lessons, django_assert_num_queries):
    on = enrolment(of=release(course_page(modules=1, lessons=lessons)))

    with django_assert_num_queries(2):
        progress.course_of(on)
