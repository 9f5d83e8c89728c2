"""Enrolments in the office: who learns on what, how far they are, what can be done. For certification officers."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import enrolling, exams, office_cards, progress
from courses.errors import EnrolmentRefused, ExamRefused
from courses.models import CoursePage, Enrolment, ExamAttempt, ExamBlueprint, ExtraAttempts, TrainerRelation
from courses.office.pages import office_page, page_of
from courses.office_forms import CourseInvitationForm, EnrolmentFilter, EnrolmentReasonForm, FurtherAttemptsForm
from training_site.accounts.models import User
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.reading import history_of
from training_site.accounts.roles import Role
from training_site.common import notices
from training_site.common.days import body_day
from training_site.common.forms import refusals_on

officers = for_roles(Role.CERTIFICATION_OFFICER)
ICON = "group"
State = Enrolment.State


@officers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every enrolment, searchable by name and address, filtered by state, course and what waits."""
    found: QuerySet[Enrolment] = Enrolment.objects.all()
    form = EnrolmentFilter(request.GET)
    if form.is_valid():
        chosen = form.cleaned_data
        if chosen["waiting"] == "trainer":
            found = office_cards.without_trainer(on=body_day(timezone.now()))
        if chosen["waiting"] == "attempts":
            found = office_cards.out_of_attempts()
        if words := chosen["q"]:
            found = found.filter(
                Q(trainee__legal_name__icontains=words)
                | Q(trainee__display_name__icontains=words)
                | Q(trainee__email__icontains=words)
            )
        if chosen["state"]:
            found = found.filter(state=chosen["state"])
        if chosen["course"]:
            found = found.filter(course_key=chosen["course"].key)
    rows = found.select_related("trainee", "release").order_by("-enrolled_at", "-pk")
    return office_page(
        request, "enrolments", {"form": form, "page_obj": page_of(request, rows)}, title="Enrolments", icon=ICON
    )


@officers
@require_safe
def enrolment(request: HttpRequest, pk: int) -> HttpResponse:
    """One enrolment: progress, trainers, exam attempts, history, and what can be done."""
    return _enrolment(request, _found(pk))


def _found(pk: int) -> Enrolment:
    return get_object_or_404(Enrolment.objects.select_related("trainee", "release"), pk=pk)


def _enrolment(
    request: HttpRequest,
    enrolment: Enrolment,
    *,
    reason_form: EnrolmentReasonForm | None = None,
    attempts_form: FurtherAttemptsForm | None = None,
) -> HttpResponse:
    exam = ExamBlueprint.objects.filter(course_key=enrolment.course_key).first()
    # Attempts count per person: those of an earlier enrolment on this course are shown and counted too.
    person = {"enrolment__trainee": enrolment.trainee_id, "enrolment__course_key": enrolment.course_key}
    attempts = ExamAttempt.objects.filter(**person).annotate(of=Count("questions"))
    opened = ExtraAttempts.objects.filter(**person).select_related("opened_by")
    trainers = TrainerRelation.objects.current(on=body_day(timezone.now())).filter(trainee=enrolment.trainee_id)
    return office_page(
        request,
        "enrolment",
        {
            "enrolment": enrolment,
            "course": progress.course_of(enrolment),
            "trainers": trainers.select_related("trainer"),
            "exam": exam,
            "allowed": exams.attempts_allowed(enrolment, exam) if exam else 0,
            "attempts": attempts.order_by("-started_at", "-pk"),
            "opened": opened.order_by("-opened_at", "-pk"),
            "can_lapse": State.LAPSED in enrolling.ALLOWED[enrolment.state],
            "can_go_on": enrolment.state == State.LAPSED,
            "reason_form": reason_form or EnrolmentReasonForm(),
            "attempts_form": attempts_form or FurtherAttemptsForm(),
            "events": history_of(enrolment, reader=person_of(request), at=timezone.now()),
        },
        title=enrolment.trainee.legal_name,
        icon=ICON,
        trail=[(reverse("office_enrolments"), "Enrolments")],
    )


@officers
@require_POST
def lapse(request: HttpRequest, pk: int) -> HttpResponse:
    return _move(request, pk, enrolling.lapse, "Lapsed", "has lapsed. What they did stays on record.")


@officers
@require_POST
def take_up_again(request: HttpRequest, pk: int) -> HttpResponse:
    return _move(request, pk, enrolling.take_up_again, "Taken up again", "is active again.")


def _move(request: HttpRequest, pk: int, move: Callable[..., Enrolment], word: str, done: str) -> HttpResponse:
    found, form = _found(pk), EnrolmentReasonForm(request.POST)
    if form.is_valid():
        with refusals_on(form, EnrolmentRefused):
            move(found, actor=person_of(request), reason=f"{word}. {form.cleaned_data['reason']}")
            messages.success(request, f"The enrolment of {found.trainee.name} {done}")
            return redirect("office_enrolment", pk)
    return _enrolment(request, found, reason_form=form)


@officers
@require_POST
def open_attempts(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = _found(pk), FurtherAttemptsForm(request.POST)
    if form.is_valid():
        with refusals_on(form, ExamRefused):
            opened = exams.open_more(found, actor=person_of(request), at=timezone.now(), **form.cleaned_data)
            messages.success(request, f"Further exam attempts of {found.trainee.name}: {opened.attempts}.")
            return redirect("office_enrolment", pk)
    return _enrolment(request, found, attempts_form=form)


@officers
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    form, now = CourseInvitationForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        trainee, course, actor = form.cleaned_data["trainee"], form.cleaned_data["course"], person_of(request)
        with refusals_on(form, EnrolmentRefused):
            with transaction.atomic():
                made = enrolling.invite(
                    course, trainee=trainee, actor=actor, reason=form.cleaned_data["reason"], at=now
                )
                is_new = made.enrolled_at == now
                if is_new:
                    _tell(trainee, course, actor)
            if is_new:
                messages.success(request, f"The invitation to {trainee.name} is on its way.")
            else:
                messages.info(
                    request, f"{trainee.name} is on this course already: {made.get_state_display().lower()}."
                )
            return redirect("office_enrolment", made.pk)
    return office_page(
        request,
        "invite",
        {"form": form},
        title="Invite to a course",
        icon=ICON,
        trail=[(reverse("office_enrolments"), "Enrolments")],
    )


def _tell(trainee: User, course: CoursePage, actor: User) -> None:
    notices.post(
        to=trainee.email,
        subject=f"Invitation to the course {course.title}",
        text=(
            f"{actor.name} invites you to the course {course.title}.\n\n"
            f"Sign in and accept on your page:\n{settings.BASE_URL}{reverse('my')}\n\n"
            "If you did not expect it, do nothing."
        ),
        kind="course_invitation",
        user=trainee,
    )
