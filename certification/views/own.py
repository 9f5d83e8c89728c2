"""A candidate's own case, by its reference."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from certification.models import ProcedureCase
from training_site.accounts.policies import person_of


def own_case(request: HttpRequest, ref: str) -> ProcedureCase:
    """The case of this reference if it is one's own; otherwise 404, as if there were none."""
    found = ProcedureCase.objects.for_user(person_of(request))
    parts = ("scheme_version", "case_file__application", "contact", "practitioner")
    return get_object_or_404(found.select_related(*parts), ref=ref)
