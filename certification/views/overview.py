"""One case at a glance."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certification.cases import Part
from certification.models import ProcedureCase
from certification.overview import overview
from certification.views.own import own_case
from training_site.accounts.policies import for_roles
from training_site.accounts.roles import Role
from training_site.common.days import body_day


@for_roles(Role.TRAINEE)
@require_safe
def case(request: HttpRequest, ref: str) -> HttpResponse:
    """How a case stands, what is still missing and where, and what was frozen."""
    found, now = own_case(request, ref), timezone.now()
    view = overview(found, at=now, on=body_day(now))
    return render(
        request,
        "certification/case.html",
        {
            "case": found,
            "overview": view,
            "facts": _facts(found),
            "pictures": [{"label": stage, "count": count} for stage, count in view.pictured(Part.PROCEDURE)],
            "healed_pictures": [{"label": stage, "count": count} for stage, count in view.pictured(Part.HEALED)],
        },
    )


def _facts(case: ProcedureCase) -> list[dict[str, str]]:
    rows = [("Case", case.ref), ("Client", case.client_code)]
    if case.corrects:
        rows.append(("Corrects", case.get_corrects_display()))
    if case.position is not None:
        rows.append(("Place in your file", str(case.position)))
    return [{"term": term, "value": value} for term, value in rows]
