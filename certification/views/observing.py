"""Observations signed: by a trainer, or by an appointed observer through a link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from certification import observing
from certification.errors import ObservationRefused
from certification.forms.observing import ObservationForm
from certification.models import Observation, ObserverAppointment
from certification.views.linked import behind_a_link, link_ended
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common import links
from training_site.common.days import body_day, in_words
from training_site.common.forms import refusals_on

trainers = for_roles(Role.TRAINER)

LATEST = 20
"""Signed observations that the list shows."""


@trainers
@require_safe
def train_observations(request: HttpRequest) -> HttpResponse:
    """Visits of one's trainees that can be observed, and what one has signed."""
    trainer, today = person_of(request), body_day(timezone.now())
    signed = Observation.objects.filter(observer=trainer).select_related("visit__case__practitioner")
    return render(
        request,
        "certification/train_observations.html",
        {
            "visits": observing.observable(trainer, on=today),
            "signed": signed.order_by("-signed_at", "-pk")[:LATEST],
        },
    )


@trainers
@require_http_methods(["GET", "POST"])
def train_observation(request: HttpRequest, pk: int) -> HttpResponse:
    """One visit of a trainee, and the form to sign what one saw."""
    trainer, now = person_of(request), timezone.now()
    if Observation.objects.filter(visit__pk=pk, observer=trainer).exists():
        messages.info(request, "You have signed this observation.")
        return redirect("train_observations")
    visit = get_object_or_404(observing.observable(trainer, on=body_day(now)), pk=pk)
    form = ObservationForm(request.POST if request.method == "POST" else None, visit=visit)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, ObservationRefused):
            observing.sign(visit, trainer=trainer, at=now, on=body_day(now), **form.cleaned_data)
            name = visit.case.practitioner.name
            messages.success(
                request, f"Your observation of {in_words(visit.visited_on)} is signed. A mail tells {name}."
            )
            return redirect("train_observations")
    return render(
        request,
        "certification/train_observation.html",
        {"visit": visit, "form": form, "name": trainer.legal_name},
    )


@behind_a_link
@require_http_methods(["GET", "POST"])
def observe(request: HttpRequest, token: str) -> HttpResponse:
    """The page of an appointed observer, who signs once."""
    now = timezone.now()
    try:
        link = links.look_up(token, observing.PURPOSE, at=now)
        rows = ObserverAppointment.objects.select_related("visit__case__practitioner")
        appointment = get_object_or_404(rows, pk=link.object_id)
        if request.user == appointment.visit.case.practitioner:
            return render(request, "certification/observe_not_you.html", status=403)
        form = ObservationForm(request.POST if request.method == "POST" else None, visit=appointment.visit)
        if request.method == "POST" and form.is_valid():
            with refusals_on(form, ObservationRefused):
                observing.sign_by_link(link, at=now, on=body_day(now), **form.cleaned_data)
                return render(request, "certification/observe_done.html")
    except links.LinkRefused as refusal:
        return link_ended(request, "certification/observe_ended.html", str(refusal))
    return render(
        request,
        "certification/observe.html",
        {"appointment": appointment, "visit": appointment.visit, "form": form},
    )
