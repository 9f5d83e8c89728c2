"""Releases in the office: what has changed, releasing it, and what each release holds. For editors."""

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.query import PageQuerySet

from courses import releasing
from courses.errors import ReleaseRefused
from courses.models import CoursePage, CourseRelease, LessonPage
from courses.office.pages import office_page
from courses.office_forms import ReleaseForm
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.forms import refusals_on

editors = for_roles(Role.EDITOR)
ICON = "history"


@editors
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every course with its newest release, and the releases of courses whose page was deleted."""
    newest = CourseRelease.objects.filter(course_key=OuterRef("key")).order_by("-number")
    courses = CoursePage.objects.order_by("path").annotate(
        newest=Subquery(newest.values("number")[:1]), released_at=Subquery(newest.values("released_at")[:1])
    )
    awaiting = list(_awaiting_review().values_list("path", flat=True))
    return office_page(
        request,
        "releases",
        {
            "courses": [(course, sum(path.startswith(course.path) for path in awaiting)) for course in courses],
            "orphans": _with_counts().exclude(course_key__in=CoursePage.objects.values("key")),
        },
        title="Releases",
        icon=ICON,
    )


@editors
@require_http_methods(["GET", "POST"])
def course(request: HttpRequest, pk: int) -> HttpResponse:
    """One course: what a release would change, and its releases so far. A POST releases."""
    page, form = get_object_or_404(CoursePage, id=pk), ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, ReleaseRefused):
            made = releasing.release(
                page, actor=person_of(request), notes=form.cleaned_data["notes"], at=timezone.now()
            )
            messages.success(request, f"{made} is out: new trainees learn on it.")
            return redirect("office_release", made.course_key, made.number)
    last = CourseRelease.objects.newest(page.key)
    lessons = LessonPage.objects.descendant_of(page)
    return office_page(
        request,
        "course_releases",
        {
            "course": page,
            "form": form,
            "last": last,
            "changes": releasing.changes_since(last, page),
            "drafts": lessons.filter(has_unpublished_changes=True).order_by("path"),
            "awaiting": _awaiting_review().descendant_of(page).order_by("path"),
            "releases": _with_counts().filter(course_key=page.key),
        },
        title=page.title,
        icon=ICON,
        trail=[(reverse("office_releases"), "Releases")],
    )


@editors
@require_safe
def release(request: HttpRequest, course_key: str, number: int) -> HttpResponse:
    """One release: who made it, when, why, and its lessons."""
    found = get_object_or_404(_with_counts(), course_key=course_key, number=number)
    return office_page(
        request,
        "release",
        {"release": found, "items": found.items.defer("body").order_by("position")},
        title=str(found),
        icon=ICON,
        trail=[(reverse("office_releases"), "Releases")],
    )


def _with_counts() -> QuerySet[CourseRelease]:
    return (
        CourseRelease.objects.select_related("released_by")
        .annotate(enrolled=Count("enrolments"))
        .order_by("course_key", "-number")
    )


def _awaiting_review() -> PageQuerySet:
    return LessonPage.objects.live().filter(reviewed_by="")
