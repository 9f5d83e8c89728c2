"""Pictures and files that a release shows are kept as they are (C6).

The database refuses to delete them, which Wagtail's pages would answer with a server error; and a new file under
an old picture would change what trainees read. These views stand before Wagtail's and say why instead.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from wagtail.documents import get_document_model
from wagtail.documents.views import documents
from wagtail.documents.views import multiple as multiple_documents
from wagtail.images import get_image_model
from wagtail.images.views import images
from wagtail.images.views import multiple as multiple_images

from courses.models import CourseRelease
from training_site.accounts.policies import for_roles
from training_site.accounts.roles import Role

editors = for_roles(Role.EDITOR)

Image, Document = get_image_model(), get_document_model()
USED_BY = {Image: "items__images__image__in", Document: "items__documents__document__in"}


def refusal(model: type[Any], files: Iterable[Any]) -> str | None:
    """Why these pictures or files stay as they are, naming the releases; None when no release shows them."""
    keeping = CourseRelease.objects.filter(**{USED_BY[model]: list(files)}).order_by("title", "number").distinct()
    names = [str(release) for release in keeping]
    if not names:
        return None
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return f"{listed} would lose it, and a release never changes. Take it out of the lesson instead."


def refuse_bulk(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """Hook ``before_bulk_action``: nothing is deleted when a release shows one of the chosen files."""
    if action_type != "delete" or action.model not in USED_BY:
        return None
    sentence = refusal(action.model, objects)
    if sentence is None:
        return None
    messages.error(request, f"Nothing was deleted. {sentence}")
    return redirect(action.next_url)


def _kept(model: type[Any], parameter: str, wagtail_view: Callable[..., Any], *, edits: bool) -> Any:
    """Wagtail's view of one file, unless a release shows the file. ``edits``: only a new file is refused."""

    @editors
    def view(request: HttpRequest, **kwargs: int) -> HttpResponse:
        file = get_object_or_404(model, pk=kwargs[parameter])
        sentence = refusal(model, [file]) if request.FILES or not edits else None
        if sentence is None:
            answer: HttpResponse = wagtail_view(request, **kwargs)
            return answer
        sentence = f"“{file.title}” stays as it is. {sentence}"
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return JsonResponse({"success": False, "error_message": sentence})
        messages.error(request, sentence)
        return redirect("wagtailimages:edit" if model is Image else "wagtaildocs:edit", file.pk)

    return view


def urls() -> list[URLPattern]:
    """The addresses of Wagtail's own pages; ours are asked first."""
    pages = [
        ("images/<int:image_id>/", Image, "image_id", images.EditView),
        ("images/<int:image_id>/delete/", Image, "image_id", images.DeleteView),
        ("images/multiple/<int:image_id>/delete/", Image, "image_id", multiple_images.DeleteView),
        ("documents/edit/<int:document_id>/", Document, "document_id", documents.EditView),
        ("documents/delete/<int:document_id>/", Document, "document_id", documents.DeleteView),
        ("documents/multiple/<int:doc_id>/delete/", Document, "doc_id", multiple_documents.DeleteView),
    ]
    return [
        path(route, _kept(model, parameter, view.as_view(), edits=view in (images.EditView, documents.EditView)))
        for route, model, parameter, view in pages
    ]
