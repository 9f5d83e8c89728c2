"""The light table: a case is looked at and marked, the draft is kept as it grows, and the marks are handed in."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from certification import assessing, drafts
from certification.completeness import things_are
from certification.dossier import Dossier, dossier_of
from certification.drafts import Change, ChangedElsewhere, Draft, Feedback, Mark, Named, PartsRefused, Task
from certification.errors import AssessmentRefused
from certification.forms.marking import changes_of, seen_in
from certification.models import Allocation, Assessment, Criterion
from certification.values import AllocationKind, AllocationState, SubmissionState
from certification.views.pieces import assessors, may_look, on_the_table, own_piece
from courses.treatments import FaultCode
from training_site.accounts.policies import person_of


@dataclass(frozen=True)
class Row:
    """One criterion on the rail."""

    criterion: Criterion
    given: Mapping[str, Any]
    asks_fault: bool
    is_low: bool
    errors: Sequence[str]

    @property
    def code(self) -> str:
        return self.criterion.code

    @property
    def is_done(self) -> bool:
        return self.given.get("level") is not None

    @property
    def levels(self) -> list[dict[str, Any]]:
        return [
            {"number": row.level, "label": row.label, "descriptor": row.descriptor}
            for row in self.criterion.levels.all()
        ]


@assessors
@require_http_methods(["GET", "POST"])
def assess(request: HttpRequest, pk: int) -> HttpResponse:
    """The light table of one's piece of marking. A POST keeps everything that stands on the page."""
    piece, now = own_piece(request, pk), timezone.now()
    if piece.kind == AllocationKind.CONFIRM:
        return redirect("assess_confirm", pk)
    if piece.state == AllocationState.SUBMITTED:
        return _handed_in(request, piece)
    assessment = Assessment.objects.filter(allocation=piece).first()
    obstacle = assessing.obstacle(piece, at=now)
    if assessment is None or (obstacle and (request.method != "POST" or not _ran_out(piece))):
        messages.info(request, obstacle or "")
        return redirect("desk")
    task = assessing.task_of(piece)
    if request.method != "POST":
        return _table(request, piece, assessment, task)
    changes = changes_of(request.POST, task)
    try:
        assessing.save(assessment, *changes, actor=person_of(request), at=now, seen=seen_in(request.POST))
    except AssessmentRefused as refusal:
        assessment.refresh_from_db()
        return _table(request, piece, assessment, task, typed=changes, refusal=refusal)
    if "hand_in" in request.POST:
        return redirect("assess_hand_in", pk)
    messages.success(request, "Saved.")
    return redirect("assess", pk)


def _ran_out(piece: Allocation) -> bool:
    """Whether time alone ended the piece: what was typed meanwhile is shown once more, to be copied."""
    if piece.submission.state == SubmissionState.RELEASED:
        return False
    if piece.state == AllocationState.ACCEPTED:
        return True
    return piece.state == AllocationState.LAPSED and piece.ended_at is not None and piece.ended_at >= piece.due_at


@assessors
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what changed: 200 with the draft of these parts, or 409 with the sentence that says why not."""
    piece = own_piece(request, pk)
    assessment = Assessment.objects.filter(allocation=piece).first()
    if assessment is None:
        return JsonResponse({"sentence": "There are no marks in this piece of work."}, status=409)
    task, version = assessing.task_of(piece), assessment.version
    changes = changes_of(request.POST, task)
    parts = [change.part for change in changes]
    try:
        kept = assessing.save(
            assessment, *changes, actor=person_of(request), at=timezone.now(), seen=seen_in(request.POST)
        )
    except ChangedElsewhere as clash:
        assessment.refresh_from_db()
        answer = {"sentence": str(clash), "clash": clash.parts, **_parts(assessment, parts)}
        return JsonResponse(answer, status=409)
    except AssessmentRefused as refusal:
        return JsonResponse({"sentence": str(refusal)}, status=409)
    elsewhere = request.POST.get("version", "") != str(version)
    return JsonResponse({"elsewhere": elsewhere, **_parts(kept, parts)})


@assessors
@require_http_methods(["GET", "POST"])
def hand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """What is still missing, or the button that hands the marks in."""
    piece, now = own_piece(request, pk), timezone.now()
    assessment = Assessment.objects.filter(allocation=piece).first()
    obstacle = assessing.obstacle(piece, at=now)
    if assessment is None or obstacle:
        messages.info(request, obstacle or "This piece of work asks for an answer, not for marks.")
        return redirect("desk")
    if request.method == "POST":
        try:
            assessing.submit(assessment, actor=person_of(request), at=now)
        except AssessmentRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("assess_hand_in", pk)
        messages.success(request, f"Your marks for case {piece.submission.case.ref} are handed in and locked.")
        return redirect("desk")
    assessment.allocation = piece
    gaps = assessing.gaps(assessment)
    draft = assessment.draft
    return render(
        request,
        "certification/marking_hand_in.html",
        {
            "piece": piece,
            "case_ref": piece.submission.case.ref,
            "gaps": gaps,
            "title": f"{things_are(len(gaps))} missing",
            "checklist": _checklist(draft, assessing.task_of(piece)),
        },
    )


def _checklist(draft: Draft, task: Task) -> list[dict[str, Any]]:
    """What goes out, in numbers. No total: it would steer levels."""
    marked, asked = len(_marked(draft, task)), len(task.codes)
    rows = [{"label": f"{marked} of {asked} criteria marked", "done": marked == asked}]
    if notes := len(draft.get("notes") or []):
        rows.append({"label": f"{notes} note{'' if notes == 1 else 's'} pinned to photographs", "done": True})
    if events := sorted(draft.get("events") or {}):
        rows.append({"label": f"Auto-fail named: {', '.join(events)}", "done": True})
    rows.append({"label": "A note to the candidate", "done": bool(draft.get("feedback"))})
    return rows


def _parts(assessment: Assessment, parts: Sequence[str]) -> dict[str, Any]:
    draft = assessment.draft
    return {
        "version": assessment.version,
        "parts": {part: drafts.part_of(draft, part) for part in parts},
    }


def _marked(draft: Draft, task: Task) -> list[str]:
    levels = draft.get("levels") or {}
    return [code for code in task.codes if (levels.get(code) or {}).get("level") is not None]


# The page -------------------------------------------------------------------------------------------


def _table(
    request: HttpRequest,
    piece: Allocation,
    assessment: Assessment,
    task: Task,
    *,
    typed: Sequence[Change] = (),
    refusal: AssessmentRefused | None = None,
) -> HttpResponse:
    stored, dossier = assessment.draft, dossier_of(piece.submission)
    touched = [change for change in typed if not _is_as_shown(change, seen_in(request.POST), task, dossier)]
    draft = _as_typed(stored, touched, task)
    errors = (
        {part: [sentence] for part, sentence in refusal.parts.items()} if isinstance(refusal, PartsRefused) else {}
    )
    if isinstance(refusal, ChangedElsewhere):
        errors = {part: [_elsewhere(drafts.part_of(stored, part))] for part in refusal.parts}
    if "missing" in request.GET and not typed:
        for gap in drafts.gaps_in(draft, task):
            errors.setdefault(gap.part, []).append(gap.sentence)
    notes = draft.get("notes") or []
    rows = _rows(draft, task, errors)
    return render(
        request,
        "certification/marking.html",
        {
            **on_the_table(dossier, [note for note in notes if note["photo"] in dossier.photos]),
            "piece": piece,
            "assessment": assessment,
            "task": task,
            "rows": rows,
            "marked": sum(row.is_done for row in rows),
            "events": _events(draft, task, errors),
            "names_event": bool(draft.get("events")),
            "notes": _notes(notes, dossier),
            "feedback": draft.get("feedback", ""),
            "errors": errors,
            "refusal": str(refusal) if refusal else "",
            "faults": FaultCode.choices,
            "seen": json.dumps(stored),
        },
    )


def _is_as_shown(change: Change, seen: Draft, task: Task, dossier: Dossier) -> bool:
    """Whether a page sends a part as it showed it: then what stands there now is shown, not what stood there."""
    try:
        return bool(drafts.value_of(change, task, dossier.photos) == drafts.part_of(seen, change.part))
    except ValueError:
        return False


def _as_typed(stored: Draft, typed: Sequence[Change], task: Task) -> Draft:
    """The draft with what was sent in its place, right or wrong: nothing that was typed is lost."""
    draft = copy.deepcopy(stored)
    known = {*task.codes, *(row["code"] for row in task.events), "notes", "feedback"}
    for change in typed:
        if change.part not in known:
            continue
        value: Any
        if isinstance(change, Mark):
            value = {name: getattr(change, name) for name in ("level", "reason", "faults", "comment")}
        elif isinstance(change, Named):
            value = change.why
        elif isinstance(change, Feedback):
            value = change.text
        else:
            value = [
                {name: getattr(pin, name) for name in ("photo", "x", "y", "criterion", "text")}
                for pin in change.pins
            ]
        drafts.put(draft, change.part, value, task)
    return draft


def _elsewhere(value: Any) -> str:
    """What the other window kept, so that it can be taken over by hand."""
    if isinstance(value, dict):
        level = "no level" if value.get("level") is None else f"level {value['level']}"
        return " ".join(
            filter(None, [f"In the other window: {level}.", value.get("reason"), value.get("comment")])
        )
    if isinstance(value, list):
        return f"In the other window: {'; '.join(note['text'] for note in value)}"
    return f"In the other window: {value or 'nothing'}"


def _rows(draft: Draft, task: Task, errors: Mapping[str, Sequence[str]]) -> list[Row]:
    levels = draft.get("levels") or {}
    return [
        Row(
            criterion=criterion,
            given=(given := levels.get(criterion.code) or {}),
            asks_fault=criterion.code in task.needs_fault,
            is_low=task.is_low(given.get("level")),
            errors=errors.get(criterion.code, ()),
        )
        for criterion in task.criteria
    ]


def _events(draft: Draft, task: Task, errors: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    named = draft.get("events") or {}
    return [
        {
            "code": row["code"],
            "text": row["text"],
            "named": row["code"] in named,
            "why": named.get(row["code"]) or "",
            "errors": errors.get(row["code"], ()),
        }
        for row in task.events
    ]


def _notes(notes: Sequence[Mapping[str, Any]], dossier: Dossier) -> list[dict[str, Any]]:
    return [
        {
            **note,
            "number": number,
            "left": round(note["x"] * 100, 2),
            "top": round(note["y"] * 100, 2),
            "label": dossier.photos[note["photo"]].label if note["photo"] in dossier.photos else "",
        }
        for number, note in enumerate(notes, start=1)
    ]


# Handed in ------------------------------------------------------------------------------------------


def _handed_in(request: HttpRequest, piece: Allocation) -> HttpResponse:
    """One's own marks, to read, until the result is out."""
    if not may_look(request, piece):
        messages.info(request, "The result of this case is out, and its record is closed to assessors.")
        return redirect("desk")
    assessment = Assessment.objects.get(allocation=piece)
    annotations = list(assessment.annotations.select_related("criterion"))
    dossier = dossier_of(piece.submission)
    notes = [{"photo": each.photo_id, "x": each.x, "y": each.y, "text": each.text} for each in annotations]
    labels = dict(FaultCode.choices)
    judgements = assessment.judgements.select_related("criterion").order_by("criterion__code")
    return render(
        request,
        "certification/marking_done.html",
        {
            **on_the_table(dossier, [note for note in notes if note["photo"] in dossier.photos]),
            "piece": piece,
            "assessment": assessment,
            "judgements": [
                {"row": each, "faults": [labels.get(fault, fault) for fault in each.faults]} for each in judgements
            ],
            "annotations": annotations,
            "named": assessment.events.all(),
        },
    )
