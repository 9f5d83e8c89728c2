"""What every page behind a link of its own has in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from training_site.accounts.policies import by_link


def behind_a_link(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The address is the key: no page it leads to learns it, no search engine keeps it.

    Without a referrer a browser names no origin either, and Django would take every form for a forged one. No
    cookie opens these pages, so there is nothing that a forged form could borrow.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return by_link(csrf_exempt(answer))


def link_ended(request: HttpRequest, template: str, sentence: str) -> HttpResponse:
    """The page of a link that opens nothing, and why."""
    return render(request, template, {"sentence": sentence}, status=404)
