"""Attempts that are marked, released, corrected: through the rules, on rows of marks."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from certification import advancing, attempts, releasing
from certification.models import ProcedureCase, Submission
from certification.submitting import hand_in
from tests.factories.certification import (
    AT,
    REASON,
    TODAY,
    PhotoFactory,
    add_healed,
    case,
    case_file,
    consent,
    ready_case,
)
from tests.factories.marking import AT_STANDARD, marks
from tests.people import person
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.history import save_as

CASE_C = {**AT_STANDARD, "R06": 1, "R08": 1, "R10": 1, "R11": 1, "R12": 1}
"""CASE-C of the sample cases: 52.6 points, referred."""

LATER = AT + dt.timedelta(days=14)


def officer() -> User:
    return person(Role.CERTIFICATION_OFFICER)


def quality_assurer() -> User:
    return person(Role.QUALITY_ASSURER)


def in_marking(of: ProcedureCase, *, healed: bool = True) -> Submission:
    """The latest attempt where its marks are awaited, with healed photographs in or not."""
    attempt = Submission.objects.latest_of(of)
    attempt.state = "procedure_marking"
    attempt.handed_in_at = attempt.handed_in_at or AT
    attempt.healed_in_at = AT if healed else None
    return save_as(attempt, actor=None, reason=REASON, fields=["state", "handed_in_at", "healed_in_at"])


def assessed(of: ProcedureCase | None = None, levels: Mapping[str, int] = AT_STANDARD, **facts: Any) -> Submission:
    """An attempt that one assessor marked with these levels; its result is written and not released."""
    of = of or case(case_file(person(Role.TRAINEE)))
    healed = "R11" in levels
    attempt = in_marking(of, healed=healed)
    marks(attempt, levels, **facts)
    advancing.advance(attempt, at=AT)
    assert attempt.state == "assessed", attempt.state
    return attempt


def released(
    of: ProcedureCase | None = None, levels: Mapping[str, int] = AT_STANDARD, *, at: dt.datetime = AT, **facts: Any
) -> Submission:
    """As ``assessed``, and released by an officer."""
    return releasing.release(assessed(of, levels, **facts), actor=officer(), at=at)


def referred_for_real(levels: Mapping[str, int] = CASE_C) -> ProcedureCase:
    """A whole case with its healed set, handed in, marked, released as referred."""
    made = ready_case(case_file(person(Role.TRAINEE)))
    if "R11" in levels:
        add_healed(made)
    hand_in(made, actor=made.practitioner, at=AT, on=TODAY)
    released(made, levels)
    return made


def correction_of(of: ProcedureCase) -> Submission:
    return attempts.begin_correction(of, actor=of.practitioner, at=LATER)


def add_photos(to: ProcedureCase, *places: tuple[str, str, dt.date]) -> None:
    """Photographs with the client's consent."""
    for stage, view, day in places:
        photo = PhotoFactory(case=to, stage=stage, view=view, taken_on=day, added_at=LATER)
        if photo.shows_a_person:
            consent(photo)
