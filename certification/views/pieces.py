"""An assessor's own piece of marking, and what its pages share."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from certification import access
from certification.dossier import Dossier
from certification.models import Allocation
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role

assessors = for_roles(Role.ASSESSOR)


def own_piece(request: HttpRequest, pk: int) -> Allocation:
    """The piece of marking with this number if it is one's own; otherwise 404, as if there were none."""
    found = Allocation.objects.for_user(person_of(request))
    return get_object_or_404(found.select_related("submission__case__scheme_version__rubric"), pk=pk)


def may_look(request: HttpRequest, piece: Allocation) -> bool:
    """Whether this assessor may look at the case now."""
    return access.looked_at_by(person_of(request)).filter(pk=piece.pk).exists()


def on_the_table(dossier: Dossier, notes: list[dict[str, Any]]) -> dict[str, Any]:
    """What the light table shows of a case: its sheets with the notes pinned to each photograph."""
    pinned: dict[int, list[dict[str, Any]]] = {}
    for number, note in enumerate(notes, start=1):
        pin = {"number": number, "x": note["x"] * 100, "y": note["y"] * 100, "text": note["text"]}
        pinned.setdefault(note["photo"], []).append(pin)
    return {
        "dossier": dossier,
        "sheets": [
            {
                "sheet": sheet,
                "columns": [
                    {
                        "label": column.label,
                        "figures": [{"photo": photo, "pins": pinned.get(photo.pk, [])} for photo in column.photos],
                    }
                    for column in sheet.columns
                ],
            }
            for sheet in dossier.sheets
        ],
    }
