import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses import progress
from courses.models import Enrolment, ItemProgress, LessonPage, ReleaseItem
from tests.factories.courses import AT, blueprint, course_page, enrolment, exercise, release
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def trainee():
    return person(Role.TRAINEE)


@pytest.fixture
def on(trainee):
    return enrolment(trainee)


@pytest.fixture
def browser(as_, trainee):
    return as_(trainee)


def lesson(on: Enrolment, position: int = 1) -> ReleaseItem:
    return on.release.items.get(position=position)


def address(on: Enrolment, position: int = 1) -> str:
    return f"/learn/{on.pk}/{lesson(on, position).item_id}/"


def finish(on: Enrolment, *positions: int) -> None:
    for position in positions:
        progress.finish_item(on, lesson(on, position), at=AT)


def state(on: Enrolment) -> str:
    return Enrolment.objects.get(pk=on.pk).state


def text(response) -> str:
    """What the page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# Whose it is ---------------------------------------------------------------------------------------

VIEWS = {
    "course": ("get", "/learn/{pk}/"),
    "accepting": ("post", "/learn/{pk}/accept/"),
    "asking to leave": ("get", "/learn/{pk}/leave/"),
    "leaving": ("post", "/learn/{pk}/leave/"),
    "lesson": ("get", "/learn/{pk}/{item}/"),
    "finishing": ("post", "/learn/{pk}/{item}/finish/"),
}


def call(browser, view: str, on: Enrolment):
    method, path = VIEWS[view]
    return getattr(browser, method)(path.format(pk=on.pk, item=lesson(on).item_id), {"reason": "Moving."})


@pytest.mark.parametrize("view", list(VIEWS))
def test_somebody_elses_course_does_not_exist(as_, view):
    of_another = enrolment(state="invited" if view == "accepting" else "active")

    assert call(as_(person(Role.TRAINEE)), view, of_another).status_code == 404
    assert (state(of_another), ItemProgress.objects.count()) == (of_another.state, 0)


@pytest.mark.parametrize("view", list(VIEWS))
def test_a_stranger_signs_in_first(client, on, view):
    assert call(client, view, on).url.startswith("/accounts/login/?next=/learn/")


@pytest.mark.parametrize("path", ["/learn/", "/learn/enrol/course-1/"])
def test_a_stranger_signs_in_before_finding_or_enrolling(client, path):
    course_page()

    assert client.get(path).url == f"/accounts/login/?next={path}"


# My courses ----------------------------------------------------------------------------------------


def test_my_courses_are_mine_alone(browser, on):
    other = enrolment()

    page = browser.get("/learn/").content.decode()

    assert (f'href="/learn/{on.pk}/"' in page, f'href="/learn/{other.pk}/"' in page) == (True, False)


def test_my_courses_say_how_far_and_where_to_go_on(browser, on):
    finish(on, 1)

    page = browser.get("/learn/")

    assert "1 of 4 lessons finished" in text(page)
    assert f'<a class="btn" href="{address(on, 2)}">Carry on at Lesson 1.2</a>' in page.content.decode()


def test_without_a_course_the_way_leads_to_the_courses(browser):
    page = browser.get("/learn/").content.decode()

    assert "You are on no course" in page
    assert '<a class="btn" href="/courses/">See the courses</a>' in page


def test_a_course_of_the_past_is_shown_with_its_state(browser, trainee):
    enrolment(trainee, state="lapsed")

    assert "Course 1 Lapsed" in text(browser.get("/learn/"))


@pytest.mark.parametrize("courses", [1, 3])
def test_my_courses_take_the_same_queries_for_one_and_three(
    browser, trainee, courses, django_assert_num_queries, settings
):
    settings.USERSESSIONS_TRACK_ACTIVITY = False
    for _ in range(courses):
        enrolment(trainee)

    with django_assert_num_queries(6):
        browser.get("/learn/")


# Enrolling -----------------------------------------------------------------------------------------


def test_the_enrolment_page_says_what_one_enrols_on(browser):
    release()

    page = browser.get("/learn/enrol/course-1/")

    assert "Enrol on Course 1" in text(page)
    assert "10 guided hours" in text(page)
    assert Enrolment.objects.count() == 0


def test_enrolling_leads_to_the_course(browser, trainee):
    fixed = release()

    answer = browser.post("/learn/enrol/course-1/")

    made = Enrolment.objects.get()
    assert answer.url == f"/learn/{made.pk}/"
    assert (made.trainee, made.release, made.state) == (trainee, fixed, "active")


def test_a_double_click_enrols_once(browser):
    release()

    first, second = browser.post("/learn/enrol/course-1/"), browser.post("/learn/enrol/course-1/")

    assert first.url == second.url
    assert Enrolment.objects.count() == 1


def test_who_is_enrolled_already_is_led_to_the_course(browser, on):
    assert browser.get(f"/learn/enrol/{on.course_key}/").url == f"/learn/{on.pk}/"


REFUSED = {
    "no trainee": ({}, Role.EDITOR, "Only trainees enrol."),
    "closed": ({"open_for_enrolment": False}, Role.TRAINEE, "Course 1 is by invitation."),
}


@pytest.mark.parametrize("why", list(REFUSED))
def test_a_refused_enrolment_says_why(as_, why):
    facts, role, sentence = REFUSED[why]
    release(course_page(**facts))

    page = as_(person(role)).post("/learn/enrol/course-1/")

    assert sentence in text(page)
    assert Enrolment.objects.count() == 0


def test_a_course_without_a_release_says_so(browser):
    course_page()

    assert "Course 1 has no release yet." in text(browser.post("/learn/enrol/course-1/"))


def test_an_unpublished_course_cannot_be_enrolled_on(browser):
    course_page().unpublish()

    assert browser.post("/learn/enrol/course-1/").status_code == 404


def test_an_invitation_is_accepted(browser, trainee):
    on = enrolment(trainee, state="invited")
    assert "Accept the invitation" in text(browser.get("/learn/"))

    assert browser.post(f"/learn/{on.pk}/accept/").url == f"/learn/{on.pk}/"
    assert state(on) == "active"


def test_a_double_click_accepts_once_and_without_a_complaint(browser, trainee):
    on = enrolment(trainee, state="invited")
    browser.post(f"/learn/{on.pk}/accept/")

    page = browser.post(f"/learn/{on.pk}/accept/", follow=True)

    assert 'class="notice' not in page.content.decode()
    assert state(on) == "active"


def test_an_invitation_to_a_course_that_was_left_says_why_it_cannot_be_accepted(browser, trainee):
    on = enrolment(trainee, state="withdrawn")

    page = browser.post(f"/learn/{on.pk}/accept/", follow=True)

    assert "This enrolment is “Left the course” and cannot become “Active”." in text(page)


# The course ----------------------------------------------------------------------------------------


def states(page) -> list[tuple[str, str]]:
    """(lesson, its state in words) of the course page."""
    rows = re.findall(r"<li data-state=.*?</li>", page.content.decode(), flags=re.DOTALL)
    return [
        tuple(re.search(r">(Lesson [\d.]+)<.*?>(Finished|Opened|Not yet)", row, flags=re.DOTALL).groups())
        for row in rows
    ]


def test_the_course_page_says_of_each_lesson_whether_it_is_finished(browser, on):
    finish(on, 1)
    progress.open_item(on, lesson(on, 3), at=AT)

    assert states(browser.get(f"/learn/{on.pk}/")) == [
        ("Lesson 1.1", "Finished"),
        ("Lesson 1.2", "Not yet"),
        ("Lesson 2.1", "Opened"),
        ("Lesson 2.2", "Not yet"),
    ]


def test_the_course_page_resumes_where_the_trainee_left(browser, on):
    browser.get(address(on, 3))
    finish(on, 1)

    page = browser.get(f"/learn/{on.pk}/").content.decode()

    assert f'<a class="btn" href="{address(on, 3)}">Carry on at Lesson 2.1</a>' in page


def test_the_module_to_go_on_in_is_open(browser, on):
    finish(on, 1, 2)

    page = browser.get(f"/learn/{on.pk}/").content.decode()

    assert re.findall(r'<details class="module" id="(\w+)" open>', page) == ["m2"]


def test_the_course_page_tells_of_exam_and_practice(browser, on):
    blueprint(on.course_key)
    exercise(on.course_key)

    page = browser.get(f"/learn/{on.pk}/")

    assert "You can start it when you are ready." in text(page)
    assert "0 of 1 exercises and 0 live procedures signed off" in text(page)
    assert f'href="/learn/{on.pk}/practice/"' in page.content.decode()


@pytest.mark.parametrize("state", ["invited", "lapsed", "withdrawn"])
def test_a_course_that_is_not_active_offers_no_lesson(browser, trainee, state):
    on = enrolment(trainee, state=state)
    blueprint(on.course_key)

    page = browser.get(f"/learn/{on.pk}/").content.decode()

    assert re.findall(r"/learn/\d+/[0-9a-f-]{36}/|/exam/", page) == []


def test_a_course_that_was_left_offers_to_enrol_again(browser, trainee):
    on = enrolment(trainee, state="withdrawn")

    page = browser.get(f"/learn/{on.pk}/").content.decode()

    assert f'<a class="btn" href="/learn/enrol/{on.course_key}/">Enrol again</a>' in page


@pytest.mark.parametrize("lessons", [1, 3])
def test_the_course_page_takes_the_same_queries_for_any_number_of_lessons(
    browser, trainee, lessons, django_assert_num_queries, settings
):
    settings.USERSESSIONS_TRACK_ACTIVITY = False
    on = enrolment(trainee, of=release(course_page(lessons=lessons)))

    with django_assert_num_queries(10):
        browser.get(f"/learn/{on.pk}/")


# A lesson ------------------------------------------------------------------------------------------


def test_a_lesson_shows_its_text_and_that_no_expert_has_read_it_yet(browser, on):
    page = text(browser.get(address(on, 2)))

    assert "Text of lesson 1.2." in page
    assert "Awaiting expert review" in page


def test_a_lesson_stands_in_its_module(browser, on):
    assert "M2 Module 2 · lesson 1 of 2" in text(browser.get(address(on, 3)))


def test_opening_a_lesson_is_remembered(browser, on):
    browser.get(address(on, 3))

    assert ItemProgress.objects.get().item == lesson(on, 3)


def test_a_lesson_stays_as_it_was_released(browser, on):
    LessonPage.objects.get(title="Lesson 1.1").delete()

    assert "Text of lesson 1.1." in text(browser.get(address(on)))


def test_a_lesson_without_text_says_so(browser, trainee):
    course = course_page(modules=1, lessons=1)
    LessonPage.objects.update(body="[]")
    on = enrolment(trainee, of=release(course))

    page = text(browser.get(address(on)))

    assert "What it teaches." in page
    assert "This lesson is taught in class and with your trainer; its text is being written." in page


def action(page) -> str:
    """The words of the one main button."""
    end = page.content.decode().split('class="lessonend"')[1]
    [words] = re.findall(r'class="btn"[^>]*>([^<]*)<', end)
    return words


@pytest.mark.parametrize(
    ("finished", "position", "words"),
    [
        ([], 1, "Finish and go on: Lesson 1.2"),
        ([1], 1, "Next: Lesson 1.2"),
        ([1, 2], 4, "Finish this lesson"),
        ([1, 2, 3], 4, "Finish the course"),
        ([1, 3, 4], 2, "Finish the course"),
        ([1, 2, 3, 4], 4, "See the course"),
    ],
)
def test_the_button_at_the_end_says_what_it_does(browser, on, finished, position, words):
    finish(on, *finished)

    assert action(browser.get(address(on, position))) == words


def test_a_lesson_of_another_edition_does_not_exist(browser, on):
    other = release()

    assert browser.get(f"/learn/{on.pk}/{other.items.first().item_id}/").status_code == 404


def test_a_lesson_of_a_lapsed_course_says_what_to_do(browser, trainee):
    on = enrolment(trainee, state="lapsed")

    page = browser.get(address(on), follow=True)

    assert "This enrolment is “Lapsed”. Ask the office to open it again." in text(page)
    assert ItemProgress.objects.count() == 0


@pytest.mark.parametrize("lessons", [1, 3])
def test_a_lesson_takes_eight_queries_and_none_of_them_twice(browser, trainee, lessons, settings):
    """Session, person, roles; enrolment, items, progress, opened, text."""
    settings.USERSESSIONS_TRACK_ACTIVITY = False
    on = enrolment(trainee, of=release(course_page(lessons=lessons)))
    path = address(on)
    browser.get(path)

    with CaptureQueriesContext(connection) as queries:
        browser.get(path)

    asked = [query["sql"] for query in queries]
    assert (len(asked), len(set(asked))) == (8, 8)


# Finishing and leaving -----------------------------------------------------------------------------


def test_finishing_goes_on_to_the_next_lesson(browser, on):
    assert browser.post(f"{address(on)}finish/").url == address(on, 2)
    assert progress.course_of(on).finished == 1


def test_a_double_click_finishes_once(browser, on):
    first, second = browser.post(f"{address(on)}finish/"), browser.post(f"{address(on)}finish/")

    assert first.url == second.url
    assert ItemProgress.objects.count() == 1


def test_the_last_unfinished_lesson_finishes_the_course(browser, on):
    finish(on, 1, 3, 4)

    page = browser.post(f"{address(on, 2)}finish/", follow=True)

    assert page.redirect_chain[0][0] == f"/learn/{on.pk}/"
    assert "You have finished the course “Course 1”." in text(page)
    assert state(on) == "completed"


def test_the_last_lesson_leads_back_while_others_are_unfinished(browser, on):
    assert browser.post(f"{address(on, 4)}finish/").url == f"/learn/{on.pk}/"
    assert state(on) == "active"


def test_a_lesson_of_a_course_that_was_left_is_not_finished(browser, trainee):
    on = enrolment(trainee, state="withdrawn")

    page = browser.post(f"{address(on)}finish/", follow=True)

    assert "This enrolment is “Left the course”. Ask the office to open it again." in text(page)
    assert ItemProgress.objects.count() == 0


def test_leaving_asks_for_a_reason(browser, on):
    page = browser.post(f"/learn/{on.pk}/leave/", {"reason": " "})

    assert list(page.context["form"].errors) == ["reason"]
    assert state(on) == "active"


def test_who_leaves_says_why_and_it_is_kept(browser, on):
    answer = browser.post(f"/learn/{on.pk}/leave/", {"reason": "Moving abroad."})

    assert answer.url == "/learn/"
    assert state(on) == "withdrawn"
    assert on.history.latest().history_change_reason == "Moving abroad."


def test_a_double_click_leaves_once_and_without_a_complaint(browser, on):
    first, second = (browser.post(f"/learn/{on.pk}/leave/", {"reason": "Moving."}) for _ in range(2))

    assert (first.url, second.url) == ("/learn/", "/learn/")
    assert on.history.filter(state="withdrawn").count() == 1


def test_a_finished_course_cannot_be_left_and_keeps_what_was_typed(browser, trainee):
    on = enrolment(trainee, state="completed")

    page = text(browser.post(f"/learn/{on.pk}/leave/", {"reason": "Moving abroad."}))

    assert "This enrolment is “Completed” and cannot become “Left the course”." in page
    assert "Moving abroad." in page
