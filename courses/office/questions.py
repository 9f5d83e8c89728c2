"""The question bank in the office. For editors."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import questions
from courses.errors import QuestionRefused
from courses.models import ExamBlueprint, Question, QuestionVersion
from courses.office.pages import office_page, page_of
from courses.office_forms import QuestionFilter, QuestionForm, QuestionReasonForm, ReviewForm, WordingForm
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on

editors = for_roles(Role.EDITOR)
ICON = "help"


@editors
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every question with its newest wording, and whether each module has enough for an exam."""
    newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number")
    found = Question.objects.annotate(
        text=Subquery(newest.values("text")[:1]),
        number=Subquery(newest.values("number")[:1]),
        reviewed_by=Subquery(newest.values("reviewed_by")[:1]),
    )
    form = QuestionFilter(request.GET)
    if form.is_valid():
        chosen = form.cleaned_data
        if chosen["q"]:
            found = found.filter(Q(key__icontains=chosen["q"]) | Q(text__icontains=chosen["q"]))
        if chosen["module"]:
            course_key, module_code = chosen["module"]
            found = found.filter(course_key=course_key, module_code=module_code)
        found = found.filter(form.wanted())
    return office_page(
        request,
        "questions",
        {
            "form": form,
            "page_obj": page_of(request, found.order_by("course_key", "key")),
            "banks": [
                (blueprint, questions.bank_of(blueprint))
                for blueprint in ExamBlueprint.objects.order_by("course_key")
            ],
        },
        title="Questions",
        icon=ICON,
    )


@editors
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        course_key, module_code = form.cleaned_data["module"]
        with refusals_on(form, QuestionRefused):
            question = questions.add(
                form.cleaned_data["key"],
                form.wording(),
                course_key=course_key,
                module_code=module_code,
                topic=form.cleaned_data["topic"],
                actor=person_of(request),
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, f"Question {question} is written and waits for an expert's review.")
            return redirect("office_question", question.pk)
    return office_page(
        request, "write_question", {"form": form}, title="Write a question", icon=ICON, trail=[_questions()]
    )


@editors
@require_http_methods(["GET", "POST"])
def reword(request: HttpRequest, pk: int) -> HttpResponse:
    question = get_object_or_404(Question, pk=pk)
    if request.method == "POST":
        form = WordingForm(request.POST)
    else:
        form = WordingForm(initial=WordingForm.initial_of(questions.wording_of(question.newest)))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, QuestionRefused):
            version = questions.reword(
                question, form.wording(), actor=person_of(request), reason=form.cleaned_data["reason"]
            )
            messages.success(request, f"Version {version.number} is in use and waits for an expert's review.")
            return redirect("office_question", question.pk)
    return office_page(
        request,
        "reword_question",
        {"form": form, "question": question},
        title=f"Reword {question}",
        icon=ICON,
        trail=[_questions(), (reverse("office_question", args=[question.pk]), question.key)],
    )


@editors
@require_safe
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: every version with its right answers, and what can be done."""
    return _question(request, get_object_or_404(Question, pk=pk))


def _question(
    request: HttpRequest,
    question: Question,
    *,
    reason_form: QuestionReasonForm | None = None,
    review_form: ReviewForm | None = None,
) -> HttpResponse:
    versions = [
        (version, questions.wording_of(version))
        for version in question.versions.select_related("answer_key").order_by("-number")
    ]
    today = body_day(timezone.now())
    return office_page(
        request,
        "question",
        {
            "question": question,
            "versions": versions,
            "reason_form": reason_form or QuestionReasonForm(),
            "review_form": review_form or ReviewForm(initial={"reviewed_on": today}),
        },
        title=question.key,
        icon=ICON,
        trail=[_questions()],
    )


@editors
@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = get_object_or_404(Question, pk=pk), QuestionReasonForm(request.POST)
    if form.is_valid():
        with refusals_on(form, QuestionRefused):
            questions.retire(
                found, actor=person_of(request), reason=form.cleaned_data["reason"], at=timezone.now()
            )
            messages.success(request, f"Question {found} is retired: it is drawn no more.")
            return redirect("office_question", pk)
    return _question(request, found, reason_form=form)


@editors
@require_POST
def bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = get_object_or_404(Question, pk=pk), QuestionReasonForm(request.POST)
    if form.is_valid():
        with refusals_on(form, QuestionRefused):
            questions.bring_back(found, actor=person_of(request), reason=form.cleaned_data["reason"])
            messages.success(request, f"Question {found} is drawn again.")
            return redirect("office_question", pk)
    return _question(request, found, reason_form=form)


@editors
@require_POST
def review(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    version = get_object_or_404(QuestionVersion.objects.select_related("question"), question__pk=pk, number=number)
    form = ReviewForm(request.POST)
    if form.is_valid():
        with refusals_on(form, QuestionRefused):
            questions.record_review(
                version,
                expert=form.cleaned_data["reviewed_by"],
                on=form.cleaned_data["reviewed_on"],
                actor=person_of(request),
                today=body_day(timezone.now()),
            )
            messages.success(request, f"The review of version {number} is recorded.")
            return redirect("office_question", pk)
    return _question(request, version.question, review_form=form)


def _questions() -> tuple[str, Any]:
    return reverse("office_questions"), "Questions"
