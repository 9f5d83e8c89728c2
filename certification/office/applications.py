"""Applications in the office: read, answered, and what an officer saw. For certification officers."""

import datetime as dt
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from certification import admitting
from certification.errors import ApplicationRefused
from certification.forms.applying import jurisdictions
from certification.models import Application
from certification.office.pages import office_page, page_of
from certification.office_forms import (
    AdmitForm,
    ApplicationFilter,
    AskForMoreForm,
    FeePaidForm,
    RejectForm,
    SeenForm,
)
from certification.prerequisites import local_day, prerequisites_of
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on

officers = for_roles(Role.CERTIFICATION_OFFICER)
ICON = "form"
State = Application.State
Move = Callable[..., Application]


@officers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Applications that were handed in, those that wait first. Drafts are their applicants' own."""
    form = ApplicationFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"q": "", "which": ""}
    found = Application.objects.exclude(state=State.DRAFT).order_by("-submitted_at", "-pk")
    if not chosen["which"]:
        found = Application.objects.waiting()
    elif chosen["which"] != "all":
        found = found.filter(state=chosen["which"])
    if words := chosen["q"]:
        found = found.filter(
            Q(candidate__legal_name__icontains=words)
            | Q(candidate__display_name__icontains=words)
            | Q(candidate__email__icontains=words)
        )
    rows = found.select_related("candidate", "scheme_version__scheme")
    return office_page(
        request,
        "applications",
        {"form": form, "page_obj": page_of(request, rows)},
        title="Applications",
        icon=ICON,
    )


@officers
@require_safe
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """One application, with everything to decide on."""
    return _application(request, _found(pk))


def _found(pk: int) -> Application:
    handed_in = Application.objects.exclude(state=State.DRAFT)
    return get_object_or_404(handed_in.select_related("candidate", "scheme", "scheme_version__scheme"), pk=pk)


def _application(request: HttpRequest, found: Application, **sent: forms.Form) -> HttpResponse:
    now = timezone.now()
    obstacle = admitting.obstacle(found, actor=person_of(request), at=now)
    today = {"seen_on": body_day(now), "paid_on": body_day(now)}
    allowed = admitting.ALLOWED[found.state]
    answers = {"ask_form": State.MORE_INFO, "admit_form": State.ADMITTED, "reject_form": State.REJECTED}
    hidden = {name for name, state in answers.items() if state not in allowed}
    if found.scheme_version.fee_amount is None:
        hidden.add("fee_form")
    is_closed = found.state not in Application.OPEN or obstacle is not None
    shown = {
        "identity_form": SeenForm(initial=today, auto_id="identity_%s"),
        "age_form": SeenForm(initial=today, auto_id="age_%s"),
        "fee_form": FeePaidForm(initial=today),
        "ask_form": AskForMoreForm(auto_id="ask_%s"),
        "admit_form": AdmitForm(auto_id="admit_%s"),
        "reject_form": RejectForm(auto_id="reject_%s"),
        **sent,
    }
    return office_page(
        request,
        "application",
        {
            "application": found,
            "jurisdiction": dict(jurisdictions()).get(found.jurisdiction_key, found.jurisdiction_key),
            "prerequisites": prerequisites_of(found, on=local_day(found, now)),
            "obstacle": obstacle,
            "is_open": found.state in Application.OPEN,
            "hidden": hidden,
            # A form that is gone since it was opened: its refusal stands alone.
            "gone": [form for name, form in sent.items() if is_closed or name in hidden],
            **{name: _of_this_handing_in(form, found) for name, form in shown.items()},
        },
        title=found.candidate.legal_name,
        icon=ICON,
        trail=[(reverse("office_applications"), "Applications")],
    )


def _of_this_handing_in(form: forms.Form, found: Application) -> forms.Form:
    """``form``, carrying the instant of the handing-in that the page shows, so that it answers no later one."""
    instant = found.submitted_at.isoformat() if found.submitted_at else ""
    form.fields["submitted_at"] = forms.CharField(widget=forms.HiddenInput, initial=instant)
    if form.is_bound:
        form.data = {**dict(form.data.items()), "submitted_at": instant}
    return form


def _as_read(request: HttpRequest, found: Application) -> Application:
    """``found`` with the handing-in that the officer had before them; None when the form does not say."""
    try:
        found.submitted_at = dt.datetime.fromisoformat(request.POST.get("submitted_at", ""))
    except ValueError:
        found.submitted_at = None
    return found


def _act(request: HttpRequest, pk: int, name: str, form: forms.Form, move: Move, done: str) -> HttpResponse:
    """Do ``move`` with what the form holds; a refusal stands above that form, with what was typed."""
    found = _as_read(request, _found(pk))
    if form.is_valid():
        with refusals_on(form, ApplicationRefused):
            move(found, actor=person_of(request), at=timezone.now(), **form.cleaned_data)
            messages.success(request, done.format(name=found.candidate.name))
            return redirect("office_application", pk)
    return _application(request, _found(pk), **{name: form})


@officers
@require_POST
def identity(request: HttpRequest, pk: int) -> HttpResponse:
    form = SeenForm(request.POST, auto_id="identity_%s")
    done = "Recorded: the identity document of {name} was seen."
    return _act(request, pk, "identity_form", form, admitting.record_identity, done)


@officers
@require_POST
def age(request: HttpRequest, pk: int) -> HttpResponse:
    form = SeenForm(request.POST, auto_id="age_%s")
    return _act(
        request, pk, "age_form", form, admitting.record_age, "Recorded: proof of the age of {name} was seen."
    )


@officers
@require_POST
def fee(request: HttpRequest, pk: int) -> HttpResponse:
    form = FeePaidForm(request.POST)
    return _act(request, pk, "fee_form", form, admitting.record_fee, "Recorded: {name} paid the fee.")


@officers
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    form = AskForMoreForm(request.POST, auto_id="ask_%s")
    return _act(request, pk, "ask_form", form, admitting.ask_for_more, "A mail asks {name} for more.")


@officers
@require_POST
def admit(request: HttpRequest, pk: int) -> HttpResponse:
    form = AdmitForm(request.POST, auto_id="admit_%s")
    return _act(request, pk, "admit_form", form, admitting.admit, "{name} is admitted, and the case file is open.")


@officers
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    form = RejectForm(request.POST, auto_id="reject_%s")
    return _act(request, pk, "reject_form", form, admitting.reject, "The application of {name} is rejected.")


def urls() -> list[URLPattern]:
    """Addresses below ``/cms/``."""
    one = "certification/applications/<int:pk>/"
    return [
        path("certification/applications/", index, name="office_applications"),
        path(one, application, name="office_application"),
        path(f"{one}identity/", identity, name="office_application_identity"),
        path(f"{one}age/", age, name="office_application_age"),
        path(f"{one}fee/", fee, name="office_application_fee"),
        path(f"{one}ask/", ask, name="office_application_ask"),
        path(f"{one}admit/", admit, name="office_application_admit"),
        path(f"{one}reject/", reject, name="office_application_reject"),
    ]
