"""A candidate's released result, and the attempt that may follow it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from certification import attempts
from certification.errors import AttemptRefused, CaseRefused
from certification.forms.results import ReplacementForm
from certification.models import Submission
from certification.results import released_of, told
from certification.views.own import own_case
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.forms import refusals_on

candidates = for_roles(Role.TRAINEE)


@candidates
@require_safe
def result(request: HttpRequest, ref: str) -> HttpResponse:
    """What an attempt came to: the newest that is released, or the one asked for (``?attempt=1``)."""
    released = _released(request, ref)
    asked = request.GET.get("attempt")
    shown = next((each for each in released if asked in (None, str(each.number))), None)
    if shown is None:
        raise Http404
    return render(
        request,
        "certification/result.html",
        {
            "case": shown.case,
            "told": told(shown),
            "attempts": [{"number": each.number, "current": each == shown} for each in reversed(released)],
            "is_newest": shown == released[0],
        },
    )


@candidates
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, ref: str) -> HttpResponse:
    """What a correction asks for, and the button that begins it."""
    newest = told(_released(request, ref)[0])
    if request.method == "POST":
        try:
            attempts.begin_correction(newest.submission.case, actor=person_of(request), at=timezone.now())
        except AttemptRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("case_result", ref)
        messages.success(request, "The correction is begun. This page says what has to be new.")
        return redirect("case", ref)
    if not newest.corrects:
        return redirect("case_result", ref)
    return render(
        request,
        "certification/attempt_correct.html",
        {"case": newest.submission.case, "told": newest, "slots": attempts.slots_anew(newest.result)},
    )


@candidates
@require_http_methods(["GET", "POST"])
def replace(request: HttpRequest, ref: str) -> HttpResponse:
    """Begin a case with another client in the place of this one."""
    newest = told(_released(request, ref)[0])
    case = newest.submission.case
    form = ReplacementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, AttemptRefused, CaseRefused):
            made = attempts.begin_replacement(
                case, client_code=form.cleaned_data["client_code"], actor=person_of(request), at=timezone.now()
            )
            messages.success(request, f"Case {made.ref} is begun in the place of {case.ref}.")
            return redirect("case_client", made.ref)
    if request.method == "GET" and not newest.replaces:
        return redirect("case_result", ref)
    return render(request, "certification/attempt_replace.html", {"case": case, "told": newest, "form": form})


def _released(request: HttpRequest, ref: str) -> list[Submission]:
    """The released attempts at one's own case; 404 for everybody else, and before the first release."""
    own_case(request, ref)
    if not (released := released_of(person_of(request), ref)):
        raise Http404
    return released
