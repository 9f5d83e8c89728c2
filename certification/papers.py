"""Papers of a case: the client's signed treatment consent, and a written medical clearance.

Cleaned like every document that comes in; who opens them is in ``access``. A consent signed after the first
pigment is taken and shown as such: what happened is what is marked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial
from typing import Any, cast

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.fields.files import FieldFile

from certification import cases
from certification.cases import Part
from certification.errors import CaseRefused
from certification.models import CaseDocument, Manifest, ProcedureCase, SessionLog, Submission
from certification.values import IMPLANTING
from training_site.common.days import in_words
from training_site.common.history import delete_as, save_as
from training_site.common.storage import random_name
from training_site.common.uploads import CleanDocument, clean_document

FOLDER = "papers"


def keep(
    case: ProcedureCase,
    kind: str,
    upload: UploadedFile | None,
    *,
    dated_on: dt.date,
    signed_time: dt.time | None = None,
    identity_seen: bool = False,
    actor: Any,
    at: dt.datetime,
    today: dt.date,
) -> CaseDocument:
    """Keep a paper; the earlier one of its kind is replaced, file and all.

    Without ``upload`` the file stays and what is written about it changes. ``today`` is the candidate's calendar
    day. Raises CaseRefused, DocumentRefused for a file that is no good document, CleaningUnavailable when no
    file can be opened at the moment, OSError when the disk fails.
    """
    if sentence := cases.obstacle(Submission.objects.latest_of(case), Part.PAPERS):
        raise CaseRefused(sentence)
    if dated_on > today:
        raise CaseRefused("The day on the paper lies in the future. Give the day on which it was signed.")
    # Opening a stranger's file takes seconds: nobody waits for a lock meanwhile.
    clean = clean_document(upload) if upload else None  # type: ignore[arg-type]  # Seekable and binary.
    with cases.changing(case, Part.PAPERS, actor=actor) as fresh:
        paper = fresh.documents.filter(kind=kind).first()
        if paper is None and clean is None:
            raise CaseRefused("Choose the file: a PDF, or a photograph of the paper.")
        reason = "Paper replaced." if paper and clean else "Facts of a paper changed." if paper else "Paper added."
        paper = paper or CaseDocument(case=fresh, kind=kind, added_at=at)
        paper.dated_on, paper.signed_time, paper.identity_seen = dated_on, signed_time, identity_seen
        if clean is None:
            return save_as(paper, actor=actor, reason=reason)
        paper.added_at = at
        return _store(paper, clean, actor=actor, reason=reason)


def remove(paper: CaseDocument, *, actor: Any) -> None:
    """Take a paper out of its case, with its file. Raises CaseRefused when the case cannot be changed."""
    with cases.changing(paper.case, Part.PAPERS, actor=actor) as fresh:
        kept = fresh.documents.filter(pk=paper.pk).first()
        if kept is None:
            return  # Two clicks: the first one took it out.
        if not _was_handed_in(kept, kept.sha256):
            _delete_after_commit(kept.file)
        delete_as(kept, actor=actor, reason="Paper taken out.")


def late(paper: CaseDocument, visits: Iterable[SessionLog]) -> str | None:
    """That a treatment consent was signed after the first pigment, in a sentence; None when it was not.

    None too while no visit with pigment is logged, or when day and times do not tell.
    """
    if paper.kind != CaseDocument.Kind.TREATMENT_CONSENT:
        return None
    pigment = [visit for visit in visits if visit.kind in IMPLANTING]
    first = min(pigment, key=lambda visit: (visit.visited_on, visit.began or dt.time.max), default=None)
    if first is None or paper.dated_on < first.visited_on:
        return None
    if paper.dated_on > first.visited_on:
        return f"Signed after the first pigment, which was on {in_words(first.visited_on)}."
    if paper.signed_time and first.began and paper.signed_time >= first.began:
        return f"Signed after the first pigment, which was that day at {first.began:%H:%M}."
    return None


def filename(file: FieldFile) -> str:
    """``C-7KX2M4-treatment-consent.pdf``: the reference, never the client."""
    paper = cast("CaseDocument", file.instance)
    extension = (file.name or "").rpartition(".")[2]
    return f"{paper.case.ref}-{paper.kind.replace('_', '-')}.{extension}"


def _store(paper: CaseDocument, clean: CleanDocument, *, actor: Any, reason: str) -> CaseDocument:
    earlier, storage = paper.file.name, paper.file.storage
    stays = _was_handed_in(paper, paper.sha256)
    paper.media_type, paper.pages, paper.sha256 = clean.media_type, clean.pages, clean.sha256
    try:
        paper.file.save(random_name(FOLDER, clean.extension), ContentFile(clean.content), save=False)
        save_as(paper, actor=actor, reason=reason)
    except BaseException:
        if paper.file.name and paper.file.name != earlier:
            storage.delete(paper.file.name)
        raise
    if earlier and not stays:
        transaction.on_commit(partial(storage.delete, earlier))
    return paper


def _was_handed_in(paper: CaseDocument, sha256: str) -> bool:
    """Whether a manifest of the case names this file: then it stays on disk, as its history tells where."""
    frozen = Manifest.objects.filter(submission__case=paper.case_id).values_list("content__papers", flat=True)
    return any(row["sha256"] == sha256 for papers in frozen if papers for row in papers)


def _delete_after_commit(file: FieldFile) -> None:
    if file.name:
        transaction.on_commit(partial(file.storage.delete, file.name))
