import re

import pytest
from wagtail.models import Page, Site

from courses.models import CourseIndexPage, LessonPage
from tests.factories.courses import course_page

pytestmark = pytest.mark.django_db

INDEX, COURSE, MODULE, LESSON = (
    "/courses/",
    "/courses/course-1/",
    "/courses/course-1/m1/",
    "/courses/course-1/m1/m1-l1/",
)


@pytest.fixture(autouse=True)
def _site():
    """The site's pages begin at the root of the tree."""
    site = Site.objects.get()
    site.root_page = Page.get_first_root_node()
    site.save()


def text(response) -> str:
    """What the page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("path", [INDEX, COURSE, MODULE, LESSON])
def test_a_public_page_of_a_course_renders_without_a_session(client, path):
    course_page()

    answer = client.get(path)

    assert (answer.status_code, answer.cookies, answer["Cache-Control"]) == (200, {}, "public, max-age=60")
    assert "Cookie" not in answer.get("Vary", "")


@pytest.mark.parametrize("path", [INDEX, COURSE, MODULE, LESSON])
def test_a_public_page_of_a_course_has_one_heading(client, path):
    course_page()

    assert client.get(path).content.count(b"<h1") == 1


def test_the_index_lists_published_courses_alone(client):
    course_page()
    course_page().unpublish()

    page = text(client.get(INDEX))

    assert ("Course 1" in page, "Course 2" in page) == (True, False)


def test_an_index_without_a_course_says_what_to_do(client):
    Page.get_first_root_node().add_child(instance=CourseIndexPage(title="Courses", slug="courses"))

    assert "No course is open yet" in text(client.get(INDEX))


def test_a_course_page_tells_what_it_teaches_and_for_whom(client):
    course_page(who_for="For newcomers.", outcomes=[("outcome", "Place round dots.")])

    page = text(client.get(COURSE))

    assert "Who it is for For newcomers." in page
    assert "What you will be able to do Place round dots." in page
    assert "M1 Module 1" in page
    assert "Lesson 2.2 What it teaches." in page


def test_an_open_course_has_one_main_action(client):
    course_page()

    page = client.get(COURSE).content.decode()

    assert re.findall(r'class="btn" href="([^"]*)">([^<]*)<', page) == [
        ("/learn/enrol/course-1/", "Enrol on this course")
    ]


def test_a_course_by_invitation_says_whom_to_ask(client):
    course_page(open_for_enrolment=False)

    page = client.get(COURSE).content.decode()

    assert "by invitation of the office" in page
    assert "/learn/enrol/" not in page


def test_a_draft_lesson_is_not_listed(client):
    course_page()
    LessonPage.objects.get(title="Lesson 1.1").unpublish()

    assert "Lesson 1.1" not in text(client.get(COURSE))


@pytest.mark.parametrize("lessons", [1, 3])
def test_a_course_page_takes_the_same_queries_for_any_number_of_lessons(
    client, lessons, django_assert_num_queries
):
    course_page(modules=lessons, lessons=lessons)
    client.get(COURSE)

    with django_assert_num_queries(12):
        client.get(COURSE)


def test_in_public_a_lesson_shows_its_summary_and_not_its_text(client):
    course_page()

    page = client.get(LESSON)

    assert "What it teaches." in text(page)
    assert "Text of lesson" not in text(page)
    assert '<a class="btn" href="/learn/enrol/course-1/">Enrol to read</a>' in page.content.decode()


def test_the_preview_shows_a_lesson_as_trainees_will_read_it(rf):
    course_page()
    lesson = LessonPage.objects.get(title="Lesson 1.1")

    answer = lesson.serve_preview(rf.get("/"), "").render()

    assert "Text of lesson 1.1." in text(answer)
    assert "Awaiting expert review" in text(answer)
