"""Training in Wagtail: menu, addresses, what waits on the home page, and files that releases keep."""

from typing import Any

from django.http import Http404, HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem
from wagtail.admin.ui.components import Component

from courses import released_files
from courses.office import enrolments, kept_files, questions, releases, trainers
from training_site.accounts.menus import ItemForRole
from training_site.accounts.policies import person_of
from training_site.accounts.roles import Role
from training_site.common import cards

hooks.register("before_bulk_action", kept_files.refuse_bulk)


@hooks.register("before_serve_document")
def for_whoever_may_read(document: Any, request: HttpRequest) -> None:
    """A file of a lesson does not exist for people who cannot read the lesson."""
    if not released_files.may_fetch(document, person_of(request)):
        raise Http404


@hooks.register("register_admin_urls", order=-1)  # Before Wagtail's own pages of pictures and files.
def urls() -> list[URLPattern]:
    return [
        *kept_files.urls(),
        path("training/releases/", releases.index, name="office_releases"),
        path("training/releases/<int:pk>/", releases.course, name="office_course_releases"),
        path("training/releases/<slug:course_key>/<int:number>/", releases.release, name="office_release"),
        path("training/questions/", questions.index, name="office_questions"),
        path("training/questions/write/", questions.write, name="office_write_question"),
        path("training/questions/<int:pk>/", questions.question, name="office_question"),
        path("training/questions/<int:pk>/reword/", questions.reword, name="office_reword_question"),
        path("training/questions/<int:pk>/retire/", questions.retire, name="office_retire_question"),
        path("training/questions/<int:pk>/bring-back/", questions.bring_back, name="office_bring_question_back"),
        path(
            "training/questions/<int:pk>/versions/<int:number>/review/",
            questions.review,
            name="office_review_question",
        ),
        path("training/enrolments/", enrolments.index, name="office_enrolments"),
        path("training/enrolments/invite/", enrolments.invite, name="office_invite_to_course"),
        path("training/enrolments/<int:pk>/", enrolments.enrolment, name="office_enrolment"),
        path("training/enrolments/<int:pk>/lapse/", enrolments.lapse, name="office_lapse_enrolment"),
        path(
            "training/enrolments/<int:pk>/take-up-again/",
            enrolments.take_up_again,
            name="office_take_up_again",
        ),
        path("training/enrolments/<int:pk>/attempts/", enrolments.open_attempts, name="office_open_attempts"),
        path("training/trainers/", trainers.index, name="office_trainers"),
        path("training/trainers/begin/", trainers.begin, name="office_begin_training"),
        path("training/trainers/<int:pk>/end/", trainers.end, name="office_end_training"),
    ]


@hooks.register("register_admin_menu_item")
def menu() -> MenuItem:
    editor, officer = Role.EDITOR, Role.CERTIFICATION_OFFICER
    items = [
        ItemForRole("Releases", reverse("office_releases"), icon_name=releases.ICON, order=10, role=editor),
        ItemForRole("Questions", reverse("office_questions"), icon_name=questions.ICON, order=20, role=editor),
        ItemForRole("Enrolments", reverse("office_enrolments"), icon_name=enrolments.ICON, order=30, role=officer),
        ItemForRole("Trainers", reverse("office_trainers"), icon_name=trainers.ICON, order=40, role=officer),
    ]
    return SubmenuMenuItem("Training", Menu(items=items), icon_name="openquote", order=110)


class WaitingPanel(Component):
    """What waits for the person, first on the home page of the office."""

    template_name = "courses/office/waiting.html"
    order = 10

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"cards": cards.for_user(parent_context["request"].user, at=timezone.now())}


@hooks.register("construct_homepage_panels")
def waiting(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(WaitingPanel())


@hooks.register("insert_global_admin_css")
def css() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("stipple/css/office.css"))
