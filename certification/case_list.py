"""A candidate's case files: what is in them, how each case stands, and what to do next."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from certification import cases
from certification.cases import CaseStatus, Part
from certification.completeness import written
from certification.models import CaseDocument, CaseFile, ProcedureCase, Submission
from certification.overview import RESULT_TONES, SECTIONS
from certification.terms import Cases
from certification.values import EDITABLE, PhotoStage, SubmissionKind
from training_site.common.days import body_day, in_words

TONES = {
    CaseStatus.RETURNED: "caution",
    CaseStatus.HEALED_AWAITED: "caution",
    **RESULT_TONES,
}
"""How a status looks; all others wait."""

AFTER_RESULT = {
    CaseStatus.PASSED: "It counts for your file. Read the result.",
    CaseStatus.REFERRED: "Next: read the result. It says whether to correct or to replace this case.",
    CaseStatus.FAILED: "It does not count. You may add another case.",
    CaseStatus.REPLACED: "Another case has taken its place.",
}

OUT = frozenset({CaseStatus.FAILED, CaseStatus.REPLACED})
"""What cannot count for a file any more."""


@dataclass(frozen=True)
class Row:
    """One case of a list. ``next`` says what to do, ``url`` leads there."""

    case: ProcedureCase
    status: CaseStatus
    when: str
    next: str
    url: str

    @property
    def tone(self) -> str:
        return TONES.get(self.status, "wait")

    @property
    def action(self) -> str:
        return "Read" if self.status in AFTER_RESULT else "Go on"


@dataclass(frozen=True)
class Listed:
    """A file with its cases. The counts are of cases that have passed or still can."""

    file: CaseFile
    rows: Sequence[Row]

    @property
    def needed(self) -> Cases:
        return self.file.scheme_version.terms.cases

    @property
    def counted(self) -> Sequence[Row]:
        """Cases that have passed or still can."""
        return [row for row in self.rows if row.status not in OUT]

    @property
    def treatments(self) -> int:
        """How many kinds of treatment its cases show."""
        return len({row.case.treatment for row in self.counted})

    @property
    def skin_bands(self) -> int:
        """How many skin bands its cases show; one without a skin type shows none yet."""
        return len({row.case.skin_band for row in self.counted if row.case.skin_band})


def files_of(candidate: Any, *, on: dt.date) -> list[Listed]:
    """Every file of a candidate, the newest first; ``on`` is the day of asking."""
    found = ProcedureCase.objects.select_related("replaced_by").prefetch_related(
        "visits",
        Prefetch("submissions", Submission.objects.order_by("number").prefetch_related("results")),
        Prefetch("documents", CaseDocument.objects.filter(kind=CaseDocument.Kind.CLEARANCE)),
    )
    files = CaseFile.objects.for_user(candidate).select_related("scheme_version__scheme")
    return [_listed(file, on=on) for file in files.prefetch_related(Prefetch("procedure_cases", found))]


def _listed(file: CaseFile, *, on: dt.date) -> Listed:
    rows = []
    for case in file.procedure_cases.all():
        if case.scheme_version_id == file.scheme_version_id:
            case.scheme_version = file.scheme_version  # Its rules are read once for the whole list.
        rows.append(_row(case, on=on))
    return Listed(file, rows)


def _row(case: ProcedureCase, *, on: dt.date) -> Row:
    submission = list(case.submissions.all())[-1]
    submission.case = case
    sentence, url_name = _next(case, submission, on=on)
    handed_in = submission.handed_in_at
    return Row(
        case=case,
        status=cases.status(submission),
        when=f"Handed in on {in_words(body_day(handed_in))}"
        if handed_in
        else f"Begun on {in_words(body_day(case.begun_at))}",
        next=sentence,
        url=reverse(url_name, args=[case.ref]),
    )


def _next(case: ProcedureCase, submission: Submission, *, on: dt.date) -> tuple[str, str]:
    status, visits = cases.status(submission), list(case.visits.all())
    if status in AFTER_RESULT:
        return AFTER_RESULT[status], "case_result"
    if status is CaseStatus.RELEASED:
        return "The result is out.", "case"
    if status is CaseStatus.RETURNED:
        return f"The office asks: “{submission.note}”", "case"
    if submission.state in EDITABLE:
        missing = written(case, visits, part=Part.PROCEDURE, has_clearance=bool(case.documents.all()))
        if missing:
            page = missing[0].url_name
            return f"Next: {SECTIONS.get(page, 'the record').lower()}.", page
        if submission.kind == SubmissionKind.CORRECTION:
            return "The correction is begun. Next: what has to be new, and hand-in.", "case"
        return "The record is written. Next: photographs, papers and hand-in.", "case"
    if cases.obstacle(submission, Part.HEALED) is None:
        earliest = case.scheme_version.evidence.earliest(PhotoStage.HEALED, visits)
        if earliest is not None and earliest <= on:
            return "Next: the healed photographs.", "case"
        if earliest is not None:
            return f"Healed photographs count from {in_words(earliest)} on.", "case"
    return "You need do nothing now.", "case"
