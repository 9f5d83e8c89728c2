"""What every public page of the CMS has in common."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from wagtail.models import Page


class PublicPage(Page):
    """A page that is the same for everybody: it renders without a session and may be kept a minute."""

    class Meta:
        abstract = True

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().serve(request, *args, **kwargs)
        if not self.get_view_restrictions().exists():
            patch_cache_control(response, public=True, max_age=60)
        return response
