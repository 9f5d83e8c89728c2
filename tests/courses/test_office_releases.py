import pytest
from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page

from courses import releasing
from courses.models import CoursePage, CourseRelease, LessonPage, ModulePage
from tests.factories.courses import AT, course_page, enrolment, release
from tests.people import person
from training_site.accounts.roles import Role
from training_site.starter import permissions

pytestmark = pytest.mark.django_db

LIST = "/cms/training/releases/"
Image, Document = get_image_model(), get_document_model()


@pytest.fixture
def editor():
    permissions.load()
    return person(Role.EDITOR, legal_name="Edda Berg")


@pytest.fixture
def office(as_, editor):
    return as_(editor)


def changed(title: str, **facts: object) -> LessonPage:
    """The lesson with this title, with other facts, published."""
    lesson = LessonPage.objects.get(title=title)
    for name, value in facts.items():
        setattr(lesson, name, value)
    lesson.save_revision().publish()
    return lesson


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_courses_takes_the_same_queries_for_one_and_three(office, rows, django_assert_num_queries):
    for _ in range(rows):
        release(course_page())
    office.get(LIST)

    with django_assert_num_queries(13):
        office.get(LIST)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_course_takes_the_same_queries_for_one_and_three_releases(office, rows, django_assert_num_queries):
    course = course_page()
    for number in range(rows):
        changed("Lesson 1.1", summary=f"Number {number}.")
        enrolment(of=release(course))
    office.get(f"{LIST}{course.pk}/")

    with django_assert_num_queries(18):
        office.get(f"{LIST}{course.pk}/")


@pytest.mark.parametrize("lessons", [1, 3])
def test_a_release_takes_the_same_queries_for_one_and_three_lessons(office, lessons, django_assert_num_queries):
    course = course_page(lessons=lessons)
    release(course)
    office.get(f"{LIST}{course.key}/1/")

    with django_assert_num_queries(12):
        office.get(f"{LIST}{course.key}/1/")


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.EDITOR], ids=str)
def test_releases_do_not_exist_for_anybody_else(as_, role):
    course = course_page()
    release(course)
    browser = as_(person(role))

    addresses = (LIST, f"{LIST}{course.pk}/", f"{LIST}{course.key}/1/")
    assert {browser.get(address).status_code for address in addresses} == {404}


def test_an_editor_releases_what_is_live(office, editor):
    course = course_page()

    response = office.post(f"{LIST}{course.pk}/", {"notes": "The beginning."})

    made = CourseRelease.objects.get()
    assert response.url == f"{LIST}{course.key}/1/"
    assert (made.released_by, made.notes, made.items.count()) == (editor, "The beginning.", 4)


def test_the_form_can_be_sent(office):
    page = office.get(f"{LIST}{course_page().pk}/").content.decode()

    assert page.count('<form method="post"') == page.count("csrfmiddlewaretoken") == 1


def test_a_refused_release_keeps_what_was_typed_and_says_why(office):
    course = course_page()
    release(course)

    page = office.post(f"{LIST}{course.pk}/", {"notes": "Again."}).content.decode()

    assert "Nothing has changed since release 1" in page
    assert "Again." in page
    assert CourseRelease.objects.count() == 1


def test_without_a_change_there_is_nothing_to_release(office):
    course = course_page()
    release(course)

    page = office.get(f"{LIST}{course.pk}/").content.decode()

    assert "Nothing has changed. There is nothing to release." in page
    assert "Release the course" not in page


def test_a_release_is_shown_with_its_lessons_who_made_it_and_its_enrolments(office):
    course = course_page()
    office.post(f"{LIST}{course.pk}/", {"notes": "The beginning."})
    enrolment(of=CourseRelease.objects.get())
    LessonPage.objects.get(title="Lesson 1.1").delete()

    page = office.get(f"{LIST}{course.key}/1/").content.decode()

    assert "by Edda Berg" in page
    assert "1 enrolment," in page
    assert "1. Lesson 1.1" in page


@pytest.mark.both_databases
def test_releases_of_a_deleted_course_stay_in_the_list(office):
    course = course_page()
    release(course)
    course.delete()

    assert f"{LIST}{course.key}/1/" in office.get(LIST).content.decode()


def test_drafts_and_lessons_awaiting_review_are_listed(office):
    course = course_page()
    lesson = changed("Lesson 1.1", reviewed_by="Dr Ito", reviewed_on=AT.date())
    lesson.title = "A draft"
    lesson.save_revision()

    context = office.get(f"{LIST}{course.pk}/").context

    assert [page.title for page in context["drafts"]] == ["Lesson 1.1"]
    assert [page.title for page in context["awaiting"]] == ["Lesson 1.2", "Lesson 2.1", "Lesson 2.2"]
    assert [row[1] for row in office.get(LIST).context["courses"]] == [3]


def swap_modules() -> None:
    first, second = ModulePage.objects.order_by("path")
    second.move(first, pos="left")


def swap_lessons() -> None:
    LessonPage.objects.get(title="Lesson 1.2").move(LessonPage.objects.get(title="Lesson 1.1"), pos="left")


def rename_module() -> None:
    module = ModulePage.objects.order_by("path")[0]
    module.title = "Renamed"
    module.save_revision().publish()


def add_lesson() -> None:
    first = LessonPage.objects.get(title="Lesson 1.1")
    first.add_sibling(instance=LessonPage(title="Lesson 1.0", slug="m1-l0", summary="New."), pos="left")


NOTHING: dict[str, list[str]] = {"added": [], "edited": [], "moved": [], "removed": []}
DONE = {
    "nothing": (lambda: None, {}),
    "a lesson published": (lambda: changed("Lesson 1.2", minutes=9), {"edited": ["Lesson 1.2"]}),
    "another body": (
        lambda: changed("Lesson 1.2", body=[("text", "<p>Other.</p>")]),
        {"edited": ["Lesson 1.2"]},
    ),
    "published without a change": (lambda: changed("Lesson 1.2"), {}),
    "reviewed": (
        lambda: changed("Lesson 1.2", reviewed_by="Dr Ito", reviewed_on=AT.date()),
        {"edited": ["Lesson 1.2"]},
    ),
    "unpublished": (
        lambda: LessonPage.objects.get(title="Lesson 1.2").unpublish(),
        {"removed": ["Lesson 1.2"]},
    ),
    "deleted": (lambda: LessonPage.objects.get(title="Lesson 1.1").delete(), {"removed": ["Lesson 1.1"]}),
    "added": (add_lesson, {"added": ["Lesson 1.0"]}),
    "moved to another module": (
        lambda: LessonPage.objects.get(title="Lesson 1.1").move(ModulePage.objects.get(code="M2"), "last-child"),
        {"moved": ["Lesson 1.1"]},
    ),
    "moved to the neighbouring place of another module": (
        lambda: LessonPage.objects.get(title="Lesson 1.2").move(ModulePage.objects.get(code="M2"), "first-child"),
        {"moved": ["Lesson 1.2"]},
    ),
    "module renamed": (rename_module, {"edited": ["Lesson 1.1", "Lesson 1.2"]}),
}


@pytest.mark.parametrize("what", list(DONE))
def test_what_has_changed_since_a_release_is_told(what):
    course = course_page()
    last = release(course)
    act, expected = DONE[what]

    act()

    changes = releasing.changes_since(last, CoursePage.objects.get(pk=course.pk))
    assert vars(changes) == NOTHING | expected


@pytest.mark.parametrize("act", [swap_lessons, swap_modules])
def test_lessons_in_another_order_have_moved(act):
    course = course_page()
    last = release(course)

    act()

    changes = releasing.changes_since(last, course)
    assert (bool(changes.moved), changes.added, changes.edited, changes.removed) == (True, [], [], [])


def test_before_the_first_release_every_lesson_is_new():
    changes = releasing.changes_since(None, course_page(modules=1))

    assert changes.added == ["Lesson 1.1", "Lesson 1.2"]


# Pictures and files that a release shows ----------------------------------------------------------------


@pytest.fixture
def shown():
    """A picture and a document that release 1 of a course shows, and one of each that no release shows."""
    images = [Image.objects.create(title=f"Picture {n}", file=get_test_image_file()) for n in (1, 2)]
    documents = [
        Document.objects.create(title=f"Sheet {n}", file=ContentFile(b"%PDF-1.7", name=f"sheet{n}.pdf"))
        for n in (1, 2)
    ]
    course = course_page(modules=1, lessons=1, title="Basics")
    changed(
        "Lesson 1.1",
        body=[
            ("figure", {"image": images[0], "alt": "Dots", "caption": ""}),
            ("file", {"title": "Sheet", "file": documents[0]}),
        ],
    )
    release(course)
    return images, documents


SENTENCE = "stays as it is. Basics, release 1 would lose it"
IMAGES, DOCUMENTS = "/cms/images/{}/", "/cms/documents/edit/{}/"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("kind", "delete", "edit"),
    [(0, "/cms/images/{}/delete/", IMAGES), (1, "/cms/documents/delete/{}/", DOCUMENTS)],
    ids=["picture", "document"],
)
def test_what_a_release_shows_is_not_deleted(office, shown, kind, delete, edit, method):
    kept = shown[kind][0]

    response = getattr(office, method)(delete.format(kept.pk), follow=True)

    assert response.redirect_chain == [(edit.format(kept.pk), 302)]
    assert SENTENCE in response.content.decode()
    assert type(kept).objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(
    ("kind", "delete"),
    [(0, "/cms/images/{}/delete/"), (1, "/cms/documents/delete/{}/")],
    ids=["picture", "document"],
)
def test_what_no_release_shows_is_deleted(office, shown, kind, delete):
    other = shown[kind][1]

    office.post(delete.format(other.pk))

    assert not type(other).objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize("kind", [0, 1], ids=["pictures", "documents"])
def test_nothing_is_deleted_in_bulk_when_a_release_shows_one_of_them(office, shown, kind):
    model, (kept, other) = ("wagtailimages/image", "wagtaildocs/document")[kind], shown[kind]

    response = office.post(f"/cms/bulk/{model}/delete/?id={kept.pk}&id={other.pk}&next=/cms/", follow=True)

    assert "Nothing was deleted. Basics, release 1 would lose it" in response.content.decode()
    assert type(kept).objects.filter(pk__in=[kept.pk, other.pk]).count() == 2


@pytest.mark.parametrize("kind", [0, 1], ids=["pictures", "documents"])
def test_what_no_release_shows_is_deleted_in_bulk(office, shown, kind):
    model, (_, other) = ("wagtailimages/image", "wagtaildocs/document")[kind], shown[kind]

    office.post(f"/cms/bulk/{model}/delete/?id={other.pk}")

    assert not type(other).objects.filter(pk=other.pk).exists()


def test_pages_are_still_deleted_in_bulk(office):
    course_page()
    lesson = LessonPage.objects.get(title="Lesson 1.1")

    office.post(f"/cms/bulk/wagtailcore/page/delete/?id={lesson.pk}&next=/cms/")

    assert not Page.objects.filter(pk=lesson.pk).exists()


@pytest.mark.parametrize(
    ("kind", "address"),
    [(0, "/cms/images/multiple/{}/delete/"), (1, "/cms/documents/multiple/{}/delete/")],
    ids=["picture", "document"],
)
def test_the_upload_page_does_not_delete_what_a_release_shows(office, shown, kind, address):
    kept = shown[kind][0]

    response = office.post(address.format(kept.pk), headers={"x-requested-with": "XMLHttpRequest"})

    assert (response.json()["success"], SENTENCE in response.json()["error_message"]) == (False, True)
    assert type(kept).objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(("kind", "address"), [(0, IMAGES), (1, DOCUMENTS)], ids=["picture", "document"])
def test_what_a_release_shows_keeps_its_file_and_may_change_its_title(office, shown, kind, address):
    kept = shown[kind][0]
    name, collection = kept.file.name, kept.collection_id
    facts = {"title": "A better title", "collection": collection, "tags": "", "description": ""}
    new = get_test_image_file("new.png") if kind == 0 else ContentFile(b"%PDF-1.7 new", name="new.pdf")

    office.post(address.format(kept.pk), {**facts, "file": new})
    kept.refresh_from_db()
    assert (kept.file.name, kept.title) == (name, shown[kind][0].title)

    focal = dict.fromkeys(("focal_point_x", "focal_point_y", "focal_point_width", "focal_point_height"), "")
    office.post(address.format(kept.pk), {**facts, **focal})
    kept.refresh_from_db()
    assert (kept.file.name, kept.title) == (name, "A better title")


@pytest.mark.both_databases
def test_a_picture_in_several_releases_names_each(office, shown):
    changed("Lesson 1.1", summary="Other.")
    release(CoursePage.objects.get(title="Basics"))

    page = office.post(f"/cms/images/{shown[0][0].pk}/delete/", follow=True).content.decode()

    assert "Basics, release 1 and Basics, release 2 would lose it" in page


def test_the_shelves_of_pictures_do_not_exist_for_other_staff(as_, shown):
    browser = as_(person(Role.CERTIFICATION_OFFICER))

    assert browser.post(f"/cms/images/{shown[0][1].pk}/delete/").status_code == 404
