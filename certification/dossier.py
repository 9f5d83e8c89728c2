"""A case as those who mark it read it: what was handed in, and nobody's name.

Everything comes from frozen manifests, so that an assessor marks what was handed in and nothing else. Where a
visit took place, who trained and who observed are left out; papers are told as facts.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from certification import evidence, paper_checks, papers
from certification.models import (
    CaseDocument,
    Observation,
    PaperCheck,
    ProcedureCase,
    SessionLog,
    Submission,
)
from certification.redaction import Names, names_around
from certification.table_photos import Pictured, Sheet, manifests_of, pictures_of, sheets_of
from certification.values import MarkingStage, Needle, ScreenOutcome, TreatedUnder
from courses.treatments import FaultCode
from training_site.common.days import in_words

Row = dict[str, str]
"""``{"term": …, "value": …}``."""


@dataclass(frozen=True)
class Answer:
    """A question of the health screen. ``decides``: the outcome rests on it."""

    question: str
    answer: str
    note: str
    decides: bool


@dataclass(frozen=True)
class Visit:
    title: str
    day: dt.date
    rows: Sequence[Row]


@dataclass(frozen=True)
class Observed:
    """A signed observation: role and day, never who."""

    role: str
    day: dt.date
    items: Sequence[str]
    statement: str

    @property
    def checklist(self) -> list[dict[str, Any]]:
        """What was seen, as a list of things done."""
        return [{"label": item, "done": True} for item in self.items]


@dataclass(frozen=True)
class Paper:
    """A paper as facts. ``confirmed``: an officer has read it. ``late``: signed after the first pigment."""

    title: str
    rows: Sequence[Row]
    confirmed: bool
    late: str


@dataclass(frozen=True)
class Dossier:
    """Everything that those who mark a case may know of it."""

    ref: str
    summary: Sequence[str]
    facts: Sequence[Row]
    answers: Sequence[Answer]
    outcome: str
    decision: Sequence[Row]
    plan: Sequence[Row]
    visits: Sequence[Visit]
    papers: Sequence[Paper]
    consents: Sequence[Row]
    observations: Sequence[Observed]
    aftercare: Sequence[Row]
    healed: Sequence[Row]
    sheets: Sequence[Sheet]

    @property
    def photos(self) -> dict[int, Pictured]:
        """Each photograph by its key."""
        return {photo.pk: photo for sheet in self.sheets for column in sheet.columns for photo in column.photos}


def dossier_of(submission: Submission) -> Dossier:
    """The case of an attempt as it was handed in. ``submission`` has been handed in."""
    case = ProcedureCase.objects.select_related(
        "practitioner", "case_file__application", "scheme_version__scheme"
    ).get(pk=submission.case_id)
    manifests = manifests_of(submission)
    names = names_around(case)
    procedure = manifests[MarkingStage.PROCEDURE].content
    healed = manifests[MarkingStage.HEALED].content if MarkingStage.HEALED in manifests else None
    latest = max(manifests.values(), key=lambda manifest: manifest.frozen_at).content
    told = _row_of(ProcedureCase, {**procedure["case"], **(healed["case"] if healed else {})}, names)
    told.scheme_version = case.scheme_version
    visits = [_row_of(SessionLog, row, names) for row in latest["visits"]]
    screened = _Screened(told, procedure["answers"], names)
    return Dossier(
        ref=told.ref,
        summary=_summary(told),
        facts=_facts(told),
        answers=screened.answers,
        outcome=screened.outcome.label if screened.outcome else "Not all questions answered",
        decision=screened.decision,
        plan=_rows(
            ("Plan", told.plan),
            ("Client agreed to design and plan on", _day(told.client_agreed_on)),
        ),
        visits=[_visit(visit) for visit in visits],
        papers=[_paper(row, case, visits) for row in procedure["papers"]],
        consents=_consents(procedure, healed, visits),
        observations=[_observed(row, names) for row in procedure["observations"]],
        aftercare=_rows(
            ("Aftercare sheet given", told.aftercare_sheet),
            ("Contacts after the visits", told.contact_log),
            ("Reflection", told.reflection),
            ("All pigment placed by the candidate", "Stated" if told.all_own_work else "Not stated"),
        ),
        healed=_healed(told) if healed else [],
        sheets=sheets_of(pictures_of(submission, [procedure, healed], visits)),
    )


# Reading rows of a manifest -------------------------------------------------------------------------


def _row_of(model: type[models.Model], facts: Mapping[str, Any], names: Names) -> Any:
    """An unsaved row of what was frozen, its free text without names; ``place`` stays out."""
    values = {}
    for name, value in facts.items():
        field = model._meta.get_field(name)
        assert isinstance(field, models.Field)
        if name == "place":
            continue
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        values[name] = names.out_of(value) if is_text and value else field.to_python(value)
    return model(**values)


def _rows(*pairs: tuple[str, str]) -> list[Row]:
    """What is known; a text that is missing is said to be."""
    return [{"term": term, "value": value or "Not given"} for term, value in pairs]


def _known(*pairs: tuple[str, str]) -> list[Row]:
    """What is known, and nothing of the rest."""
    return [{"term": term, "value": value} for term, value in pairs if value]


def _day(day: dt.date | None) -> str:
    return in_words(day) if day else ""


# The written record ---------------------------------------------------------------------------------


def _treatment(told: ProcedureCase) -> str:
    corrects = f" of {told.get_corrects_display()}" if told.corrects else ""
    return f"{told.get_treatment_display()}{corrects}"


def _summary(told: ProcedureCase) -> list[str]:
    """Treatment, stage and skin, for the head of a page."""
    band = told.skin_band
    skin = f"{band.label} skin" if band else ""
    return [each for each in (_treatment(told), told.stage_label.partition(" – ")[0], skin) if each]


def _facts(told: ProcedureCase) -> list[Row]:
    return _rows(
        ("Treatment", _treatment(told)),
        ("Client", told.client_code),
        ("Age at the first visit", told.get_age_band_display()),
        ("Sex", told.get_sex_display()),
        ("Scale and stage", told.stage_label or told.get_scale_display()),
        ("Skin type", told.get_fitzpatrick_display()),
        ("History", told.history_summary),
    )


class _Screened:
    """The health screen question by question, its outcome, and the decision taken on it."""

    def __init__(self, told: ProcedureCase, answers: Mapping[str, Mapping[str, str]], names: Names) -> None:
        screen = told.scheme_version.screen
        self.outcome: ScreenOutcome | None = screen.outcome(answers)
        deciding = {question.key for question in screen.deciding(answers)}
        self.answers = []
        for question in screen.questions:
            given = answers.get(question.key, {})
            choice = question.choice(given.get("value", ""))
            self.answers.append(
                Answer(
                    question=question.text,
                    answer=choice.label if choice else "Not answered",
                    note=names.out_of(given.get("note", "")),
                    decides=question.key in deciding,
                )
            )
        decided = TreatedUnder(told.treated_under).label if told.treated_under else ""
        self.decision = _rows(
            ("Worked-out outcome", self.outcome.label if self.outcome else "Not all questions answered"),
            ("Decision taken", decided),
        )
        if told.without_clearance:
            self.decision += _rows(("Written clearance", "Stated: there was none"))


def _visit(visit: SessionLog) -> Visit:
    needles = [Needle(each).label for each in visit.needles if each in Needle.values]
    lasted = f"{visit.began:%H:%M}–{visit.ended:%H:%M}, {visit.minutes} minutes" if visit.minutes else ""
    numbing = f"{visit.numbing}, {visit.numbing_percent} %" if visit.numbing_percent else visit.numbing
    rows = _known(
        ("Time", lasted),
        ("Who did it", visit.get_operator_display()),
        ("Who was present", visit.get_supervision_display()),
        ("Cartridge", ", ".join([*needles, *filter(None, [visit.needle_other])])),
        ("Cartridge batch", visit.needle_lot),
        ("Cartridge expiry", _expiry(visit.needle_expires_on, visit.visited_on)),
        ("Machine", visit.machine),
        ("Speed or voltage", visit.speed),
        ("Pigment", visit.pigment),
        ("Pigment batch", visit.pigment_lot),
        ("Pigment expiry", _expiry(visit.pigment_expires_on, visit.visited_on)),
        ("Dilution", visit.dilution),
        ("Numbing", numbing),
        ("Zones", visit.zones),
        ("Dots, estimated", f"{visit.dots_estimate:,}" if visit.dots_estimate else ""),
        ("What was done", visit.technique),
        ("Skin reaction", visit.skin_reaction),
        (
            "Something went wrong",
            _yes(visit.incident),
        ),
        ("What happened and what was done", visit.incident_text),
        ("Aftercare", "Explained, and the sheet given" if visit.aftercare_given else "Not noted"),
    )
    return Visit(title=visit.get_kind_display(), day=visit.visited_on, rows=rows)


def _yes(known: bool | None) -> str:
    return "" if known is None else "Yes" if known else "No"


def _expiry(expires_on: dt.date | None, visited_on: dt.date) -> str:
    if expires_on is None:
        return ""
    return in_words(expires_on) + (", before this visit" if expires_on < visited_on else "")


def _observed(row: Mapping[str, Any], names: Names) -> Observed:
    return Observed(
        role=Observation.Role(row["role"]).label,
        day=dt.date.fromisoformat(row["observed_on"]),
        items=[names.out_of(item) for item in row["items"]],
        statement=names.out_of(row["statement"]),
    )


def _healed(told: ProcedureCase) -> list[Row]:
    faults = [FaultCode(each).label for each in told.faults_seen if each in FaultCode.values]
    return _rows(
        ("What held, what faded, what next", told.retention_note),
        ("Faults the candidate sees", ", ".join(faults) or "None"),
    )


# Papers and consents --------------------------------------------------------------------------------


def _paper(row: Mapping[str, Any], case: ProcedureCase, visits: Sequence[SessionLog]) -> Paper:
    told = CaseDocument(
        **{name: CaseDocument._meta.get_field(name).to_python(value) for name, value in row.items()}  # type: ignore[union-attr]
    )
    read = PaperCheck.objects.filter(document__case=case, digest=paper_checks.digest_of(told))
    is_consent = told.kind == CaseDocument.Kind.TREATMENT_CONSENT
    return Paper(
        title=told.get_kind_display(),
        rows=_known(
            ("Day on the paper", in_words(told.dated_on)),
            ("Time of the signature", f"{told.signed_time:%H:%M}" if told.signed_time else ""),
            ("Client's age and identity document", _seen(told) if is_consent else ""),
            ("Pages", str(told.pages)),
        ),
        confirmed=read.exists(),
        late=papers.late(told, visits) or "",
    )


def _seen(paper: CaseDocument) -> str:
    return "Seen" if paper.identity_seen else "Not noted as seen"


def _consents(
    procedure: Mapping[str, Any], healed: Mapping[str, Any] | None, visits: Iterable[SessionLog]
) -> list[Row]:
    """On which days the client allowed photographs for assessment."""
    contents = [each["consents"] for each in (procedure, healed) if each]
    first = evidence.first_pigment(visits)
    days = sorted({dt.date.fromisoformat(day) for each in contents for day in each["given_on"]})
    told = [in_words(day) + (", after the first pigment" if first and day > first else "") for day in days]
    ahead = any(each["ahead"] for each in contents)
    return _rows(
        ("Photographs allowed for assessment on", "; ".join(told)),
        ("Photographs still to be taken", "Allowed ahead" if ahead else "Not allowed ahead"),
    )
