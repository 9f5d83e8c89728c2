"""A trainer's trainees: what waits, how far each has come, and the answer to an entry."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from courses import completion, practice, practice_record, progress
from courses.errors import PracticeRefused
from courses.forms import SignOffForm
from courses.models import Enrolment, PracticeEntry, SignOff
from courses.practice import LIVE_PROCEDURES
from courses.treatments import FaultCode
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common import notices
from training_site.common.days import body_day, in_words
from training_site.common.forms import refusals_on

trainers = for_roles(Role.TRAINER)


@trainers
@require_safe
def trainees(request: HttpRequest) -> HttpResponse:
    """Everybody one trains today, the longest waiting first, with the entries that wait."""
    trainer, today = person_of(request), body_day(timezone.now())
    waiting = (
        practice.entries_for(trainer, on=today)
        .waiting()
        .select_related("exercise", "enrolment")
        .order_by("enrolment__trainee", "logged_at", "pk")
    )
    by_trainee = {
        pk: [practice_record.Logged(entry=each, answer=None) for each in entries]
        for pk, entries in groupby(waiting, key=lambda each: each.enrolment.trainee_id)
    }
    people = practice.trainees_of(trainer, on=today)
    return render(
        request,
        "courses/train_trainees.html",
        {"people": [(person, by_trainee.get(person.pk, [])) for person in people]},
    )


@dataclass(frozen=True)
class Training:
    """How far a trainee has come on one course."""

    enrolment: Enrolment
    course: progress.Course
    completed: completion.Completed | None
    exam_passed_at: Any
    record: practice_record.Record


@trainers
@require_safe
def trainee(request: HttpRequest, pk: int) -> HttpResponse:
    """One trainee: exercises, live procedures, lessons and exam, for each course they have not left."""
    today = body_day(timezone.now())
    person = get_object_or_404(practice.trainees_of(person_of(request), on=today), pk=pk)
    enrolments = Enrolment.objects.for_user(person).exclude(state=Enrolment.State.WITHDRAWN)
    return render(
        request,
        "courses/train_trainee.html",
        {
            "person": person,
            "trainings": [_training(each) for each in enrolments.select_related("release")],
            "live_needed": LIVE_PROCEDURES,
        },
    )


def _training(enrolment: Enrolment) -> Training:
    user, key = enrolment.trainee_id, enrolment.course_key
    return Training(
        enrolment=enrolment,
        course=progress.course_of(enrolment),
        completed=completion.course_completed(user, key),
        exam_passed_at=completion.exam_passed(user, key),
        record=practice_record.record_of(enrolment),
    )


@trainers
@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """What a trainee logged, and the trainer's answer to it."""
    trainer, now = person_of(request), timezone.now()
    entries = practice.entries_for(trainer, on=body_day(now)).select_related("enrolment__trainee")
    found = get_object_or_404(practice_record.whole(entries), pk=pk)
    form = SignOffForm(request.POST if request.method == "POST" else None, points=practice.points_for(found))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, PracticeRefused):
            given = _answer(found, form, trainer=trainer, at=now)
            messages.success(request, _answered(found, given))
            return redirect("train_trainee", found.enrolment.trainee_id)
    return render(
        request,
        "courses/train_entry.html",
        {
            "entry": found,
            "logged": practice_record.logged(found),
            "faults": [FaultCode(fault).label for fault in found.exercise.faults] if found.exercise else [],
            "photos": found.photos.all(),
            "answers": found.sign_offs.all(),
            "form": form,
        },
    )


@transaction.atomic
def _answer(entry: PracticeEntry, form: SignOffForm, *, trainer: Any, at: Any) -> SignOff:
    answers = form.cleaned_data
    given = practice.answer(
        entry,
        trainer=trainer,
        result=answers["result"],
        seen=answers["seen"],
        note=answers["note"],
        at=at,
        today=body_day(at),
    )
    trainee = entry.enrolment.trainee
    notices.post_template(
        "practice_answered",
        {
            "title": practice_record.title_of(entry),
            "day": entry.done_on,
            "trainer": trainer.name,
            "signed_off": given.result == SignOff.Result.SIGNED_OFF,
            "note": given.note,
            "address": settings.BASE_URL + reverse("practice_entry", args=[entry.enrolment_id, entry.pk]),
        },
        to=trainee.email,
        user=trainee,
        key=f"practice_answered:{given.pk}",
    )
    return given


def _answered(entry: PracticeEntry, given: SignOff) -> str:
    title, name = practice_record.title_of(entry), entry.enrolment.trainee.name
    if given.result == SignOff.Result.SIGNED_OFF:
        return f"{title} of {in_words(entry.done_on)} is signed off. A mail tells {name}."
    return f"{title} of {in_words(entry.done_on)} is to be repeated. A mail tells {name} why."
