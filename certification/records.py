"""What this app keeps about people: candidates, their clients, and those who observed."""

from typing import Any

from django.db import models

from certification import cases, results
from certification.cases import status
from certification.models import (
    Application,
    CaseDocument,
    CaseFile,
    ClientContact,
    ImageConsent,
    Manifest,
    Observation,
    ObserverAppointment,
    Photo,
    ProcedureCase,
    SessionLog,
    Submission,
)
from certification.values import SubmissionState
from training_site.common import personal_data

WITH_THE_CERTIFICATION = "As long as the certification that rests on it is on record"


def register() -> None:
    """Declare it all, and add a candidate's part to their copy. Called once, when the app is ready."""
    personal_data.register(
        "cases",
        export=_cases,
        erase=None,
        note=(
            "Your application, and your cases with visits, photographs (facts, no files), what your clients "
            "allowed, what was handed in, and released results. A client's address and health answers stay in "
            "the case. A certification rests on all of it, so erasure leaves it."
        ),
    )
    personal_data.describe(
        Application,
        what="An applicant's place of work, proof of bloodborne training, and that identity and age were seen",
        why="Nobody is assessed before the prerequisites of the scheme are met",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        CaseFile,
        what="That a person asked for certification, and under which rules",
        why="A decision is made on the whole file",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        ProcedureCase,
        what="A client by code: age band, skin, hair loss, health answers, the plan and how it went; never a name",
        why="Assessors judge whether the client was treated safely and well",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        SessionLog,
        what="Day, times, materials and reactions of each visit of a client",
        why="Assessors judge the record, and batches must be found after an incident",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        CaseDocument,
        what="Scans of a client's treatment consent and medical clearance, for the candidate and officers only",
        why="An officer confirms that they exist; assessors see only that they do, and their day",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        Photo,
        what="Photographs of a client's scalp, without place, time or camera; the latter two are kept apart",
        why="Assessors judge the work by them",
        kept="Until the client withdraws or the certification is no longer on record",
    )
    personal_data.describe(
        ClientContact,
        what="A client's e-mail address, sealed",
        why="So that the client, and nobody else, answers about their photographs",
        kept="As long as photographs of the client are kept",
    )
    personal_data.describe(
        ImageConsent,
        what="What a client allowed, for which photograph and purpose, and when they took it back",
        why="No photograph is used without it",
        kept="Ten years after it ended, as proof",
    )
    personal_data.describe(
        ObserverAppointment,
        what="Name, qualification and sealed address of somebody appointed to observe a visit",
        why="Their signed observation is evidence of hygiene",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        Observation,
        what="What an observer saw at a visit, with their signature",
        why="It is evidence of hygiene; assessors see the role, never the name",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        Submission,
        what="When a case was handed in, and how far its assessment has come",
        why="Attempts are counted, and results must come in time",
        kept=WITH_THE_CERTIFICATION,
    )
    personal_data.describe(
        Manifest,
        what="The written record of a case as it was handed in, and the hashes of its photographs",
        why="So that a result can be checked against what was handed in",
        kept=WITH_THE_CERTIFICATION,
    )


def _cases(user: Any) -> dict[str, Any]:
    found = (
        ProcedureCase.objects.for_user(user)
        .select_related("replaced_by")
        .prefetch_related(
            "visits", "photos", "documents", "image_consents", "submissions__manifests", "submissions__results"
        )
    )
    return {
        "applications": [_facts(each) for each in Application.objects.for_user(user)],
        "case files": [_facts(each) for each in CaseFile.objects.for_user(user)],
        "cases": [_case(each) for each in found],
    }


def _case(case: ProcedureCase) -> dict[str, Any]:
    return {
        **_facts(case),
        "visits": [_facts(each) for each in case.visits.all()],
        "photographs": [_facts(each) for each in case.photos.all()],
        "papers": [_facts(each) for each in case.documents.all()],
        "consents": [_facts(each) for each in case.image_consents.all()],
        "attempts": [
            {
                **_facts(each),
                "status": status(each).label,
                "result": _result(each),
                "frozen": [
                    {"stage": frozen.marking_stage, "at": frozen.frozen_at, "sha256": frozen.sha256}
                    for frozen in each.manifests.all()
                ],
            }
            for each in case.submissions.all()
        ],
    }


NOT_COPIED = {
    ProcedureCase: {"answers"},
    Photo: {"camera", "camera_clock"},
    Submission: {"state", "round"},
}
"""Health answers of clients are read inside the case only; what a camera claims is for officers; and how marking
goes is told by the status alone, which knows of no hold, no third assessor and no second round.
"""


def _result(attempt: Submission) -> dict[str, Any] | None:
    """A released result as its page tells it; None before, whatever the marks are (K5)."""
    if attempt.state != SubmissionState.RELEASED or cases.standing_result(attempt) is None:
        return None
    told = results.told(attempt)
    return {
        "outcome": told.outcome,
        "points": told.score,
        "band": told.band,
        "missed": [*told.missed, *told.events],
        "criteria": [
            {
                "code": row.code,
                "name": row.name,
                "level": row.level,
                "texts": row.texts,
                "faults": row.faults,
                "carried from attempt": row.carried,
            }
            for row in told.criteria
        ],
        "notes on photographs": [pin.text for each in told.pinned for pin in each.pins],
        "from the assessors": told.notes,
    }


def _facts(row: models.Model) -> dict[str, Any]:
    """Every column that tells something by itself: no files, no keys of other rows."""
    return {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if not (field.is_relation or field.primary_key or isinstance(field, models.FileField))
        and field.name not in NOT_COPIED.get(type(row), ())
    }
