"""A piece of marking and its moves, whoever makes them: held, ended, told.

Every move holds the attempt first, then the piece.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse

from certification.errors import AllocationRefused
from certification.models import Allocation, ProcedureCase, Submission
from certification.values import AllocationKind, AllocationState
from training_site.common import notices
from training_site.common.days import body_day, body_zone, in_words
from training_site.common.history import save_as

NOTE = 500
"""Characters that a reason holds at most."""

ALLOWED: dict[str, set[str]] = {
    AllocationState.OFFERED: {
        AllocationState.ACCEPTED,
        AllocationState.DECLINED,
        AllocationState.RECUSED,
        AllocationState.LAPSED,
    },
    AllocationState.ACCEPTED: {AllocationState.SUBMITTED, AllocationState.RECUSED, AllocationState.LAPSED},
    AllocationState.SUBMITTED: set(),
    AllocationState.DECLINED: set(),
    AllocationState.RECUSED: set(),
    AllocationState.LAPSED: set(),
}


def locked_attempt(submission: Submission) -> Submission:
    """The attempt as it is now, held."""
    rows = Submission.objects.select_for_update(of=("self",))
    return rows.select_related("case__case_file", "case__scheme_version__rubric").get(pk=submission.pk)


def held(allocation: Allocation) -> Allocation:
    """The piece as it is now, held. Its attempt is held already."""
    rows = Allocation.objects.select_for_update(of=("self",))
    return rows.select_related("submission__case__case_file", "assessor", "offered_by").get(pk=allocation.pk)


def refuse_move(piece: Allocation, to: AllocationState) -> None:
    """Raise AllocationRefused when a piece does not go from where it is to ``to``."""
    if to in ALLOWED[piece.state]:
        return
    raise AllocationRefused(
        f"This marking is in the state “{piece.get_state_display()}”, so this cannot be done. Read it again."
    )


def end(
    piece: Allocation, to: AllocationState, *, note: str, actor: Any, reason: str, at: dt.datetime
) -> Allocation:
    """Bring a piece that is held to its end. Raises AllocationRefused."""
    refuse_move(piece, to)
    piece.state, piece.ended_at, piece.note = to, at, note
    return save_as(piece, actor=actor, reason=reason, fields=["state", "ended_at", "note"])


def said(reason: str, sentence: str) -> str:
    """What was said, trimmed. Raises AllocationRefused with ``sentence`` for nothing."""
    if not (note := reason.strip()):
        raise AllocationRefused(sentence)
    if len(note) > NOTE:
        raise AllocationRefused(f"Say it in {NOTE} characters at most.")
    return note


# Mail ---------------------------------------------------------------------------------------------


def tell_assessor(piece: Allocation, template: str, **context: Any) -> None:
    """To the assessor: the reference and the treatment, never a name."""
    if not piece.assessor.is_active:
        return
    case: ProcedureCase = piece.submission.case
    notices.post_template(
        template,
        {
            "ref": case.ref,
            "treatment": case.get_treatment_display(),
            "is_question": piece.kind == AllocationKind.CONFIRM,
            "until": instant(piece.due_at),
            "address": settings.BASE_URL + reverse("desk"),
            **context,
        },
        to=piece.assessor.email,
        user=piece.assessor,
        key=f"{template}:{piece.pk}",
    )


def tell_officer(piece: Allocation) -> None:
    """To whoever offered the piece that it came back; what the scheme offered by itself, nobody did."""
    if piece.offered_by is None or not piece.offered_by.is_active:
        return
    notices.post_template(
        "marking_given_back",
        {
            "ref": piece.submission.case.ref,
            "assessor": piece.assessor.name,
            "kind": piece.get_kind_display().lower(),
            "recused": piece.state == AllocationState.RECUSED,
            "note": piece.note,
            "address": settings.BASE_URL + reverse("office_attempt", args=[piece.submission_id]),
        },
        to=piece.offered_by.email,
        user=piece.offered_by,
        key=f"marking_given_back:{piece.pk}",
    )


def instant(at: dt.datetime) -> str:
    """``11 May 2026, 10:00 (Europe/London)``: the body's clock."""
    return f"{in_words(body_day(at))}, {at.astimezone(body_zone()):%H:%M} ({settings.TIME_ZONE})"
