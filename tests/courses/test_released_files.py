"""Files that lessons offer."""

import pytest
from django.core.files.base import ContentFile
from wagtail.documents import get_document_model

from courses.models import CourseRelease, LessonPage
from tests.factories.courses import course_page, enrolment, release
from tests.people import person
from training_site.accounts.roles import STAFF, Role

pytestmark = pytest.mark.django_db
Document = get_document_model()


@pytest.fixture
def sheet():
    return Document.objects.create(title="Sheet", file=ContentFile(b"%PDF-1.7", name="sheet.pdf"))


def offering(*documents: object, course: object = None, summary: str = "Read it.") -> CourseRelease:
    """The next release of ``course``, or the first of a new one; its first lesson offers these files."""
    course = course or course_page(modules=1, lessons=1)
    lesson = LessonPage.objects.descendant_of(course).first()
    lesson.summary = summary
    lesson.body = [("file", {"title": "Sheet", "file": document}) for document in documents]
    lesson.save_revision().publish()
    return release(course)


def fetched(as_, document, user) -> int:
    return as_(user).get(document.url).status_code


@pytest.mark.parametrize(
    ("state", "status"),
    [("active", 200), ("completed", 200), ("invited", 404), ("lapsed", 404), ("withdrawn", 404)],
)
def test_a_file_of_a_release_is_for_trainees_who_may_read_it(as_, sheet, state, status):
    on = enrolment(of=offering(sheet), state=state)

    assert fetched(as_, sheet, on.trainee) == status


def test_a_trainee_of_another_course_finds_no_file(as_, sheet):
    offering(sheet)

    assert fetched(as_, sheet, enrolment().trainee) == 404


@pytest.mark.parametrize("role", [Role.TRAINEE, Role.TRAINER, Role.ASSESSOR], ids=str)
def test_somebody_on_no_course_finds_no_file(as_, sheet, role):
    offering(sheet)

    assert fetched(as_, sheet, person(role)) == 404


def test_a_trainee_finds_the_files_of_their_own_release_alone(as_, sheet):
    newer = Document.objects.create(title="New sheet", file=ContentFile(b"%PDF-1.7 new", name="new.pdf"))
    course = course_page(modules=1, lessons=1)
    on = enrolment(of=offering(sheet, course=course))
    offering(newer, course=course)

    assert (fetched(as_, sheet, on.trainee), fetched(as_, newer, on.trainee)) == (200, 404)


def test_one_release_among_several_is_enough(as_, sheet):
    course = course_page(modules=1, lessons=1)
    offering(sheet, course=course)
    on = enrolment(of=offering(sheet, course=course, summary="Read it twice."))
    offering(sheet)

    assert fetched(as_, sheet, on.trainee) == 200


@pytest.mark.parametrize("role", sorted(STAFF), ids=str)
def test_staff_find_every_file(as_, sheet, role):
    offering(sheet)

    assert fetched(as_, sheet, person(role)) == 200


def test_a_file_that_no_release_offers_is_for_anybody_signed_in(as_, client, sheet):
    assert fetched(as_, sheet, person(Role.TRAINEE)) == 200
    assert client.get(sheet.url).url == f"/accounts/login/?next={sheet.url}"


@pytest.mark.parametrize("releases", [1, 3])
def test_a_file_takes_the_same_queries_for_one_and_three_releases(as_, sheet, releases, django_assert_num_queries):
    course, trainee = course_page(modules=1, lessons=1), person(Role.TRAINEE)
    for number in range(releases):
        enrolment(
            trainee,
            of=offering(sheet, course=course, summary=f"Edition {number}."),
            state="completed" if number == 0 else "lapsed",
        )
    browser = as_(trainee)

    with django_assert_num_queries(7):
        browser.get(sheet.url)
