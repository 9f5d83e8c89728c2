"""Keeping a case: beginning it, writing it down, logging its visits.

All of it goes through ``cases.changing``: only the owner writes, and only what is still open. Each write saves the
fields of its own page, so that two pages open at once lose nothing of each other.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from certification import anonymity, cases, consenting
from certification.cases import Part
from certification.errors import CaseRefused
from certification.models import CaseFile, ProcedureCase, SessionLog, Submission
from certification.values import EDITABLE, SubmissionKind, VisitKind
from courses.treatments import TreatmentType
from training_site.accounts.roles import Role
from training_site.common.history import delete_as, save_as

HEALED_VISITS = frozenset({VisitKind.HEALED_REVIEW, VisitKind.TOUCH_UP})
"""Visits that can still be logged after hand-in."""

WRITABLE: Mapping[Part, frozenset[str]] = {
    Part.PROCEDURE: frozenset(
        {
            "treatment",
            "corrects",
            "client_code",
            "age_band",
            "sex",
            "scale",
            "stage",
            "fitzpatrick",
            "history_summary",
            "answers",
            "treated_under",
            "without_clearance",
            "plan",
            "client_agreed_on",
            "aftercare_sheet",
            "contact_log",
            "reflection",
            "all_own_work",
        }
    ),
    Part.HEALED: frozenset({"retention_note", "faults_seen"}),
}
"""What a candidate writes of each part; everything else of a case changes by other rules."""

LOGGED = frozenset(field.name for field in SessionLog._meta.concrete_fields) - {"id", "case"}
"""What a candidate writes of a visit."""

TRIES = 5
"""References are drawn by lot; one that is taken is drawn again."""


@transaction.atomic
def begin(
    case_file: CaseFile, *, treatment: str, corrects: str = "", client_code: str, actor: Any, at: dt.datetime
) -> ProcedureCase:
    """Open a case with its first attempt as a draft. The same client and treatment in one file are one case.

    Raises CaseRefused for anybody else's file, for a client code that could be a name, or when a correction does
    not say what it corrects.
    """
    if case_file.candidate_id != actor.pk or not actor.holds(Role.TRAINEE):
        raise CaseRefused("Only its candidate adds a case to a file.")
    # Two clicks at once would both find no case yet: the second waits here.
    locked = CaseFile.objects.select_for_update().get(pk=case_file.pk)
    refuse_client_code(client_code, actor)
    corrects = _corrected(treatment, corrects)
    same = _about(locked, treatment=treatment, corrects=corrects, client_code=client_code).first()
    if same is not None:
        return same
    made = ProcedureCase(
        practitioner=actor,
        case_file=locked,
        scheme_version_id=locked.scheme_version_id,
        treatment=treatment,
        corrects=corrects,
        client_code=client_code,
        begun_at=at,
    )
    save_under_new_ref(made, actor=actor)
    attempt = Submission(case=made, number=1, kind=SubmissionKind.FIRST, begun_at=at)
    save_as(attempt, actor=actor, reason="Begun with its case.")
    return made


def write(
    case: ProcedureCase, changes: Mapping[str, Any], *, part: Part, actor: Any, reason: str, at: dt.datetime
) -> ProcedureCase:
    """Save ``changes``, fields of this part by name, and nothing else; returns the case as it is then.

    A draft may have gaps, and a decision may be wrong. With another client or treatment, a consent to photographs
    still to be taken ends: it was given for that one. Raises CaseRefused when the part is closed, when a client
    code could be a name, when another case of the file is about that client and treatment, or when the treatment
    changes although photographs are there.
    """
    if strange := sorted(changes.keys() - WRITABLE[part]):
        raise TypeError(f"These are not written with the {part} of a case: {', '.join(strange)}.")
    with cases.changing(case, part, actor=actor) as fresh:
        treatment, client = (fresh.treatment, fresh.corrects), fresh.client_code
        before = {name: getattr(fresh, name) for name in changes}
        for name, value in changes.items():
            setattr(fresh, name, value)
        if "client_code" in changes and fresh.client_code != before["client_code"]:
            refuse_client_code(fresh.client_code, actor)
        if changes.keys() & {"treatment", "corrects"}:
            fresh.corrects = _corrected(fresh.treatment, fresh.corrects)
            if (fresh.treatment, fresh.corrects) != treatment:
                _refuse_other_treatment(fresh)
        if "answers" in changes:
            fresh.answers = fresh.scheme_version.screen.kept(fresh.answers)
        changed = [name for name in before if getattr(fresh, name) != before[name]]
        if "treatment" in changes:
            changed = sorted({*changed, "corrects"})
        if (fresh.treatment, fresh.corrects, fresh.client_code) != (*treatment, client):
            refuse_second_case(fresh)
            consenting.end_ahead(fresh, actor=actor, at=at)
        return save_as(fresh, actor=actor, reason=reason, fields=changed) if changed else fresh


def log_visit(case: ProcedureCase, facts: Mapping[str, Any], *, actor: Any, today: dt.date) -> SessionLog:
    """Add a visit; the same one sent twice is kept once. ``today`` is the candidate's calendar day.

    Raises CaseRefused when visits of that kind are closed, and for a day to come.
    """
    _refuse_strange(facts)
    visit = SessionLog(case=case, **facts)
    with cases.changing(case, part_of(visit.kind), actor=actor) as fresh:
        visit.case = fresh
        _refuse_future(visit, today)
        for each in fresh.visits.filter(kind=visit.kind, visited_on=visit.visited_on):
            if all(getattr(each, name) == getattr(visit, name) for name in LOGGED):
                return each
        return save_as(visit, actor=actor, reason="Logged.")


def change_visit(visit: SessionLog, facts: Mapping[str, Any], *, actor: Any, today: dt.date) -> SessionLog:
    """Save ``facts`` of a visit. Raises CaseRefused as ``log_visit``.

    What somebody has signed stays: kind and day of an observed visit do not change.
    """
    _refuse_strange(facts)
    with _changing(visit, actor=actor, kind=facts.get("kind", visit.kind)) as fresh:
        before = {name: getattr(fresh, name) for name in facts}
        for name, value in facts.items():
            setattr(fresh, name, value)
        _refuse_future(fresh, today)
        changed = [name for name in before if getattr(fresh, name) != before[name]]
        if {"kind", "visited_on"} & {*changed}:
            _refuse_observed(fresh)
        return save_as(fresh, actor=actor, reason="Changed.", fields=changed) if changed else fresh


def _refuse_observed(visit: SessionLog) -> None:
    if hasattr(visit, "observation"):
        raise CaseRefused(
            "An observer has signed for this visit, so its kind and day stay. Log another visit instead."
        )
    if visit.appointments.filter(ended_at=None).exists():
        raise CaseRefused(
            "An observer is appointed for this visit, so its kind and day stay. Write to the office first."
        )


def remove_visit(visit: SessionLog, *, actor: Any) -> None:
    """Take a visit out. Raises CaseRefused when it is observed, or an observer was appointed to it."""
    with _changing(visit, actor=actor) as fresh:
        if sentence := unremovable(fresh):
            raise CaseRefused(sentence)
        delete_as(fresh, actor=actor, reason="Taken out by the candidate.")


def unremovable(visit: SessionLog) -> str | None:
    """Why a visit stays although the case is open, in a sentence; None when it can be taken out."""
    if hasattr(visit, "observation"):
        return "An observer has signed for this visit, so it stays."
    if visit.appointments.exists():
        return "The office has appointed an observer to this visit, so it stays. Write to the office first."
    return None


def visit_obstacle(visit: SessionLog, submission: Submission) -> str | None:
    """Why a visit cannot be changed now, in a sentence; None when it can.

    After hand-in only those change that came later: the others are frozen with the case.
    """
    if sentence := cases.obstacle(submission, part_of(visit.kind)):
        return sentence
    if (
        submission.state not in EDITABLE
        and visit.history.filter(history_date__lte=submission.handed_in_at).exists()
    ):
        return "This visit was handed in with the case, and stays as it was. Log what came later as a new visit."
    return None


def part_of(kind: str) -> Part:
    """The part of a case that visits of this kind belong to."""
    return Part.HEALED if kind in HEALED_VISITS else Part.PROCEDURE


def refuse_client_code(code: str, candidate: Any) -> None:
    """Raise CaseRefused for anything but a code: 3 to 20 letters, digits and hyphens with at least one digit."""
    if not re.fullmatch(r"[A-Za-z0-9-]{3,20}", code):
        raise CaseRefused("A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041.")
    if not re.search(r"[0-9]", code):
        raise CaseRefused("This could be a name. Use a code such as D-041.")
    plain = _plain(code)
    names = re.findall(r"\w{3,}", _plain(f"{candidate.legal_name} {candidate.display_name}"))
    if anonymity.found(code, candidate) or any(name in plain for name in names):
        raise CaseRefused("Your own name stands in this code. Use a code such as D-041.")


def _plain(text: str) -> str:
    """Without accents and capitals."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()


def _corrected(treatment: str, corrects: str) -> str:
    """What a correction corrects; nothing for any other treatment."""
    if treatment != TreatmentType.CORRECTION:
        return ""
    if corrects in ("", TreatmentType.CORRECTION):
        raise CaseRefused("Say which treatment is corrected.")
    return corrects


def _refuse_other_treatment(case: ProcedureCase) -> None:
    """Raise CaseRefused when this case must keep its treatment."""
    if case.photos.filter(removed_at=None).exists():
        raise CaseRefused(
            "Photographs are in this case, and each treatment asks for its own. "
            "Begin another case for another treatment, or take the photographs out first."
        )
    if case.replaces_id is not None:
        raise CaseRefused("A replacement shows the same treatment as the case it replaces.")


def _about(case_file: CaseFile, *, treatment: str, corrects: str, client_code: str) -> QuerySet[ProcedureCase]:
    """Cases of the file about this client and treatment; one at most, when the file is locked."""
    return ProcedureCase.objects.filter(
        case_file=case_file, treatment=treatment, corrects=corrects, client_code__iexact=client_code
    )


def refuse_second_case(case: ProcedureCase) -> None:
    """Raise CaseRefused when another case of the file is about the client and treatment of this one."""
    if case.case_file_id is None:
        return
    # Two cases renamed at once, or one begun meanwhile, would not find each other: the second waits here.
    locked = CaseFile.objects.select_for_update().get(pk=case.case_file_id)
    alike = _about(locked, treatment=case.treatment, corrects=case.corrects, client_code=case.client_code)
    if other := alike.exclude(pk=case.pk).first():
        raise CaseRefused(
            f"Case {other.ref} is about this client and treatment already. Go on there, or give this client "
            "another code."
        )


def save_under_new_ref(case: ProcedureCase, *, actor: Any) -> None:
    for _ in range(TRIES):
        case.ref = cases.new_ref()
        try:
            save_as(case, actor=actor, reason="Begun.", force_insert=True)
        except IntegrityError:
            if not ProcedureCase.objects.filter(ref=case.ref).exists():
                raise
        else:
            return
    raise CaseRefused("No free reference was found. Begin the case again.")


def _refuse_strange(facts: Mapping[str, Any]) -> None:
    if strange := sorted(facts.keys() - LOGGED):
        raise TypeError(f"These are not written of a visit: {', '.join(strange)}.")


def _refuse_future(visit: SessionLog, today: dt.date) -> None:
    if visit.visited_on > today:
        raise CaseRefused("The day lies in the future. Log the visit after it took place.")


@contextmanager
def _changing(visit: SessionLog, *, actor: Any, kind: str | None = None) -> Iterator[SessionLog]:
    """A transaction in which the owner may change this visit, into ``kind`` too; yields it as it is now."""
    parts = {part_of(visit.kind), part_of(kind or visit.kind)}
    part = Part.PROCEDURE if Part.PROCEDURE in parts else Part.HEALED
    with cases.changing(visit.case, part, actor=actor) as case:
        fresh = case.visits.filter(pk=visit.pk).first()
        if fresh is None:
            raise CaseRefused("This visit is no longer there. Log it again.")
        if sentence := visit_obstacle(fresh, Submission.objects.latest_of(case)):
            raise CaseRefused(sentence)
        yield fresh
