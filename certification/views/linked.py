"""What every page behind a link of its own has in common."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from training_site.accounts.policies import by_link


def behind_a_link(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The address is the key; ``LinkedPages`` keeps it from other sites and search engines.

    Without a referrer a browser names no origin either, and Django would take every form for a forged one. No
    cookie opens these pages, so there is nothing that a forged form could borrow.
    """
    return by_link(csrf_exempt(view))


def link_ended(request: HttpRequest, template: str, sentence: str) -> HttpResponse:
    """The page of a link that opens nothing, and why."""
    return render(request, template, {"sentence": sentence}, status=404)
