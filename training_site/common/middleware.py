"""Response headers that hold for every page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

LINKED = ("/consent/", "/observe/")
"""Below these an address opens something by itself."""


class LinkedPages:
    """An address that is a key: no page it leads to learns it, no search engine keeps it.

    For every answer below ``LINKED``, redirects and pages that are not found too. Stands first, so that no other
    middleware says otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(LINKED):
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex, nofollow"
        return response


class NoStoreByDefault:
    """Answers are private unless their view says otherwise.

    A view that sets ``Cache-Control`` itself has opted in; everything else is ``no-store``, so that
    neither a proxy nor the back button shows one person's page to another.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
