"""A candidate's cases: the list, a new case, and the pages on which one is written down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from certification import cases, keeping
from certification.case_list import files_of
from certification.cases import Part
from certification.completeness import REFLECTION_WORDS, reflection_fits, words, written
from certification.errors import CaseRefused
from certification.forms.cases import AftercareForm, BeginForm, ClientForm, DraftForm, HealedForm, PlanForm
from certification.forms.screen import ScreenForm
from certification.models import Application, CaseDocument, CaseFile, ProcedureCase, Submission
from certification.photographing import candidate_day
from certification.screening import ADVICE
from certification.views.own import own_case
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on

candidates = for_roles(Role.TRAINEE)


@candidates
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Every case of one's file, or how to get a file."""
    person = person_of(request)
    files = files_of(person, on=body_day(timezone.now()))
    application = None if files else Application.objects.for_user(person).order_by("-pk").first()
    return render(request, "certification/cases.html", {"files": files, "application": application})


@candidates
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a case in one's newest file."""
    person, now = person_of(request), timezone.now()
    file = CaseFile.objects.for_user(person).first()
    if file is None:
        messages.info(request, "Cases are begun once you are admitted to assessment.")
        return redirect("cases")
    form = BeginForm(request.POST if request.method == "POST" else None, today=body_day(now))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, CaseRefused):
            case = keeping.begin(file, **form.changes(), actor=person, at=now)
            if case.begun_at == now:
                messages.success(request, f"Case {case.ref} is begun. Write down the client first.")
            else:
                messages.info(request, f"This client and treatment are your case {case.ref} already.")
            return redirect("case_client", case.ref)
    return render(request, "certification/case_begin.html", {"form": form})


@dataclass(frozen=True)
class Page:
    """A page on which a part of the record is written. ``following`` is where “Save and go on” leads."""

    url_name: str
    title: str
    form: type[DraftForm]
    reason: str
    following: str
    part: Part = Part.PROCEDURE
    more: Callable[[ProcedureCase, DraftForm], dict[str, Any]] = lambda case, form: {}


@candidates
@require_http_methods(["GET", "POST"])
def client(request: HttpRequest, ref: str) -> HttpResponse:
    """About the client: treatment, age, loss, skin, history."""
    return _page(request, ref, Page("case_client", "The client", ClientForm, "The client.", "case_screen"))


@candidates
@require_http_methods(["GET", "POST"])
def screen(request: HttpRequest, ref: str) -> HttpResponse:
    """The health screen, its outcome, and what was decided on it."""
    page = Page("case_screen", "Health screen", ScreenForm, "The health screen.", "case_plan", more=_screened)
    return _page(request, ref, page)


def _screened(case: ProcedureCase, form: DraftForm) -> dict[str, Any]:
    rules = case.scheme_version.screen
    outcome = rules.outcome(case.answers)
    answered = sum(1 for question in rules.questions if case.answers.get(question.key, {}).get("value"))
    return {
        "outcome": outcome,
        "advice": ADVICE[outcome] if outcome else "",
        "deciding": [question.text for question in rules.deciding(case.answers)],
        "answered": answered,
        "asked": len(rules.questions),
    }


@candidates
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, ref: str) -> HttpResponse:
    """The plan, and the client's agreement."""
    return _page(request, ref, Page("case_plan", "Plan", PlanForm, "The plan.", "case_visits"))


@candidates
@require_http_methods(["GET", "POST"])
def aftercare(request: HttpRequest, ref: str) -> HttpResponse:
    """Aftercare, contacts, reflection, own work."""
    page = Page(
        "case_aftercare",
        "Aftercare and reflection",
        AftercareForm,
        "Aftercare and reflection.",
        "case_photos",
        more=_reflected,
    )
    return _page(request, ref, page)


def _reflected(case: ProcedureCase, form: DraftForm) -> dict[str, Any]:
    text = str(form["reflection"].value() or "")
    least, most = REFLECTION_WORDS
    return {"words": words(text), "fits": reflection_fits(text), "least": least, "most": most}


@candidates
@require_http_methods(["GET", "POST"])
def healed(request: HttpRequest, ref: str) -> HttpResponse:
    """What the healed result shows."""
    page = Page("case_healed", "What held", HealedForm, "The healed result.", "case", part=Part.HEALED)
    return _page(request, ref, page)


def _page(request: HttpRequest, ref: str, page: Page) -> HttpResponse:
    case = own_case(request, ref)
    obstacle = cases.obstacle(Submission.objects.latest_of(case), page.part)
    today = candidate_day(case, at=timezone.now())
    is_sent = request.method == "POST" and obstacle is None
    form = page.form(request.POST if is_sent else None, case=case, today=today)
    if is_sent and form.is_valid():
        with refusals_on(form, CaseRefused):
            keeping.write(
                case,
                form.changes(),
                part=page.part,
                actor=person_of(request),
                reason=page.reason,
                at=timezone.now(),
            )
            messages.success(request, f"Saved: {page.title.lower()}.")
            return redirect(page.following if "go_on" in request.POST else page.url_name, case.ref)
    return render(
        request,
        f"certification/{page.url_name}.html",
        {
            "case": case,
            "page": page,
            "form": form,
            "obstacle": obstacle,
            "missing": _missing(case, page) if obstacle is None else [],
            **page.more(case, form),
        },
    )


def _missing(case: ProcedureCase, page: Page) -> list[str]:
    """What this page still lacks, as it is saved."""
    has_clearance = case.documents.filter(kind=CaseDocument.Kind.CLEARANCE).exists()
    gaps = written(case, [], part=page.part, has_clearance=has_clearance)
    return [gap.sentence for gap in gaps if gap.url_name == page.url_name]
