"""The theory exam as its candidate sees it. No view here reads an answer key before the attempt has ended."""

import math
import random
from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import exams, marking
from courses.errors import ExamRefused
from courses.models import AttemptQuestion, ExamAttempt, ExamBlueprint, QuestionVersion, ReleaseItem
from courses.views.learning import own_enrolment
from training_site.accounts.policies import signed_in
from training_site.common.days import in_words


@signed_in
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """The rules, the attempts so far, and whether another can start; a POST starts it."""
    enrolment = own_enrolment(request, pk)
    blueprint = get_object_or_404(ExamBlueprint, course_key=enrolment.course_key)
    now, refusal = timezone.now(), ""
    if request.method == "POST":
        try:
            begun = exams.start(enrolment, blueprint, at=now, dice=random.SystemRandom())
        except ExamRefused as reason:
            refusal = str(reason)
        else:
            return redirect("exam", pk, begun.number)
    attempts = list(enrolment.exam_attempts.filter(blueprint=blueprint))
    draw = exams.current_draw(blueprint)
    modules = (
        ReleaseItem.objects.filter(release=enrolment.release_id)
        .order_by()
        .values("module_code")
        .distinct()
        .count()
    )
    return render(
        request,
        "courses/exam_start.html",
        {
            "enrolment": enrolment,
            "blueprint": blueprint,
            "draw": draw,
            "modules": modules,
            "questions": draw.per_module * modules,
            "attempts": attempts,
            "attempts_left": max(exams.attempts_allowed(enrolment, blueprint) - len(attempts), 0),
            "running": next((each for each in attempts if each.ended_at is None), None),
            "passed": next((each for each in attempts if each.passed), None),
            "obstacle": refusal or exams.obstacle(enrolment, blueprint, at=now),
        },
    )


@dataclass(frozen=True)
class Asked:
    """A question as it is put: options are (key, text, whether picked) in the order kept with the attempt."""

    position: int
    text: str
    several: bool
    options: list[tuple[str, str, bool]]

    @property
    def answered(self) -> bool:
        return any(picked for _, _, picked in self.options)


def _asked(question: AttemptQuestion) -> Asked:
    texts = {option["key"]: option["text"] for option in question.version.options}
    return Asked(
        position=question.position,
        text=question.version.text,
        several=question.version.kind == QuestionVersion.Kind.MULTI,
        options=[(key, texts[key], key in question.picked) for key in question.order],
    )


@signed_in
@require_safe
def attempt(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Every question of an open attempt with what was picked so far. An ended attempt leads to its result."""
    sitting, now = _own_attempt(request, pk, number), timezone.now()
    if sitting.ended_at is None and now >= sitting.deadline_at:
        sitting = exams.hand_in(sitting, at=now)
    if sitting.ended_at is not None:
        return redirect("exam_result", pk, number)
    questions = [_asked(question) for question in sitting.questions.select_related("version")]
    return render(
        request,
        "courses/exam.html",
        {
            "enrolment": sitting.enrolment,
            "attempt": sitting,
            "questions": questions,
            "answered": sum(question.answered for question in questions),
            "unanswered": [question.position for question in questions if not question.answered],
            "asks_to_confirm": "unanswered" in request.GET,
            # Rounded up: the page must not call time before the server does.
            "seconds_left": math.ceil((sitting.deadline_at - now).total_seconds()),
        },
    )


@signed_in
@require_POST
def save_one(request: HttpRequest, pk: int, number: int, position: int) -> HttpResponse:
    """Keep the answer to one question: 204, or 409 with the sentence that says why not."""
    sitting = _own_attempt(request, pk, number)
    try:
        exams.save(sitting, position, request.POST.getlist("picked"), at=timezone.now())
    except ExamRefused as refusal:
        return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@signed_in
@require_POST
def save_all(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Keep every answer of the page."""
    sitting = _own_attempt(request, pk, number)
    try:
        _keep_answers(request, sitting)
    except ExamRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Your answers are saved.")
    return redirect("exam", pk, number)


@signed_in
@require_POST
def hand_in(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Keep every answer of the page and end the attempt; unanswered questions ask once more."""
    sitting = _own_attempt(request, pk, number)
    try:
        _keep_answers(request, sitting)
    except ExamRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exam", pk, number)
    if "all_the_same" not in request.POST and sitting.questions.filter(picked=[]).exists():
        return redirect(f"{reverse('exam', args=[pk, number])}?{urlencode({'unanswered': 1})}")
    exams.hand_in(sitting, at=timezone.now())
    return redirect("exam_result", pk, number)


def _keep_answers(request: HttpRequest, sitting: ExamAttempt) -> None:
    """Save what the page answers otherwise than before."""
    now = timezone.now()
    for question in sitting.questions.all():
        picked = request.POST.getlist(f"q{question.position}")
        # An older window of the same attempt shows as open what was answered since: that is no answer.
        if picked and set(picked) != set(question.picked):
            exams.save(sitting, question.position, picked, at=now)


@signed_in
@require_safe
def result(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Points, topics and explanations of an ended attempt. An open one leads back to its questions."""
    sitting = _own_attempt(request, pk, number)
    if sitting.ended_at is None:
        return redirect("exam", pk, number)
    explained = exams.explained(sitting)
    topics = marking.by_topic((_topic(row.question), bool(row.question.right)) for row in explained)
    return render(
        request,
        "courses/exam_result.html",
        {
            "enrolment": sitting.enrolment,
            "attempt": sitting,
            "explained": explained,
            "topics": sorted(topics.items(), key=lambda row: (row[1][0] / row[1][1], row[0])),
            "sentence": _sentence(sitting, of=len(explained)),
            "obstacle": exams.obstacle(sitting.enrolment, sitting.blueprint, at=timezone.now()),
        },
    )


def _sentence(sitting: ExamAttempt, *, of: int) -> str:
    """Points and how the attempt ended, for the head of the result."""
    assert sitting.ended_at is not None
    ended = sitting.ended_at.astimezone(ZoneInfo(sitting.enrolment.trainee.time_zone))
    when = f"at {ended:%H:%M} on {in_words(ended.date())}"
    if sitting.ended_at == sitting.deadline_at:
        how = f"Time was up {when}; the answers saved until then counted."
    else:
        how = f"Handed in {when}."
    return f"{sitting.points} of {of} points; {sitting.pass_mark} pass. {how}"


def _topic(question: AttemptQuestion) -> str:
    about = question.version.question
    return f"{about.topic.capitalize()} ({about.module_code})"


def _own_attempt(request: HttpRequest, pk: int, number: int) -> ExamAttempt:
    enrolment = own_enrolment(request, pk)
    sitting: ExamAttempt = get_object_or_404(enrolment.exam_attempts.select_related("blueprint"), number=number)
    sitting.enrolment = enrolment
    return sitting
