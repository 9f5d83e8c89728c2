"""What a manifest holds, and whether it still matches what was handed in.

Layout 1::

    layout          1
    marking_stage   "procedure" or "healed"
    scheme          key, version, sha256 of its rules
    case            ref, client_code, treatment, corrects, and what was written for this stage
    answers         of the health screen (procedure only)
    visits          every visit, field by field
    papers          kind, sha256, dated_on, signed_time, identity_seen, pages (procedure only)
    observations    role, observed_on, items, statement; never who it was (procedure only)
    consents        given_on (days), ahead (whether the client allowed later photographs, too)
    photos          id, stage, view, taken_on, sha256, width, height

Days are ``YYYY-MM-DD``, times ``HH:MM:SS``, decimals text. Candidate, trainer and observer are not named.
A new layout gets the next number; what is frozen is never written anew.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Model

from certification import schemes
from certification.models import CaseDocument, ImageConsent, Manifest, Photo, ProcedureCase, SessionLog
from certification.values import MarkingStage
from training_site.common.days import body_day

LAYOUT = 1

ALWAYS = ("ref", "client_code", "treatment", "corrects")
OF_PROCEDURE = (
    "age_band",
    "sex",
    "scale",
    "stage",
    "fitzpatrick",
    "history_summary",
    "treated_under",
    "without_clearance",
    "plan",
    "client_agreed_on",
    "aftercare_sheet",
    "contact_log",
    "reflection",
    "all_own_work",
)
OF_HEALED = ("retention_note", "faults_seen")
OF_VISIT = tuple(field.name for field in SessionLog._meta.concrete_fields if field.name not in {"id", "case"})
OF_PAPER = ("kind", "sha256", "dated_on", "signed_time", "identity_seen", "pages")
OF_OBSERVATION = ("role", "observed_on", "items", "statement")
OF_PHOTO = ("id", "stage", "view", "taken_on", "sha256", "width", "height")


def content_of(
    case: ProcedureCase,
    visits: Sequence[SessionLog],
    papers: Sequence[CaseDocument],
    photos: Sequence[Photo],
    consents: Sequence[ImageConsent],
    *,
    stage: MarkingStage,
) -> dict[str, Any]:
    """The content of one manifest. ``consents``: those for assessment that live."""
    version = case.scheme_version
    kept = {photo.pk for photo in photos}
    content: dict[str, Any] = {
        "layout": LAYOUT,
        "marking_stage": stage.value,
        "scheme": {"key": version.scheme.key, "version": version.number, "sha256": version.content_hash},
        "case": _facts(case, ALWAYS + (OF_PROCEDURE if stage is MarkingStage.PROCEDURE else OF_HEALED)),
        "visits": [_facts(visit, OF_VISIT) for visit in visits],
        "consents": {
            "given_on": sorted(
                {body_day(each.given_at).isoformat() for each in consents if each.photo_id in kept}
            ),
            "ahead": any(each.photo_id is None for each in consents),
        },
        "photos": [_facts(photo, OF_PHOTO) for photo in photos],
    }
    if stage is MarkingStage.PROCEDURE:
        content["answers"] = case.answers
        content["papers"] = [_facts(paper, OF_PAPER) for paper in papers]
        content["observations"] = [
            _facts(visit.observation, OF_OBSERVATION) for visit in visits if hasattr(visit, "observation")
        ]
    return content


def verify(manifest: Manifest, *, files: bool = False) -> list[str]:
    """What no longer is as it was handed in, in sentences; empty when all is.

    With ``files`` the photographs themselves are read too.
    """
    faults = []
    if schemes.digest(manifest.content) != manifest.sha256:
        faults.append("The written record does not match its hash.")
    stated = {row["id"]: row["sha256"] for row in manifest.content["photos"]}
    rows = {row.photo_id: row for row in manifest.photos.select_related("photo")}
    faults += [f"Photograph {pk} is in the record and not in the list." for pk in sorted(stated.keys() - rows)]
    faults += [f"Photograph {pk} is in the list and not in the record." for pk in sorted(rows.keys() - stated)]
    for pk in sorted(rows.keys() & stated.keys()):
        row = rows[pk]
        if not row.sha256 == row.photo.sha256 == stated[pk]:
            faults.append(f"The hash of photograph {pk} is not the one that was handed in.")
        elif files and _sha256_of(row.photo) != row.sha256:
            faults.append(f"The file of photograph {pk} is not the one that was handed in.")
    return faults


def _sha256_of(photo: Photo) -> str | None:
    """Of the cleaned original; None when the file is gone."""
    try:
        with photo.original.open("rb") as original:
            return hashlib.file_digest(original, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def _facts(row: Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: _as_json(getattr(row, name)) for name in names}


def _as_json(value: Any) -> Any:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
