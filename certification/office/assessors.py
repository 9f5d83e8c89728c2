"""Assessors in the office: who may assess, on what basis, until when. For certification officers."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification import authorising
from certification.errors import AuthorisationRefused
from certification.forms.marking_office import AuthoriseForm, DecideForm, EndAuthorisationForm
from certification.models import AssessorAuthorisation, SchemeVersion, Workplace
from certification.office.pages import office_page, page_of
from certification.values import LIVE, AuthorisationBasis
from training_site.accounts.models import User
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common import approvals
from training_site.common.approvals import ApprovalRefused
from training_site.common.days import body_day
from training_site.common.forms import refusals_on
from training_site.common.models import Proposal

officers = for_roles(Role.CERTIFICATION_OFFICER)
ICON = "group"
TITLE = "Assessors"

DECIDE = {
    "confirm": (approvals.confirm, "Confirm", "The authorisation is confirmed."),
    "reject": (approvals.reject, "Reject", "The proposal is rejected."),
    "cancel": (approvals.cancel, "Take back", "Your proposal is taken back."),
}
"""What is done with a proposal: the rule, its button, and what is said afterwards."""


def urls() -> list[URLPattern]:
    """Addresses below ``/cms/``."""
    return [
        path("certification/assessors/", index, name="office_assessors"),
        path("certification/assessors/<int:pk>/authorise/", authorise, name="office_authorise"),
        path("certification/authorisations/<int:pk>/end/", end, name="office_end_authorisation"),
        path("certification/authorisations/proposed/<int:pk>/", decide, name="office_decide_authorisation"),
    ]


@officers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everybody who assesses or did, with what waits for a second officer."""
    return _index(request)


def _index(request: HttpRequest, **sent: forms.Form) -> HttpResponse:
    today = body_day(timezone.now())
    people = User.objects.filter(
        Q(pk__in=User.objects.holding(Role.ASSESSOR).values("pk")) | Q(authorisations__isnull=False)
    ).distinct()
    rows = people.annotate(
        in_hand=Count("allocations", filter=Q(allocations__state__in=LIVE), distinct=True)
    ).prefetch_related(
        Prefetch("authorisations", AssessorAuthorisation.objects.order_by("-starts_on", "-pk")),
        Prefetch("workplaces", Workplace.objects.filter(left_at=None), "present_places"),
    )
    page = page_of(request, rows.order_by("legal_name", "pk"))
    page.object_list = [_row(each, today=today, reader=person_of(request)) for each in page.object_list]
    return office_page(
        request,
        "assessors",
        {"page_obj": page, "proposals": _proposals(request, sent)},
        title=TITLE,
        icon=ICON,
    )


def _row(person: Any, *, today: dt.date, reader: User) -> dict[str, Any]:
    return {
        "person": person,
        "authorisations": [
            {
                "authorisation": each,
                "counts": each.starts_on <= today and (each.ends_on is None or each.ends_on >= today),
                "may_end": person.pk != reader.pk and (each.ends_on is None or each.ends_on >= today),
            }
            for each in person.authorisations.all()
        ],
        "places": person.present_places,
        "in_hand": person.in_hand,
        "is_self": person.pk == reader.pk,
    }


def _proposals(request: HttpRequest, sent: dict[str, forms.Form]) -> list[dict[str, Any]]:
    """What waits for a second officer, with the forms of what this one may do."""
    rows = list(authorising.proposed())
    people = User.objects.in_bulk([int(row.object_id) for row in rows])
    reader = person_of(request)
    found = []
    for row in rows:
        person = people[int(row.object_id)]
        acts = ["cancel"] if row.proposed_by_id == reader.pk else ["confirm", "reject"]
        found.append(
            {
                "proposal": row,
                "person": person,
                "basis": AuthorisationBasis(row.payload["basis"]).label,
                "starts_on": dt.date.fromisoformat(row.payload["starts_on"]),
                "ends_on": dt.date.fromisoformat(row.payload["ends_on"]) if row.payload["ends_on"] else None,
                "forms": [
                    {
                        "name": name,
                        "button": DECIDE[name][1],
                        "form": sent.get(f"{name}_{row.pk}") or DecideForm(auto_id=f"{name}_{row.pk}_%s"),
                    }
                    for name in acts
                    if person.pk != reader.pk
                ],
            }
        )
    return found


@officers
@require_http_methods(["GET", "POST"])
def authorise(request: HttpRequest, pk: int) -> HttpResponse:
    """Authorise somebody on experience, or propose another basis."""
    person = get_object_or_404(User.objects.holding(Role.ASSESSOR), pk=pk)
    form = AuthoriseForm(
        request.POST if request.method == "POST" else None, initial={"starts_on": body_day(timezone.now())}
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, AuthorisationRefused, ApprovalRefused):
            messages.success(request, _write(request, person, **form.cleaned_data))
            return redirect("office_assessors")
    return office_page(
        request,
        "assessor_form",
        {"form": form, "button": "Authorise or propose", "sentence": _workplaces_of(person)},
        title=f"Authorise {person.legal_name}",
        icon=ICON,
        trail=[(reverse("office_assessors"), TITLE)],
    )


def _workplaces_of(person: User) -> str:
    places = [str(place) for place in person.workplaces.filter(left_at=None)]
    if not places:
        return f"{person.name} has not said yet where they work, and is asked for nothing until then."
    return f"{person.name} works at {' and at '.join(places)}."


def _write(request: HttpRequest, person: User, *, version: SchemeVersion, basis: str, **facts: Any) -> str:
    officer, now = person_of(request), timezone.now()
    if basis == AuthorisationBasis.EXPERIENCE:
        authorising.grant(person, version, **facts, officer=officer, at=now)
        return f"{person.name} is authorised."
    authorising.propose(person, version, basis=basis, **facts, officer=officer, at=now)
    return f"Proposed for {person.name}. Another officer confirms it."


@officers
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the last day of an authorisation."""
    kept = get_object_or_404(AssessorAuthorisation.objects.select_related("assessor", "scheme"), pk=pk)
    form = EndAuthorisationForm(
        request.POST if request.method == "POST" else None, initial={"on": body_day(timezone.now())}
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, AuthorisationRefused):
            authorising.end(kept, **form.cleaned_data, officer=person_of(request), at=timezone.now())
            messages.success(request, f"The authorisation of {kept.assessor.name} has a last day now.")
            return redirect("office_assessors")
    sentence = f"{kept.assessor.name}, {kept.scheme}: {kept.get_basis_display().lower()}."
    return office_page(
        request,
        "assessor_form",
        {"form": form, "button": "End the authorisation", "serious": True, "sentence": sentence},
        title="End an authorisation",
        icon=ICON,
        trail=[(reverse("office_assessors"), TITLE)],
    )


@officers
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm, reject or take back a proposal; which one says the button."""
    proposal = get_object_or_404(Proposal, kind=authorising.KIND, pk=pk)
    name = request.POST.get("do", "")
    if name not in DECIDE:
        return redirect("office_assessors")
    rule, _, done = DECIDE[name]
    form = DecideForm(request.POST, auto_id=f"{name}_{pk}_%s")
    if form.is_valid():
        with refusals_on(form, AuthorisationRefused, ApprovalRefused):
            rule(proposal, actor=person_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
            messages.success(request, done)
            return redirect("office_assessors")
    if not authorising.proposed().filter(pk=pk).exists():
        # It was decided meanwhile, and its form is gone.
        messages.error(request, " ".join(map(str, form.non_field_errors())) or "This proposal is decided already.")
        return redirect("office_assessors")
    return _index(request, **{f"{name}_{pk}": form})
