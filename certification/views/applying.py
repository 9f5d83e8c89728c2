"""A trainee's application: what certification needs, the form, and the office's answer."""

import datetime as dt
import logging
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from certification import admitting
from certification.errors import ApplicationRefused
from certification.forms.applying import ApplicationForm
from certification.models import Application, SchemeVersion
from certification.prerequisites import local_day, place_of, prerequisites_of
from training_site.accounts.models import User
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.cleaning.refusals import CleaningUnavailable
from training_site.common.days import in_words
from training_site.common.forms import refusals_on
from training_site.common.uploads import CleanDocument, DocumentRefused, clean_document

logger = logging.getLogger(__name__)


@for_roles(Role.TRAINEE)
@require_http_methods(["GET", "POST"])
def application(request: HttpRequest) -> HttpResponse:
    """The latest application, or what one would need. Two buttons: save the draft, hand it in."""
    found, now = _latest(person_of(request)), timezone.now()
    if request.method != "POST":
        return _page(request, found, at=now)
    if found is None:
        raise Http404
    form = ApplicationForm(request.POST, request.FILES, instance=found, at=now)
    _keep(found, form, request)
    if "hand_in" in request.POST:
        _hand_in(_fresh(found), form, request, at=now)
    if form.errors:
        return _page(request, _fresh(found), at=now, form=form)
    return redirect("application")


@for_roles(Role.TRAINEE)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin an application under the version in force; the open one stays."""
    version = _version()
    if version is None:
        raise Http404
    try:
        admitting.begin(person_of(request), version)
    except ApplicationRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("application")


def _latest(candidate: User) -> Application | None:
    own = Application.objects.for_user(candidate)
    return own.select_related("candidate", "scheme", "scheme_version").order_by("-pk").first()


def _fresh(application: Application) -> Application:
    """As it is kept: a form writes what was typed into the row it was given."""
    return Application.objects.select_related("candidate", "scheme", "scheme_version").get(pk=application.pk)


def _version() -> SchemeVersion | None:
    return SchemeVersion.objects.in_force().select_related("scheme").order_by("pk").first()


def _keep(found: Application, form: ApplicationForm, request: HttpRequest) -> None:
    """Keep what is right of what was sent, even when something else is wrong: that stands in the form."""
    form.full_clean()
    upload = form.cleaned_data.pop("proof", None)
    proof = _proof(upload, form) if upload else None
    try:
        admitting.save_draft(found, form.cleaned_data, proof=proof, actor=person_of(request))
    except ApplicationRefused as refusal:
        form.add_error(None, str(refusal))
    except OSError:
        logger.exception("The certificate of application %s could not be stored.", found.pk)
        form.add_error("proof", "It could not be stored now. Add it again in a minute.")
    if not form.errors and "hand_in" not in request.POST:
        messages.success(request, "Saved. The office sees it when you hand it in.")


def _hand_in(found: Application, form: ApplicationForm, request: HttpRequest, *, at: dt.datetime) -> None:
    """Hand in what is kept, or say beside each field what is missing."""
    for name, sentence in admitting.gaps(found).items():
        field = "proof" if name == "training_proof" else name
        if field not in form.errors:
            form.add_error(field, sentence)
    if not form.errors:
        with refusals_on(form, ApplicationRefused):
            admitting.submit(found, actor=person_of(request), at=at)
            messages.success(request, "Handed in. A mail tells you what the office answers.")


def _proof(upload: UploadedFile, form: ApplicationForm) -> CleanDocument | None:
    try:
        return clean_document(upload)  # type: ignore[arg-type]  # Seekable and binary, which is all it needs.
    except (DocumentRefused, CleaningUnavailable) as refusal:
        form.add_error("proof", str(refusal))
        return None


def _page(
    request: HttpRequest, found: Application | None, *, at: dt.datetime, form: ApplicationForm | None = None
) -> HttpResponse:
    # Whoever was rejected, or never applied, sees what an application would need now.
    version = _version() if found is None or found.state == Application.State.REJECTED else None
    shown = found
    if version:
        shown = Application(candidate=person_of(request), scheme=version.scheme, scheme_version=version)
    editable = found is not None and found.state in Application.EDITABLE
    if found and editable and form is None:
        form = ApplicationForm(instance=_fresh(found), at=at)
    needed = prerequisites_of(shown, on=local_day(shown, at)) if shown else []
    fulfilled = [each for each in needed if each.holds]
    return render(
        request,
        "certification/application.html",
        {
            "application": found,
            "shown": shown,
            "can_begin": version is not None,
            "form": form,
            "editable": editable,
            "needed": needed,
            "fulfilled": [{"label": each.title, "note": each.sentence, "done": True} for each in fulfilled],
            "missing": [(each, _where(each.where, editable=editable)) for each in needed if not each.holds],
            "count": f"{len(fulfilled)} of {len(needed)}",
            "facts": _facts(found) if found and not editable else [],
            "proof_url": _proof_url(found),
        },
    )


def _proof_url(application: Application | None) -> str:
    if application is None or not application.training_proof:
        return ""
    return reverse("private_file", args=["application-proof", application.pk])


def _where(name: str, *, editable: bool) -> str:
    """The address of a remedy; the form stands on this very page while it can be changed."""
    if name == "application":
        return "#your-application" if editable else ""
    return reverse(name) if name else ""


def _facts(application: Application) -> list[dict[str, Any]]:
    completed, printed = application.training_completed_on, application.training_ends_on
    return [
        {"term": "Training given by", "value": application.training_issuer},
        {"term": "Completed on", "value": in_words(completed) if completed else ""},
        {"term": "Printed end date", "value": in_words(printed) if printed else "None"},
        {"term": "Place of work", "value": place_of(application)},
    ]
