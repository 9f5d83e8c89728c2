"""A trainee's practice: what is asked, what was logged, what the trainer said of it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import practice, practice_photos, practice_record
from courses.errors import PracticeRefused
from courses.forms import PicturesForm, PracticeForm
from courses.models import Enrolment, PracticeEntry
from courses.practice import LIVE_PROCEDURES
from courses.practice_record import Standing
from courses.treatments import FaultCode
from courses.views.learning import own_enrolment
from training_site.accounts.policies import person_of, signed_in
from training_site.common import notices
from training_site.common.days import body_day
from training_site.common.forms import refusals_on


@signed_in
@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Every exercise and live procedure, and how far each has come."""
    enrolment = own_enrolment(request, pk)
    return render(
        request,
        "courses/practice_record.html",
        {
            "enrolment": enrolment,
            "record": practice_record.record_of(enrolment),
            "live_needed": LIVE_PROCEDURES,
            "trainers": _trainers(enrolment),
            "can_log": enrolment.state in Enrolment.READABLE,
        },
    )


@signed_in
@require_safe
def exercise(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One exercise: how it is done, what the trainer looks for, and one's own entries."""
    enrolment = own_enrolment(request, pk)
    now = practice_record.record_of(enrolment)
    row = next((row for row in now.exercises if row.exercise.code == code), None)
    if row is None:
        raise Http404
    return render(
        request,
        "courses/practice_exercise.html",
        {
            "enrolment": enrolment,
            "exercise": row.exercise,
            "faults": [FaultCode(fault).label for fault in row.exercise.faults],
            "points": practice.points_of(row.exercise),
            "row": row,
            "entries": [each for each in now.entries if each.entry.exercise == row.exercise],
            "can_log": enrolment.state in Enrolment.READABLE,
        },
    )


@signed_in
@require_http_methods(["GET", "POST"])
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """Log an exercise or a live procedure, with its pictures."""
    enrolment, now = own_enrolment(request, pk), timezone.now()
    exercises = practice_record.exercises_of(enrolment.course_key)
    if not exercises:
        raise Http404  # Nothing is practised on this course.
    if request.method == "POST":
        form = PracticeForm(request.POST, request.FILES, exercises=exercises)
        if form.is_valid():
            with refusals_on(form, PracticeRefused):
                entry = _keep(form.entry(enrolment, at=now), request)
                messages.success(request, _logged(entry))
                _take_in(request, entry, form.cleaned_data["pictures"])
                return redirect("practice_entry", pk, entry.pk)
    else:
        chosen = request.GET.get("exercise", "")
        form = PracticeForm(initial={"what": chosen, "done_on": body_day(now)}, exercises=exercises)
    form.fields["done_on"].widget.attrs["max"] = body_day(now).isoformat()
    return render(request, "courses/practice_log.html", {"enrolment": enrolment, "form": form})


@transaction.atomic
def _keep(entry: PracticeEntry, request: HttpRequest) -> PracticeEntry:
    kept = practice.log(entry, actor=person_of(request), today=body_day(entry.logged_at))
    for trainer in _trainers(kept.enrolment):
        _tell(trainer, kept, "practice_logged", key=f"practice_logged:{kept.pk}:{trainer.pk}")
    return kept


def _logged(entry: PracticeEntry) -> str:
    names = [trainer.name for trainer in _trainers(entry.enrolment)]
    if not names:
        return "Logged. It waits until the office has named your trainer."
    return f"Logged. A mail tells {get_text_list(names, 'and')}."


@signed_in
@require_safe
def entry(request: HttpRequest, pk: int, entry_pk: int) -> HttpResponse:
    """What was logged, its pictures, and the trainer's answers."""
    return _entry(request, _own_entry(request, pk, entry_pk), PicturesForm())


@signed_in
@require_POST
def add_pictures(request: HttpRequest, pk: int, entry_pk: int) -> HttpResponse:
    """Add pictures to an entry that is not signed off."""
    entry, form = _own_entry(request, pk, entry_pk), PicturesForm(request.POST, request.FILES)
    if not form.is_valid():
        return _entry(request, entry, form)
    was_answered = practice_record.logged(entry).answer is not None
    if _take_in(request, entry, form.cleaned_data["pictures"]) and was_answered:
        # The trainer asked for a repeat and no longer waits for this entry.
        with transaction.atomic():
            for trainer in _trainers(entry.enrolment):
                _tell(trainer, entry, "practice_pictures")
    return redirect("practice_entry", pk, entry_pk)


def _own_entry(request: HttpRequest, pk: int, entry_pk: int) -> PracticeEntry:
    enrolment = own_enrolment(request, pk)
    found = get_object_or_404(practice_record.whole(enrolment.practice_entries.all()), pk=entry_pk)
    found.enrolment = enrolment
    return found


def _entry(request: HttpRequest, entry: PracticeEntry, form: PicturesForm) -> HttpResponse:
    logged = practice_record.logged(entry)
    return render(
        request,
        "courses/practice_entry.html",
        {
            "enrolment": entry.enrolment,
            "entry": entry,
            "logged": logged,
            "photos": entry.photos.all(),
            "answers": entry.sign_offs.all(),
            "obstacle": practice_photos.obstacle(entry),
            "to_repeat": logged.standing is Standing.REPEAT,
            "photos_needed": practice.PHOTOS_NEEDED,
            "form": form,
        },
    )


def _take_in(request: HttpRequest, entry: PracticeEntry, uploads: Any) -> int:
    """Take the pictures in, say of each one refused why, and return how many were taken."""
    taken = practice_photos.add_all(entry, uploads, actor=person_of(request))
    if taken.count:
        messages.success(request, f"{taken.count} picture{'' if taken.count == 1 else 's'} added.")
    for sentence in taken.refused:
        messages.error(request, sentence)
    return taken.count


def _trainers(enrolment: Enrolment) -> Any:
    return practice.trainers_of(enrolment.trainee_id, on=body_day(timezone.now()))


def _tell(trainer: Any, entry: PracticeEntry, template: str, *, key: str | None = None) -> None:
    notices.post_template(
        template,
        {
            "trainee": entry.enrolment.trainee.name,
            "title": practice_record.title_of(entry),
            "day": entry.done_on,
            "address": settings.BASE_URL + reverse("train_entry", args=[entry.pk]),
        },
        to=trainer.email,
        user=trainer,
        key=key,
    )
