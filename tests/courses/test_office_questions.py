import pytest

from courses.models import Question
from tests.factories.courses import AT, blueprint, course_page, question, release
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db

LIST = "/cms/training/questions/"


@pytest.fixture
def course():
    made = course_page()
    release(made)
    return made


@pytest.fixture
def office(as_):
    return as_(person(Role.EDITOR))


def typed(**changes: str) -> dict[str, str]:
    """What an editor types for a question with one answer."""
    return {
        "key": "m1-q99",
        "module": "course-1:M1",
        "topic": "limits",
        "kind": "single",
        "difficulty": "easy",
        "text": "Which is right?",
        "option_1": "Yes",
        "right_1": "on",
        "option_2": "No",
        "explanation": "Because.",
        "section": "5.3",
        "refs": "S25, S42",
        "reason": "Gap in the bank.",
        **changes,
    }


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three(office, course, rows, django_assert_num_queries):
    for _ in range(rows):
        question(course.key)
    office.get(LIST)

    with django_assert_num_queries(16):
        office.get(LIST)


@pytest.mark.parametrize("versions", [1, 3])
def test_a_question_takes_the_same_queries_for_one_and_three_versions(
    office, course, versions, django_assert_num_queries
):
    kept = question(course.key).question
    for number in range(1, versions):
        office.post(f"{LIST}{kept.pk}/reword/", typed(text=f"Wording {number}?"))
    assert len(office.get(f"{LIST}{kept.pk}/").context["versions"]) == versions

    with django_assert_num_queries(11):
        office.get(f"{LIST}{kept.pk}/")


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.EDITOR], ids=str)
def test_questions_do_not_exist_for_anybody_else(as_, course, role):
    kept = question(course.key).question
    browser = as_(person(role))

    assert {browser.get(url).status_code for url in (LIST, f"{LIST}{kept.pk}/", f"{LIST}write/")} == {404}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["q1", "q2", "q3"]),
        ({"q": "question 2?"}, ["q2"]),
        ({"q": "Q3"}, ["q3"]),
        ({"module": "course-1:M2"}, ["q2"]),
        ({"use": "retired"}, ["q3"]),
        ({"use": "active"}, ["q1", "q2"]),
        ({"review": "reviewed"}, ["q1"]),
        ({"review": "awaiting"}, ["q2"]),
        ({"module": "nonsense"}, ["q1", "q2", "q3"]),
    ],
    ids=["everything", "by text", "by key", "by module", "retired", "in use", "reviewed", "awaiting", "unknown"],
)
def test_questions_are_found(office, course, asked, found):
    question(course.key, reviewed_by="Dr Ito", reviewed_on=AT.date())
    question(course.key, module="M2")
    retired = question(course.key).question
    retired.retired_at = AT
    save_as(retired, actor=None, reason="Wrong.")

    page = office.get(LIST, asked)

    assert [row.key for row in page.context["page_obj"]] == found


def test_a_module_with_too_few_questions_is_named(office, course):
    blueprint(course.key, questions_per_module=1)

    page = office.get(LIST).content.decode()

    assert page.count("No: write 1 more. Until then no exam can start.") == 2


def test_every_form_can_be_sent(office, course):
    kept = question(course.key).question
    addresses = (f"{LIST}write/", f"{LIST}{kept.pk}/", f"{LIST}{kept.pk}/reword/")
    pages = [office.get(address).content.decode() for address in addresses]

    assert [page.count('<form method="post"') for page in pages] == [1, 2, 1]
    assert [page.count("csrfmiddlewaretoken") for page in pages] == [1, 2, 1]


def test_a_question_is_written(office, course):
    response = office.post(f"{LIST}write/", typed())

    kept = Question.objects.get(key="m1-q99")
    assert response.url == f"{LIST}{kept.pk}/"
    assert (kept.course_key, kept.module_code, kept.newest.answer_key.correct) == ("course-1", "M1", ["a"])
    assert kept.newest.answer_key.source == {"section": "5.3", "refs": ["S25", "S42"]}


def test_a_refused_question_keeps_what_was_typed_and_says_why(office, course):
    page = office.post(f"{LIST}write/", typed(right_2="on")).content.decode()

    assert "exactly one right option; 2 are ticked" in page
    assert "Gap in the bank." in page
    assert not Question.objects.exists()


def test_a_tick_beside_an_empty_option_is_refused(office, course):
    page = office.post(f"{LIST}write/", typed(right_5="on")).content.decode()

    assert "marked as right but empty" in page


def test_a_new_version_starts_from_the_newest_wording(office, course):
    kept = question(course.key, several=True).question

    form = office.get(f"{LIST}{kept.pk}/reword/").context["form"]

    assert (form["text"].value(), form["kind"].value()) == ("Question 1?", "multi")
    assert [(text.value(), bool(right.value())) for text, right in form.option_rows()] == [
        ("Option a of 1", True),
        ("Option b of 1", True),
        ("Option c of 1", False),
        ("Option d of 1", False),
        (None, False),
        (None, False),
    ]


def test_a_new_version_is_written(office, course):
    kept = question(course.key).question

    response = office.post(f"{LIST}{kept.pk}/reword/", typed())

    assert response.url == f"{LIST}{kept.pk}/"
    assert (kept.newest.number, kept.newest.text) == (2, "Which is right?")


def test_a_refused_version_keeps_what_was_typed(office, course):
    kept = question(course.key).question

    page = office.post(f"{LIST}{kept.pk}/reword/", typed(kind="multi")).content.decode()

    assert "at least two right options" in page
    assert "Which is right?" in page
    assert kept.versions.count() == 1


def test_every_version_is_shown_with_its_right_answers(office, course):
    kept = question(course.key).question
    office.post(f"{LIST}{kept.pk}/reword/", typed())

    page = office.get(f"{LIST}{kept.pk}/").content.decode()

    assert page.count("<strong>Option a of 1</strong> (right)") == 1
    assert page.count("<strong>Yes</strong> (right)") == 1


def test_a_question_is_retired_and_brought_back(office, course):
    kept = question(course.key).question

    office.post(f"{LIST}{kept.pk}/retire/", {"reason": "The law changed."})
    assert Question.objects.active().count() == 0

    office.post(f"{LIST}{kept.pk}/bring-back/", {"reason": "It did not."})
    assert Question.objects.active().count() == 1


@pytest.mark.parametrize(("act", "sentence"), [("retire", "retired already"), ("bring-back", "in use already")])
def test_what_a_colleague_has_done_meanwhile_is_told(office, course, act, sentence):
    kept = question(course.key).question
    if act == "retire":
        office.post(f"{LIST}{kept.pk}/retire/", {"reason": "The law changed."})

    page = office.post(f"{LIST}{kept.pk}/{act}/", {"reason": "Typed before."}).content.decode()

    assert sentence in page
    assert "Typed before." in page


def test_retiring_needs_a_reason(office, course):
    kept = question(course.key).question

    page = office.post(f"{LIST}{kept.pk}/retire/", {"reason": ""})

    assert list(page.context["reason_form"].errors) == ["reason"]
    assert Question.objects.active().count() == 1


def test_a_review_is_recorded(office, course):
    version = question(course.key)

    office.post(
        f"{LIST}{version.question_id}/versions/1/review/",
        {"reviewed_by": "Dr Ito", "reviewed_on": "2026-05-04"},
    )

    version.refresh_from_db()
    assert (version.reviewed_by, str(version.reviewed_on)) == ("Dr Ito", "2026-05-04")


def test_a_refused_review_keeps_what_was_typed_and_says_why(office, course):
    version = question(course.key)

    page = office.post(
        f"{LIST}{version.question_id}/versions/1/review/",
        {"reviewed_by": "Dr Ito", "reviewed_on": "2999-01-01"},
    ).content.decode()

    assert "lies in the future" in page
    assert 'value="Dr Ito"' in page


def test_a_version_of_another_question_is_not_reviewed_here(office, course):
    one, other = question(course.key).question, question(course.key).question
    office.post(f"{LIST}{other.pk}/reword/", typed())

    response = office.post(
        f"{LIST}{one.pk}/versions/2/review/", {"reviewed_by": "Dr Ito", "reviewed_on": "2026-05-04"}
    )

    assert (response.status_code, other.newest.number, other.newest.reviewed_by) == (404, 2, "")
