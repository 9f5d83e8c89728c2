"""An assessor's desk: offers answered, work in hand, and where one works."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification import answering, authorising
from certification.desk import desk_of
from certification.errors import AllocationRefused, AuthorisationRefused
from certification.forms.marking import ReasonForm, WorkplaceForm
from certification.models import Workplace
from certification.values import LIVE, AllocationState
from certification.views.pieces import assessors, own_piece
from training_site.accounts.models import User
from training_site.accounts.policies import person_of
from training_site.common.forms import refusals_on


@assessors
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What is offered, in hand, and over lately."""
    person = person_of(request)
    return render(
        request,
        "certification/desk.html",
        {"desk": desk_of(person, at=timezone.now()), "workplaces": _present(person)},
    )


@assessors
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take on a piece of marking, and go to it."""
    piece = own_piece(request, pk)
    try:
        answering.accept(piece, actor=person_of(request), at=timezone.now())
    except AllocationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("desk")
    return redirect("assess", pk)


@assessors
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no to an offer, and why."""
    piece = own_piece(request, pk)
    if piece.state != AllocationState.OFFERED:
        messages.info(request, "Only an offer that waits for an answer can be declined.")
        return redirect("desk")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, AllocationRefused):
            answering.decline(piece, actor=person_of(request), at=timezone.now(), **form.cleaned_data)
            messages.success(
                request, f"Case {piece.submission.case.ref} is declined. The office asks somebody else."
            )
            return redirect("desk")
    return render(request, "certification/desk_answer.html", {"piece": piece, "form": form, "declines": True})


@assessors
@require_http_methods(["GET", "POST"])
def recuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Stand down from a case that one knows, offered or in hand."""
    piece = own_piece(request, pk)
    if piece.state not in LIVE:
        messages.info(request, "This piece of work is over, so there is nothing to stand down from.")
        return redirect("desk")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, AllocationRefused):
            answering.recuse(piece, actor=person_of(request), at=timezone.now(), **form.cleaned_data)
            messages.success(
                request,
                f"You have stood down from case {piece.submission.case.ref}. You are not asked about it again.",
            )
            return redirect("desk")
    return render(request, "certification/desk_answer.html", {"piece": piece, "form": form, "declines": False})


@assessors
@require_http_methods(["GET", "POST"])
def workplaces(request: HttpRequest) -> HttpResponse:
    """Where one works, and another place."""
    person = person_of(request)
    form = WorkplaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, AuthorisationRefused):
            authorising.state_workplace(person, at=timezone.now(), **form.cleaned_data)
            messages.success(request, "Saved. Nobody is asked to mark the work of their own studio.")
            return redirect("workplaces")
    return render(request, "certification/workplaces.html", {"form": form, "workplaces": _present(person)})


@assessors
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one works at a place no more."""
    place = get_object_or_404(Workplace, assessor=person_of(request), left_at=None, pk=pk)
    try:
        authorising.leave_workplace(place, actor=person_of(request), at=timezone.now())
    except AuthorisationRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Noted: you work at {place.studio} no more.")
    return redirect("workplaces")


def _present(person: User) -> list[Workplace]:
    return list(Workplace.objects.filter(assessor=person, left_at=None))
