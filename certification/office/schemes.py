"""Schemes in the office: every version to read; fee, approval, coming into force. For certification officers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from certification import schemes
from certification.errors import SchemeRefused
from certification.models import SchemeVersion
from certification.office.pages import office_page, page_of
from certification.office_forms import FeeForm, SchemeReasonForm
from courses.treatments import TreatmentType
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on

officers = for_roles(Role.CERTIFICATION_OFFICER)
ICON = "list-ul"
State = SchemeVersion.State

PARTS = {
    "prerequisites": "Before assessment",
    "cases": "The case file",
    "stages": "Stages",
    "markers": "Assessors",
    "agreement": "Agreement of two assessors",
    "autofail": "Auto-fail events",
    "outcomes": "Outcomes",
    "resubmission": "Another attempt",
    "feedback": "Feedback",
    "appeal": "Appeal",
    "validity": "Validity",
    "renewal": "Renewal",
}
"""Parts of the rules that are shown, and their headings."""

RULES = {
    "age_min": "age, at least",
    "bbp_proof_max_age": "bloodborne training counts for",
    "practice_exercises": "exercises on practice skin",
    "live_procedures": "live procedures, at least",
    "passed_min": "passed cases, at least",
    "treatments_min": "kinds of treatment, at least",
    "skin_bands_min": "skin bands, at least",
    "limit_attempts": "attempts at a case, at most",
    "total_min": "total, at least",
    "critical_level_min": "level of each critical criterion, at least",
    "criteria_at_0_max": "criteria at level 0, at most",
    "criteria_at_1_max": "criteria at level 1, at most",
    "cpd_hours": "hours of further training",
    "earliest_days": "earliest day",
}
"""Rules whose name in the data needs other words."""


@officers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every version of every scheme, the newest first."""
    rows = SchemeVersion.objects.select_related("scheme", "rubric__rubric").order_by("scheme__title", "-number")
    return office_page(request, "schemes", {"page_obj": page_of(request, rows)}, title="Schemes", icon=ICON)


@officers
@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version to read in full, and what can be done with it."""
    return _version(request, _found(pk))


def _found(pk: int) -> SchemeVersion:
    return get_object_or_404(SchemeVersion.objects.select_related("scheme", "rubric__rubric"), pk=pk)


def _version(
    request: HttpRequest,
    found: SchemeVersion,
    *,
    fee_form: FeeForm | None = None,
    reason_form: SchemeReasonForm | None = None,
) -> HttpResponse:
    faults = schemes.faults(found)
    fee = {"amount": found.fee_amount, "currency": found.fee_currency}
    return office_page(
        request,
        "scheme",
        {
            "version": found,
            "faults": faults,
            "parts": [(title, list(_rules(found.rules.get(key, {})))) for key, title in PARTS.items()],
            "treatments": [] if faults else _slots(found),
            "criteria": found.rubric.criteria.prefetch_related("levels"),
            "screen": None if faults else found.screen,
            "can_change": found.state == State.DRAFT,
            "can_put_into_force": found.state == State.APPROVED,
            "fee_form": fee_form or FeeForm(initial=fee, auto_id="fee_%s"),
            "reason_form": reason_form or SchemeReasonForm(),
        },
        title=str(found),
        icon=ICON,
        trail=[(reverse("office_schemes"), "Schemes")],
    )


def _rules(part: Mapping[str, Any], path_to: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Each rule of a part of the data as a row: what, value, unit, source. Worked examples are left out."""
    if not isinstance(part, Mapping):  # Data that approval will refuse is shown all the same.
        return
    for key, entry in part.items():
        what = (*path_to, RULES.get(key, key.replace("_", " ")))
        if key.startswith("example"):
            continue
        if isinstance(entry, Mapping) and "value" not in entry:
            yield from _rules(entry, what)
        elif isinstance(entry, Mapping):
            yield {
                "what": ": ".join(what).capitalize(),
                "value": _in_words(entry["value"]),
                "unit": entry.get("unit", ""),
                "source": entry.get("source", ""),
            }
        else:
            yield {"what": ": ".join(what).capitalize(), "value": _in_words(entry), "unit": "", "source": ""}


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _slots(found: SchemeVersion) -> list[tuple[str, list[Any]]]:
    """Each treatment with the photographs it needs. Treatments that need the same share a table."""
    tables: dict[tuple[str, ...], list[str]] = {}
    for treatment in TreatmentType:
        keys = tuple(slot.key for slot in found.evidence.for_treatment(treatment))
        tables.setdefault(keys, []).append(treatment.label)
    return [
        (", ".join(labels), [found.evidence.slot(key) for key in keys]) for keys, labels in tables.items() if keys
    ]


@officers
@require_POST
def fee(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = _found(pk), FeeForm(request.POST, auto_id="fee_%s")
    if form.is_valid():
        with refusals_on(form, SchemeRefused):
            reason = f"Fee changed. {form.cleaned_data['reason']}"
            schemes.set_fee(found, form.cleaned_data["fee"], actor=person_of(request), reason=reason)
            messages.success(request, "The fee is kept. It stands from approval on.")
            return redirect("office_scheme", pk)
    return _version(request, found, fee_form=form)


@officers
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    return _move(
        request,
        pk,
        lambda found, **by: schemes.approve(found, at=now, **by),
        "Approved",
        "is approved and frozen.",
    )


@officers
@require_POST
def put_into_force(request: HttpRequest, pk: int) -> HttpResponse:
    today = body_day(timezone.now())
    return _move(
        request,
        pk,
        lambda found, **by: schemes.put_into_force(found, on=today, **by),
        "Put into force",
        "is in force. Applications from now on are made under it.",
    )


def _move(request: HttpRequest, pk: int, move: Callable[..., SchemeVersion], word: str, done: str) -> HttpResponse:
    found, form = _found(pk), SchemeReasonForm(request.POST)
    if form.is_valid():
        with refusals_on(form, SchemeRefused):
            move(found, actor=person_of(request), reason=f"{word}. {form.cleaned_data['reason']}")
            messages.success(request, f"{found} {done}")
            return redirect("office_scheme", pk)
    return _version(request, found, reason_form=form)


def urls() -> list[URLPattern]:
    """Addresses below ``/cms/``."""
    one = "certification/schemes/<int:pk>/"
    return [
        path("certification/schemes/", index, name="office_schemes"),
        path(one, version, name="office_scheme"),
        path(f"{one}fee/", fee, name="office_scheme_fee"),
        path(f"{one}approve/", approve, name="office_scheme_approve"),
        path(f"{one}put-into-force/", put_into_force, name="office_scheme_put_into_force"),
    ]
