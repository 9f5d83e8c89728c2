"""The client's page: the very photographs, and what may be done with them. Opened by the client's link alone."""

from typing import Any

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from certification import consenting
from certification.forms.client import ConsentForm
from certification.models import ProcedureCase
from certification.views.linked import behind_a_link, link_ended
from training_site.common import links
from training_site.common.days import body_day
from training_site.common.private_files import private_file

ENDED = "certification/consent_ended.html"
DONE = {
    "given": "Your answer is saved. Assessors see the ticked photographs only.",
    "withdrawn": consenting.WITHDRAWN,
}


@behind_a_link
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """The photographs with a tick each, and the client's answer to them."""
    now = timezone.now()
    today = body_day(now)
    unsaved = False
    try:
        link = links.look_up(token, consenting.PURPOSE, at=now)
        if request.method == "POST":
            if done := _answer(request, link):
                return redirect(f"{reverse('consent', args=[token])}?done={done}")
            unsaved = True
    except links.LinkRefused as refusal:
        return link_ended(request, ENDED, str(refusal))
    case = get_object_or_404(ProcedureCase.objects.select_related("practitioner"), pk=link.object_id)
    if request.user == case.practitioner:
        return render(request, "certification/consent_not_you.html", status=403)
    return render(
        request,
        "certification/consent.html",
        {
            "token": token,
            "practitioner": case.practitioner.name,
            "treatment": case.get_treatment_display(),
            "answer": consenting.answered(case, at=now, on=today),
            "done": "" if unsaved else DONE.get(request.GET.get("done", ""), ""),
            "unsaved": unsaved,
        },
    )


def _answer(request: HttpRequest, link: links.Link) -> str:
    """Take what the client sent. Returns the key of what to say; nothing when it was not taken."""
    now = timezone.now()
    if request.user == ProcedureCase.objects.select_related("practitioner").get(pk=link.object_id).practitioner:
        return "not-you"
    if request.POST.get("do") == "withdraw":
        consenting.withdraw_all(link, at=now, on=body_day(now))
        return "withdrawn"
    form = ConsentForm(request.POST)
    if not form.is_valid():
        # Whatever is no photograph's key was not made by this page: nothing of it is believed.
        return ""
    answers: dict[str, Any] = form.cleaned_data
    consenting.give(
        link,
        photos=answers["shown"] if request.POST.get("do") == "all" else answers["photos"],
        shown=answers["shown"],
        ahead=answers["ahead"],
        at=now,
        on=body_day(now),
    )
    return "given"


@behind_a_link
@require_safe
def consent_photo(request: HttpRequest, token: str, pk: int, size: str) -> HttpResponseBase:
    """One of these photographs, for whoever holds the link."""
    try:
        link = links.look_up(token, consenting.PURPOSE, at=timezone.now())
    except links.LinkRefused:
        raise Http404 from None
    case = get_object_or_404(ProcedureCase, pk=link.object_id)
    photo = get_object_or_404(consenting.photos_of(case), pk=pk)
    file: FieldFile = photo.small if size == "small" else photo.medium
    return private_file(file, as_attachment=False)
