"""About the client of a case: papers, the client's address and consent, and who observed. For the candidate."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from certification import cases, consenting, papers
from certification.cases import Part
from certification.errors import CaseRefused, ConsentRefused
from certification.forms.client import ContactForm, PaperForm
from certification.models import CaseDocument, ProcedureCase, Submission
from certification.photographing import candidate_day
from certification.values import IMPLANTING, SubmissionState
from certification.views.own import own_case
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on
from training_site.common.images import CleaningUnavailable
from training_site.common.uploads import DocumentRefused

candidates = for_roles(Role.TRAINEE)


@candidates
@require_http_methods(["GET", "POST"])
def case_papers(request: HttpRequest, ref: str) -> HttpResponse:
    """The treatment consent and the clearance: kept, replaced, taken out."""
    case = own_case(request, ref)
    posted = request.POST.get("kind", "") if request.method == "POST" else ""
    kept = {paper.kind: paper for paper in case.documents.all()}
    forms = {
        kind: PaperForm(
            request.POST if posted == kind else None,
            request.FILES if posted == kind else None,
            paper=kept.get(kind),
            kind=kind,
        )
        for kind in CaseDocument.Kind.values
    }
    if posted in forms:
        if "remove" in request.POST:
            with refusals_on(forms[posted], CaseRefused):
                return _take_out(request, case, kept.get(posted))
        elif forms[posted].is_valid() and _keep(request, case, forms[posted]):
            return redirect("case_papers", case.ref)
    visits = list(case.visits.all())
    return render(
        request,
        "certification/case_papers.html",
        {
            "case": case,
            "obstacle": cases.obstacle(Submission.objects.latest_of(case), Part.PAPERS),
            "papers": [
                {
                    "kind": kind,
                    "title": CaseDocument.Kind(kind).label,
                    "paper": kept.get(kind),
                    "late": papers.late(kept[kind], visits) if kind in kept else None,
                    "form": form,
                }
                for kind, form in forms.items()
            ],
        },
    )


@candidates
@require_http_methods(["GET", "POST"])
def case_consent(request: HttpRequest, ref: str) -> HttpResponse:
    """The client's address, the link sent to it, and what the client answered. Only the client answers."""
    case, now = own_case(request, ref), timezone.now()
    person = person_of(request)
    doing = request.POST.get("do", "") if request.method == "POST" else ""
    form = ContactForm(request.POST if doing == "save" else None)
    refusal = ""
    if doing == "save" and form.is_valid():
        with refusals_on(form, ConsentRefused):
            consenting.set_contact(case, form.cleaned_data["email"], actor=person, at=now)
            messages.success(request, "The client's address is saved. Now ask the client.")
            return redirect("case_consent", case.ref)
    if doing == "ask":
        try:
            consenting.ask(case, actor=person, at=now)
        except ConsentRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "A mail with a link is on its way to the client.")
            return redirect("case_consent", case.ref)
    contact = getattr(case, "contact", None)
    return render(
        request,
        "certification/case_consent.html",
        {
            "case": case,
            "contact": consenting.masked(contact.email) if contact else "",
            "released": Submission.objects.latest_of(case).state == SubmissionState.RELEASED,
            "asked_at": consenting.asked_at(case),
            "answer": consenting.answered(case, at=now, on=body_day(now)),
            "ahead_ended": consenting.ahead_ended(case, at=now, on=body_day(now)),
            "form": form,
            "refusal": refusal,
        },
    )


@candidates
@require_safe
def case_observation(request: HttpRequest, ref: str) -> HttpResponse:
    """Who observed which visit, and how to have one observed."""
    case = own_case(request, ref)
    visits = case.visits.filter(kind__in=[kind.value for kind in IMPLANTING])
    rows = [
        {
            "visit": visit,
            "observation": getattr(visit, "observation", None),
            "appointed": next((each for each in visit.appointments.all() if each.ended_at is None), None),
        }
        for visit in visits.select_related("observation").prefetch_related("appointments")
    ]
    return render(
        request,
        "certification/case_observation.html",
        {"case": case, "rows": rows},
    )


def _keep(request: HttpRequest, case: ProcedureCase, form: PaperForm) -> bool:
    now = timezone.now()
    try:
        papers.keep(
            case,
            form.kind,
            form.cleaned_data["upload"],
            actor=person_of(request),
            at=now,
            today=candidate_day(case, at=now),
            **form.facts,
        )
    except (DocumentRefused, CleaningUnavailable) as refusal:
        form.add_error("upload", str(refusal))
    except CaseRefused as refusal:
        form.add_error(None, str(refusal))
    except OSError:
        form.add_error("upload", "It could not be stored now. Send it again in a minute.")
    else:
        messages.success(request, f"{CaseDocument.Kind(form.kind).label}: saved.")
        return True
    return False


def _take_out(request: HttpRequest, case: ProcedureCase, paper: CaseDocument | None) -> HttpResponse:
    if paper:
        papers.remove(paper, actor=person_of(request))
        messages.success(request, f"{paper.get_kind_display()}: taken out.")
    return redirect("case_papers", case.ref)
