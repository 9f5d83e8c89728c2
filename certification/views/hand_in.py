"""Handing in: what is missing, or the declaration and the button."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from certification import submitting
from certification.cases import Part
from certification.completeness import things_are
from certification.errors import HandInRefused
from certification.forms.handing_in import HandInForm
from certification.overview import Overview, overview
from certification.views.own import own_case
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day


@for_roles(Role.TRAINEE)
@require_http_methods(["GET", "POST"])
def hand_in(request: HttpRequest, ref: str) -> HttpResponse:
    """Hand in whatever can be handed in now: the procedure, or the healed evidence that follows it."""
    case, now = own_case(request, ref), timezone.now()
    today = body_day(now)
    view = overview(case, at=now, on=today)
    if view.part is None:
        messages.info(request, view.next.sentence)
        return redirect("case", ref)
    form = HandInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        rule = submitting.hand_in if view.part is Part.PROCEDURE else submitting.hand_in_healed
        try:
            submission = rule(case, actor=person_of(request), at=now, on=today)
        except HandInRefused as refusal:
            form.add_error(None, str(refusal))
            view = overview(case, at=now, on=today)
        else:
            messages.success(request, _thanks(view, submission.healed_in_at is not None))
            return redirect("case", ref)
    return render(request, "certification/hand_in.html", _context(view, form))


def _context(view: Overview, form: HandInForm) -> dict[str, object]:
    assert view.part is not None
    sections, missing = view.sections(view.part), view.missing(view.part)
    return {
        "case": view.case,
        "overview": view,
        "form": form,
        "is_healed": view.part is Part.HEALED,
        "takes_healed_along": view.part is Part.PROCEDURE and not view.missing(Part.HEALED),
        "sections": sections,
        "checklist": [{"label": each.title, "done": not each.missing} for each in sections],
        "is_complete": not missing,
        "missing_title": f"{things_are(missing)} missing",
        "photos": len(view.record.photos_of(view.part)),
    }


def _thanks(view: Overview, healed: bool) -> str:
    if view.part is Part.HEALED:
        return f"The healed photographs of case {view.case.ref} are handed in."
    along = " with its healed photographs" if healed else ""
    return f"Case {view.case.ref} is handed in{along}. A mail confirms it."
