"""Answering a named auto-fail event: what was written about it, the case beside it, one answer each."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from certification import assessing
from certification.dossier import dossier_of
from certification.drafts import PartsRefused
from certification.errors import AssessmentRefused
from certification.forms.marking import ConfirmForm
from certification.models import Allocation
from certification.rubrics import events_of
from certification.values import AllocationKind, AllocationState
from certification.views.pieces import assessors, may_look, on_the_table, own_piece
from training_site.accounts.policies import person_of


@assessors
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The events, and the form that answers all of them at once."""
    piece, now = own_piece(request, pk), timezone.now()
    if piece.kind != AllocationKind.CONFIRM:
        return redirect("assess", pk)
    if piece.state == AllocationState.SUBMITTED and may_look(request, piece):
        return _page(request, piece, None)
    if obstacle := assessing.obstacle(piece, at=now):
        messages.info(request, obstacle)
        return redirect("desk")
    form = ConfirmForm(request.POST if request.method == "POST" else None, asked=assessing.asked_events(piece))
    if request.method == "POST" and form.is_valid():
        try:
            assessing.answer(piece, form.answers(), actor=person_of(request), at=now)
        except PartsRefused as refusal:
            for event, sentence in refusal.parts.items():
                form.add_error(f"{event}-why" if f"{event}-why" in form.fields else None, sentence)
        except AssessmentRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Your answer for case {piece.submission.case.ref} is handed in.")
            return redirect("desk")
    return _page(request, piece, form)


def _page(request: HttpRequest, piece: Allocation, form: ConfirmForm | None) -> HttpResponse:
    texts = {row["code"]: row["text"] for row in events_of(piece.submission.case.scheme_version.rubric)}
    given = [{"row": each, "text": texts.get(each.event, "")} for each in piece.confirmations.all()]
    return render(
        request,
        "certification/confirming.html",
        {**on_the_table(dossier_of(piece.submission), []), "piece": piece, "form": form, "given": given},
    )
