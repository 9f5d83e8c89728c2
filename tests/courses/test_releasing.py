import pytest
from django.core.management import call_command
from django.db import IntegrityError, models, transaction

from courses import releasing
from courses.errors import ReleaseRefused
from courses.models import CourseRelease, LessonPage, ReleaseItem
from tests.factories.courses import AT, course_page, release

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def texts(of: CourseRelease) -> list[tuple[str, str]]:
    return [(item.title, str(item.body.raw_data[0]["value"])) for item in of.items.all()]


def test_a_release_holds_every_live_lesson_in_order():
    made = release()

    assert [(item.position, item.module_code, item.title) for item in made.items.all()] == [
        (1, "M1", "Lesson 1.1"),
        (2, "M1", "Lesson 1.2"),
        (3, "M2", "Lesson 2.1"),
        (4, "M2", "Lesson 2.2"),
    ]


def test_a_draft_is_not_released():
    course = course_page()
    LessonPage.objects.get(title="Lesson 1.2").unpublish()

    assert release(course).items.count() == 3


def test_releases_are_numbered_from_one():
    course = course_page()
    first = release(course)
    lesson = LessonPage.objects.get(title="Lesson 1.1")
    lesson.title = "A better title"
    lesson.save_revision().publish()

    assert (first.number, release(course).number) == (1, 2)


def test_a_lesson_keeps_its_id_from_release_to_release():
    course = course_page()
    first = release(course)
    lesson = LessonPage.objects.get(title="Lesson 1.1")
    lesson.title = "A better title"
    lesson.save_revision().publish()

    second = release(course)

    assert {item.item_id for item in first.items.all()} == {item.item_id for item in second.items.all()}


def test_a_release_without_a_change_is_refused():
    course = course_page()
    release(course)

    with pytest.raises(ReleaseRefused, match="Nothing has changed since release 1"):
        release(course)


def test_a_course_without_lessons_is_not_released():
    with pytest.raises(ReleaseRefused, match="No lesson"):
        release(course_page(lessons=0))


def change(lesson: LessonPage) -> None:
    lesson.title = "Changed"
    lesson.body = [("text", "<p>Changed.</p>")]
    lesson.save_revision().publish()


AFTERWARDS = {
    "publishing": change,
    "unpublishing": lambda lesson: lesson.unpublish(),
    "moving": lambda lesson: lesson.move(lesson.get_parent().get_next_sibling(), pos="last-child"),
    "deleting the lesson": lambda lesson: lesson.delete(),
    "deleting the module": lambda lesson: lesson.get_parent().delete(),
    "deleting the course": lambda lesson: lesson.get_parent().get_parent().delete(),
    "purging revisions": lambda lesson: call_command("purge_revisions", days=0, verbosity=0),
}


@pytest.mark.parametrize("what", list(AFTERWARDS))
def test_nothing_done_to_pages_alters_a_release(what):
    made = release()
    before = texts(made)

    AFTERWARDS[what](LessonPage.objects.get(title="Lesson 1.1"))

    assert texts(CourseRelease.objects.get(pk=made.pk)) == before


@pytest.mark.parametrize("model", [CourseRelease, ReleaseItem])
def test_a_release_cannot_be_changed_in_the_database(model: type[models.Model]):
    release()

    with pytest.raises(IntegrityError, match="kept as they are"), transaction.atomic():
        model.objects.update(title="Forged")


@pytest.mark.parametrize("model", [CourseRelease, ReleaseItem])
def test_a_release_cannot_be_deleted_in_the_database(model: type[models.Model]):
    release()

    with pytest.raises((IntegrityError, models.ProtectedError)), transaction.atomic():
        model.objects.all().delete()
    assert model.objects.exists()


def test_the_hash_tells_two_releases_apart_and_equal_content_together():
    course, twin = course_page(), course_page()
    first, other = release(course), release(twin)
    LessonPage.objects.filter(pk=LessonPage.objects.descendant_of(course).first().pk).update(summary="Other.")

    second = releasing.release(course, actor=None, notes="", at=AT)

    assert len({first.content_hash, second.content_hash, other.content_hash}) == 3


def test_a_picture_in_a_release_cannot_be_deleted():
    from wagtail.images import get_image_model
    from wagtail.images.tests.utils import get_test_image_file

    picture = get_image_model().objects.create(title="Dots", file=get_test_image_file())
    course = course_page(modules=1, lessons=1)
    lesson = LessonPage.objects.get()
    lesson.body = [("figure", {"image": picture, "alt": "Dots", "caption": ""})]
    lesson.save_revision().publish()
    release(course)

    with pytest.raises(models.ProtectedError):
        picture.delete()
