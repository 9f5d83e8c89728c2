"""A trainee's courses: enrol, find again, read, finish, leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import completion, enrolling, exams, practice_record, progress
from courses.errors import CourseRefusal, EnrolmentRefused
from courses.models import CoursePage, Enrolment, ExamBlueprint
from training_site.accounts.forms import ReasonForm
from training_site.accounts.policies import person_of, signed_in
from training_site.common.days import day_of, in_words


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Invitations to accept, courses to carry on with, courses of the past."""
    enrolments = list(Enrolment.objects.for_user(person_of(request)).select_related("release"))
    courses = progress.courses_of([each for each in enrolments if each.state in Enrolment.READABLE])
    return render(
        request,
        "courses/learn_home.html",
        {
            "invitations": [each for each in enrolments if each.state == Enrolment.State.INVITED],
            "readable": [(each, courses[each.pk]) for each in enrolments if each.pk in courses],
            "past": [each for each in enrolments if each.state not in Enrolment.LIVING],
        },
    )


@signed_in
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest, course_key: str) -> HttpResponse:
    """What one enrols on; a POST enrols."""
    user, page = person_of(request), get_object_or_404(CoursePage.objects.live(), key=course_key)
    refusal = ""
    if request.method == "POST":
        try:
            enrolment = enrolling.enrol(page, trainee=user, at=timezone.now())
        except EnrolmentRefused as reason:
            refusal = str(reason)
        else:
            return redirect("learn_course", enrolment.pk)
    elif running := Enrolment.objects.for_user(user).readable().filter(course_key=page.key).first():
        return redirect("learn_course", running.pk)
    return render(request, "courses/learn_enrol.html", {"course_page": page, "refusal": refusal})


@signed_in
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take up an invitation."""
    try:
        enrolling.accept(own_enrolment(request, pk), actor=person_of(request))
    except EnrolmentRefused as refusal:
        # A second click finds the invitation accepted: that is what was wanted.
        if own_enrolment(request, pk).state not in Enrolment.READABLE:
            messages.error(request, str(refusal))
    return redirect("learn_course", pk)


@signed_in
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """What leaving means; a POST with a reason leaves."""
    enrolment, form = own_enrolment(request, pk), ReasonForm(request.POST or None)
    form.fields["reason"].help_text = "Kept with your enrolment, so that the office can help if it can."
    if request.method == "POST" and form.is_valid():
        try:
            enrolling.leave(enrolment, actor=person_of(request), reason=form.cleaned_data["reason"])
        except EnrolmentRefused as refusal:
            if own_enrolment(request, pk).state == Enrolment.State.WITHDRAWN:
                return redirect("learn_home")
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"You have left the course “{enrolment.release.title}”.")
            return redirect("learn_home")
    return render(request, "courses/learn_leave.html", {"enrolment": enrolment, "form": form})


@dataclass(frozen=True)
class Module:
    """A module as its trainee sees it."""

    code: str
    title: str
    rows: Sequence[progress.Row]
    is_current: bool

    @property
    def finished(self) -> int:
        return sum(row.finished for row in self.rows)


@signed_in
@require_safe
def course(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one is, where to go on, every lesson, the exam and the practice."""
    enrolment = own_enrolment(request, pk)
    now, readable = progress.course_of(enrolment), enrolment.state in Enrolment.READABLE
    return render(
        request,
        "courses/learn_course.html",
        {
            "enrolment": enrolment,
            "course": now,
            "modules": modules_of(now),
            "readable": readable,
            "is_invitation": enrolment.state == Enrolment.State.INVITED,
            "was_left": enrolment.state == Enrolment.State.WITHDRAWN,
            "can_leave": enrolment.state in (Enrolment.State.ACTIVE, Enrolment.State.INVITED),
            "exam": _exam(enrolment) if readable else None,
            "practice": _practice(enrolment) if readable else None,
        },
    )


def modules_of(course: progress.Course) -> list[Module]:
    """The rows of a course by module; the module to go on in is the current one."""
    here = course.carry_on.module_code if course.carry_on else None
    modules = []
    for code, group in groupby(course.rows, key=lambda row: row.item.module_code):
        rows = list(group)
        modules.append(Module(code=code, title=rows[0].item.module_title, rows=rows, is_current=code == here))
    return modules


def _exam(enrolment: Enrolment) -> dict[str, Any] | None:
    """What the exam's card says; None for a course without an exam."""
    blueprint = ExamBlueprint.objects.filter(course_key=enrolment.course_key).first()
    if blueprint is None:
        return None
    attempts = list(enrolment.exam_attempts.filter(blueprint=blueprint))
    zone = ZoneInfo(enrolment.trainee.time_zone)
    passed = next((attempt for attempt in attempts if attempt.passed), None)
    running = next((attempt for attempt in attempts if attempt.ended_at is None), None)
    return {
        "title": blueprint.title,
        "passed": passed,
        "passed_on": passed and passed.ended_at and f"Passed on {in_words(day_of(passed.ended_at, zone))}",
        "running": running,
        "obstacle": None if passed or running else exams.obstacle(enrolment, blueprint, at=timezone.now()),
    }


def _practice(enrolment: Enrolment) -> dict[str, int]:
    user, key = enrolment.trainee, enrolment.course_key
    return {
        "exercises": len(practice_record.exercises_of(key)),
        "exercises_signed_off": completion.exercises_signed_off(user, key),
        "live_signed_off": completion.live_procedures_signed_off(user, key),
    }


@signed_in
@require_safe
def lesson(request: HttpRequest, pk: int, item_id: UUID) -> HttpResponse:
    """A lesson of one's edition, and the way on."""
    enrolment = own_enrolment(request, pk)
    now = progress.course_of(enrolment)
    place = _place(now, item_id)
    row = now.rows[place]
    try:
        progress.open_item(enrolment, row.item, at=timezone.now())
    except CourseRefusal as refusal:
        messages.error(request, str(refusal))
        return redirect("learn_course", pk)
    module = next(module for module in modules_of(now) if row in module.rows)
    return render(
        request,
        "courses/lesson.html",
        {
            "enrolment": enrolment,
            "course": now,
            "row": row,
            "item": row.item,
            "previous": now.rows[place - 1].item if place else None,
            "next": now.rows[place + 1].item if place + 1 < len(now.rows) else None,
            "number": module.rows.index(row) + 1,
            "of": len(module.rows),
            "completes": row.item.mandatory and not row.finished and now.mandatory - now.finished == 1,
        },
    )


@signed_in
@require_POST
def finish(request: HttpRequest, pk: int, item_id: UUID) -> HttpResponse:
    """Mark a lesson as finished and go on to the next one."""
    enrolment = own_enrolment(request, pk)
    now = progress.course_of(enrolment)
    place = _place(now, item_id)
    try:
        after = progress.finish_item(enrolment, now.rows[place].item, at=timezone.now())
    except CourseRefusal as refusal:
        messages.error(request, str(refusal))
        return redirect("learn_course", pk)
    if after.state != enrolment.state:
        messages.success(request, f"You have finished the course “{enrolment.release.title}”.")
        return redirect("learn_course", pk)
    if place + 1 < len(now.rows):
        return redirect("learn_lesson", pk, now.rows[place + 1].item.item_id)
    return redirect("learn_course", pk)


def own_enrolment(request: HttpRequest, pk: int) -> Enrolment:
    """The person's own enrolment; everybody else's answers 404."""
    user = person_of(request)
    enrolment = get_object_or_404(Enrolment.objects.for_user(user).select_related("release"), pk=pk)
    enrolment.trainee = user
    return enrolment


def _place(course: progress.Course, item_id: UUID) -> int:
    for place, row in enumerate(course.rows):
        if row.item.item_id == item_id:
            return place
    raise Http404
