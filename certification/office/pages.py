"""Pages of the certification office: their templates stand in ``templates/certification/office/``."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from certification.models import Submission
from certification.values import SubmissionState
from training_site.accounts.policies import person_of
from training_site.common import office
from training_site.common.office import page_of

__all__ = ["attempt_of", "office_page", "page_of"]


def office_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    icon: str,
    trail: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """As ``office.office_page``, with ``template`` by its short name."""
    return office.office_page(
        request, f"certification/office/{template}.html", context, title=title, icon=icon, trail=trail
    )


def attempt_of(request: HttpRequest, pk: int) -> Submission:
    """An attempt that was handed in, with its case and file; 404 for one's own, as if there were none."""
    rows = Submission.objects.exclude(state=SubmissionState.DRAFT).select_related(
        "case__practitioner",
        "case__case_file__candidate",
        "case__case_file__quality_assurer",
        "case__case_file__application",
        "case__scheme_version__rubric",
        "case__scheme_version__scheme",
    )
    return get_object_or_404(rows.exclude(case__practitioner=person_of(request)), pk=pk)
