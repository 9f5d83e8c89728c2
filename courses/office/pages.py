"""Pages of the training office: their templates stand in ``templates/courses/office/``."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from training_site.common import office
from training_site.common.office import page_of

__all__ = ["office_page", "page_of"]


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
        request, f"courses/office/{template}.html", context, title=title, icon=icon, trail=trail
    )
