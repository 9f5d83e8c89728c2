"""Another attempt at a referred case: the same case corrected, or another client in its place.

A correction goes on with the case: what failed is marked again on new evidence (``readiness.Scope``), the other
levels are carried. A replacement is a case of its own with another client and the same treatment; every criterion
is marked. Both continue the count of attempts.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from certification import cases, keeping
from certification.errors import AttemptRefused, CaseRefused
from certification.evidence import Anew, Slot
from certification.models import ProcedureCase, Result, Submission
from certification.values import CaseOutcome, SubmissionKind, SubmissionState
from training_site.accounts.roles import Role
from training_site.common.days import body_day, in_words
from training_site.common.history import delete_as, save_as

OVER = frozenset({"R01", "R02", "R03"})
"""Hygiene, consultation, consent: what happened cannot be repeated (scheme.json, resubmission.open_kinds)."""

BOTH = (SubmissionKind.CORRECTION, SubmissionKind.REPLACEMENT)


def kinds_open(result: Result) -> tuple[SubmissionKind, ...]:
    """The kinds of attempt that still follow a result; none once another was handed in, or none is left."""
    submission = result.submission
    if result.outcome != CaseOutcome.REFERRED or attempts_left(submission) < 1:
        return ()
    if cases.replacement_of(submission.case) is not None:
        return ()
    later = submission.case.submissions.filter(number__gt=submission.number)
    if later.exclude(kind=SubmissionKind.CORRECTION, state=SubmissionState.DRAFT).exists():
        return ()
    if later.exists():
        # Whose client will not come again leaves the correction that is begun.
        return (SubmissionKind.REPLACEMENT,)
    return (SubmissionKind.REPLACEMENT,) if over_in(result) else BOTH


def over_in(result: Result) -> list[str]:
    """Codes of criteria that a marker put below the standard and that no correction can make good."""
    standard = result.submission.case.scheme_version.rubric.reasons["level_below"]
    return sorted(code for code in OVER if any(levels.get(code, standard) < standard for levels in result.sets))


def slots_anew(result: Result) -> list[Slot]:
    """Places whose photographs must be new in a correction that follows this result."""
    case = result.submission.case
    slots = case.scheme_version.evidence.for_treatment(case.shown_treatment)
    return places_anew(slots, Anew(frozenset(result.again), frozenset()))


def places_anew(slots: Iterable[Slot], anew: Anew) -> list[Slot]:
    """Those that a correction asks for and asks anew, whether or not another session follows."""
    return [slot for slot in slots if slot.required and slot.per != "session" and anew.asks(slot)]


def attempts_left(submission: Submission) -> int:
    """How many attempts the scheme still leaves after this one, corrections and replacements counted together."""
    return max(0, submission.case.scheme_version.terms.cases.attempts - submission.number)


@transaction.atomic
def begin_correction(case: ProcedureCase, *, actor: Any, at: dt.datetime) -> Submission:
    """The next attempt at the same case, as a draft. A second click finds the one begun by the first.

    Raises AttemptRefused for anybody else's case, and when a correction is not open.
    """
    latest = _latest(case)
    _refuse_stranger(latest, actor)
    if latest.kind == SubmissionKind.CORRECTION and latest.state == SubmissionState.DRAFT:
        return latest
    _refuse_closed(latest, SubmissionKind.CORRECTION)
    made = Submission(case=latest.case, number=latest.number + 1, kind=SubmissionKind.CORRECTION, begun_at=at)
    return save_as(made, actor=actor, reason=f"Correction of attempt {latest.number} begun.")


@transaction.atomic
def begin_replacement(case: ProcedureCase, *, client_code: str, actor: Any, at: dt.datetime) -> ProcedureCase:
    """Another case in the place of this one: another client, the same treatment. Begun once.

    A correction that was begun and never handed in ends with it; what was added to the case stays there.

    Raises AttemptRefused for anybody else's case, when no replacement is open, and for the same client again;
    CaseRefused for a client code that could be a name.
    """
    latest = _latest(case)
    _refuse_stranger(latest, actor)
    old = latest.case
    other = cases.replacement_of(old)
    if other is not None and other.client_code.casefold() == client_code.casefold():
        return other
    latest = _without_begun(latest, actor)
    _refuse_closed(latest, SubmissionKind.REPLACEMENT)
    keeping.refuse_client_code(client_code, actor)
    if client_code.casefold() == old.client_code.casefold():
        raise AttemptRefused(
            f"A replacement shows another client, and {client_code} is the client of this case. "
            "Give the code of the other client."
        )
    made = ProcedureCase(
        practitioner=actor,
        case_file=old.case_file,
        scheme_version=old.scheme_version,
        replaces=old,
        treatment=old.treatment,
        corrects=old.corrects,
        client_code=client_code,
        begun_at=at,
    )
    try:
        keeping.refuse_second_case(made)
    except CaseRefused as refusal:
        raise AttemptRefused(str(refusal)) from refusal
    keeping.save_under_new_ref(made, actor=actor)
    attempt = Submission(case=made, number=latest.number + 1, kind=SubmissionKind.REPLACEMENT, begun_at=at)
    save_as(attempt, actor=actor, reason=f"Begun in the place of case {old.ref}.")
    return made


def _latest(case: ProcedureCase) -> Submission:
    """The newest attempt. All are locked: of two clicks the second waits here and sees what the first began."""
    list(Submission.objects.select_for_update().filter(case=case).order_by("number"))
    found = Submission.objects.select_related(
        "case__scheme_version__rubric", "case__case_file", "case__replaced_by"
    )
    return found.filter(case=case).latest("number")


def _without_begun(latest: Submission, actor: Any) -> Submission:
    """The attempt before a correction that is merely begun, which goes; any other as it is."""
    if latest.kind != SubmissionKind.CORRECTION or latest.state != SubmissionState.DRAFT:
        return latest
    delete_as(latest, actor=actor, reason="Left for a replacement.")
    return _latest(latest.case)


def _refuse_stranger(latest: Submission, actor: Any) -> None:
    if latest.case.practitioner_id != actor.pk or not actor.holds(Role.TRAINEE):
        raise AttemptRefused("Only its owner begins another attempt at a case.")


def _refuse_closed(latest: Submission, kind: SubmissionKind) -> None:
    """Raise AttemptRefused with the reason why this kind is not open."""
    if latest.state != SubmissionState.RELEASED:
        raise AttemptRefused("An attempt at this case is under way. Another one follows its result.")
    result = cases.standing_result(latest)
    if result is None or kind not in kinds_open(result):
        raise AttemptRefused(_why_closed(latest, result))


def _why_closed(latest: Submission, result: Result | None) -> str:
    if other := cases.replacement_of(latest.case):
        day = in_words(body_day(other.begun_at))
        return f"Case {other.ref} has taken the place of this one since {day}. Go on there."
    if result is None or result.outcome != CaseOutcome.REFERRED:
        return "Only a referred case is corrected or replaced. You may add another case to your file."
    if attempts_left(latest) < 1:
        return "No attempt is left for this case. You may add another case to your file."
    return (
        "What happened cannot be repeated: hygiene, consultation or consent is below the standard, so only a "
        "replacement is open. Begin a replacement with another client."
    )
