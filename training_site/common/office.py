"""How a page of the office is rendered: Wagtail's header with breadcrumbs, our content below it."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from wagtail.admin.paginator import WagtailPaginator

PER_PAGE = 50


def office_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    icon: str,
    trail: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """Render ``template`` under ``title``; ``trail`` = (address, label) of the pages above this one."""
    above = [(reverse("wagtailadmin_home"), "Home"), *trail]
    return render(
        request,
        template,
        {
            **context,
            "header_title": title,
            "header_icon": icon,
            "breadcrumbs_items": [{"url": url, "label": label} for url, label in above]
            + [{"url": "", "label": title}],
        },
    )


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    """The page of ``rows`` that the address asks for (``?p=2``), with ``numbers`` for Wagtail's pagination."""
    paginator = WagtailPaginator(rows, PER_PAGE)
    page = paginator.get_page(request.GET.get("p"))
    page.numbers = list(paginator.get_elided_page_range(page.number))  # type: ignore[attr-defined]
    return page
