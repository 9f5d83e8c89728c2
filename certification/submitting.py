"""Handing a case in: what is checked, moved and frozen.

The procedure is handed in when all of its evidence is there; healed photographs go along when they are complete,
or follow later. What is handed in is written down word for word and hash for hash (``manifests``), so that a
result can be checked against it years later. What is missing is said by ``readiness``.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from certification import assigning, cases, conflicts, schemes
from certification.cases import Part
from certification.completeness import Gap, things_are
from certification.errors import HandInRefused
from certification.manifests import content_of
from certification.models import (
    Application,
    CaseFile,
    ImageConsent,
    Manifest,
    ManifestPhoto,
    ProcedureCase,
    Submission,
)
from certification.readiness import STAGE_OF, Record, gaps_in, record_of
from certification.signals import case_handed_in
from certification.values import EDITABLE, ConsentPurpose, MarkingStage, SubmissionState
from training_site.accounts.roles import Role
from training_site.common import notices
from training_site.common.days import body_day
from training_site.common.history import save_as


@transaction.atomic
def hand_in(case: ProcedureCase, *, actor: Any, at: dt.datetime, on: dt.date) -> Submission:
    """Hand the procedure in; complete healed evidence goes along.

    The first hand-in gives the case its position in the file. Raises HandInRefused, with what is missing.
    """
    submission, fresh = _locked(case, actor)
    if not cases.may_move(submission, SubmissionState.HANDED_IN):
        raise HandInRefused(_handed_in_already(submission))
    _refuse_stranger(fresh)
    attempts = fresh.scheme_version.terms.cases.attempts
    if submission.number > attempts:
        raise HandInRefused(f"A case is handed in {attempts} times at most. Begin another case instead.")
    record = record_of(fresh, at=at, on=on)
    missing, of_healed = gaps_in(record, part=Part.PROCEDURE), gaps_in(record, part=Part.HEALED)
    # A healed result that is carried goes along as it was: nothing of it is awaited.
    _refuse_gaps(missing if record.scope.healed else [*missing, *of_healed])
    parts = [Part.PROCEDURE] if of_healed else [Part.PROCEDURE, Part.HEALED]
    _take_position(fresh, actor)
    submission.state, submission.handed_in_at = SubmissionState.HANDED_IN, at
    submission.healed_in_at = at if Part.HEALED in parts else None
    save_as(submission, actor=actor, reason="Handed in.", fields=["state", "handed_in_at", "healed_in_at"])
    for part in parts:
        freeze(submission, record, part, at=at, on=on)
        case_handed_in.send(Submission, submission=submission, marking_stage=STAGE_OF[part], at=at)
    photos = len(record.photos_of(Part.PROCEDURE))
    _tell(submission, fresh, "case_handed_in", photos=photos, healed=Part.HEALED in parts, at=at)
    return submission


@transaction.atomic
def hand_in_healed(case: ProcedureCase, *, actor: Any, at: dt.datetime, on: dt.date) -> Submission:
    """Hand the healed evidence of a case in whose procedure is handed in. Raises HandInRefused."""
    submission, fresh = _locked(case, actor)
    if submission.state in EDITABLE:
        raise HandInRefused("Hand in the case first. Complete healed photographs go along with it.")
    if sentence := cases.obstacle(submission, Part.HEALED):
        raise HandInRefused(sentence)
    record = record_of(fresh, at=at, on=on)
    _refuse_gaps(gaps_in(record, part=Part.HEALED))
    submission.healed_in_at = at
    save_as(submission, actor=actor, reason="Healed photographs handed in.", fields=["healed_in_at"])
    freeze(submission, record, Part.HEALED, at=at, on=on)
    case_handed_in.send(Submission, submission=submission, marking_stage=MarkingStage.HEALED, at=at)
    _tell(submission, fresh, "healed_handed_in", photos=len(record.photos_of(Part.HEALED)), at=at)
    return submission


@transaction.atomic
def return_for_evidence(submission: Submission, *, note: str, officer: Any, at: dt.datetime) -> Submission:
    """An officer gives a case back because something is missing; the attempt goes on. Raises HandInRefused."""
    if not officer.holds(Role.CERTIFICATION_OFFICER):
        raise HandInRefused("Only a certification officer returns a case.")
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    case = _whole(locked.case_id)
    if case.practitioner_id == officer.pk:
        raise HandInRefused("This case is your own. Another officer decides about it.")
    if sentence := conflicts.officer_obstacle(officer, case.case_file):
        raise HandInRefused(sentence)
    if not cases.may_move(locked, SubmissionState.RETURNED):
        raise HandInRefused(
            f"This case is in the state “{locked.get_state_display()}”. Only a case that is handed in and not "
            "marked yet can be returned."
        )
    if not note.strip():
        raise HandInRefused("Say what is missing, so that the candidate can add it.")
    locked.state, locked.note = SubmissionState.RETURNED, note.strip()
    save_as(locked, actor=officer, reason="Returned for evidence.", fields=["state", "note"])
    assigning.lapse_all(locked, reason="The case was returned for evidence.", officer=officer, at=at)
    _tell(locked, case, "case_returned", note=locked.note, at=at)
    return locked


def _refuse_gaps(found: Sequence[Gap]) -> None:
    if found:
        sentence = f"{things_are(len(found))} missing. Nothing was handed in."
        raise HandInRefused(sentence, [gap.sentence for gap in found])


def _refuse_stranger(case: ProcedureCase) -> None:
    application = case.case_file.application if case.case_file else None
    if application is None or application.state != Application.State.ADMITTED:
        raise HandInRefused("Cases are handed in once you are admitted to assessment. See your application.")


def _handed_in_already(submission: Submission) -> str:
    sentence = cases.obstacle(submission, Part.PROCEDURE)
    assert sentence is not None
    return sentence


# Freezing -----------------------------------------------------------------------------------------


def _whole(pk: int) -> ProcedureCase:
    return ProcedureCase.objects.select_related(
        "scheme_version__scheme", "case_file__application", "practitioner", "replaces"
    ).get(pk=pk)


def _locked(case: ProcedureCase, actor: Any) -> tuple[Submission, ProcedureCase]:
    """The attempt under a lock, and the case as it is now: of two clicks the second waits here."""
    submission = Submission.objects.select_for_update().filter(case=case).latest("number")
    fresh = _whole(case.pk)
    if fresh.practitioner_id != actor.pk:
        raise HandInRefused("Only its owner hands in a case.")
    return submission, fresh


def _take_position(case: ProcedureCase, actor: Any) -> None:
    """The next place in the file, once. A replacement takes that of the case it replaces."""
    if case.position is not None:
        return
    if case.replaces is not None:
        case.position = case.replaces.position
    else:
        assert case.case_file is not None
        # Two cases handed in at once would both read the same last place: the second waits here.
        file = CaseFile.objects.select_for_update().get(pk=case.case_file.pk)
        last = ProcedureCase.objects.filter(case_file=file).aggregate(last=Max("position"))["last"]
        case.position = (last or 0) + 1
    save_as(case, actor=actor, reason=f"Handed in as number {case.position} of the file.", fields=["position"])


def freeze(submission: Submission, record: Record, part: Part, *, at: dt.datetime, on: dt.date) -> Manifest:
    """Write down what is handed in with this part, word for word and hash for hash."""
    stage = STAGE_OF[part]
    photos = record.photos_of(part)
    alive = ImageConsent.objects.alive(at=at, on=on)
    consents = list(alive.filter(case=record.case, purpose=ConsentPurpose.ASSESSMENT))
    content = content_of(record.case, record.visits, record.papers, photos, consents, stage=stage)
    last = submission.manifests.filter(marking_stage=stage).aggregate(last=Max("number"))["last"]
    manifest = Manifest.objects.create(
        submission=submission,
        marking_stage=stage,
        number=(last or 0) + 1,
        content=content,
        sha256=schemes.digest(content),
        frozen_at=at,
    )
    for photo in photos:
        ManifestPhoto.objects.create(manifest=manifest, photo=photo, sha256=photo.sha256)
    return manifest


def _tell(submission: Submission, case: ProcedureCase, template: str, *, at: dt.datetime, **context: Any) -> None:
    owner = case.practitioner
    notices.post_template(
        template,
        {
            "ref": case.ref,
            "treatment": case.get_treatment_display(),
            "day": body_day(at),
            "address": settings.BASE_URL + reverse("case", args=[case.ref]),
            **context,
        },
        to=owner.email,
        user=owner,
        key=f"{template}:{submission.pk}:{submission.manifests.count()}",
    )
