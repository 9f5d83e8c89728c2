"""Whether the written record of a case is complete. Pure.

A draft may have gaps: they are named while it is written, and must be closed before hand-in. That what is written
is right is no question here: a wrong decision is handed in as it was made, and marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certification.cases import Part
from certification.values import IMPLANTING, STAGES_OF, Needle, Scale, ScreenOutcome, TreatedUnder, VisitKind
from courses.treatments import TreatmentType
from training_site.common.days import in_words

if TYPE_CHECKING:
    from certification.models import ProcedureCase, SessionLog

REFLECTION_WORDS = (150, 600)
"""Least and most words of a reflection (evidence_slots.json, documents; rubric.json, R14)."""

WITHOUT_SCALE = frozenset(
    {
        TreatmentType.FUT_SCAR,
        TreatmentType.FUE_SCAR,
        TreatmentType.PLUG_SCAR,
        TreatmentType.OTHER_SCAR,
        TreatmentType.BEARD,
    }
)
"""Treatments for which no scale of hair loss applies (enums.json, scale ``none``)."""


def things_are(count: int) -> str:
    """How a sentence about things that are missing begins: ``One thing is``, ``3 things are``."""
    return "One thing is" if count == 1 else f"{count} things are"


@dataclass(frozen=True)
class Gap:
    """Something that hand-in asks for: the page on which it is done, and what to do there."""

    url_name: str
    sentence: str


def written(
    case: ProcedureCase, visits: Sequence[SessionLog], *, part: Part, has_clearance: bool = False
) -> list[Gap]:
    """What the written record lacks before this part can be handed in, in the order of the pages.

    ``has_clearance``: a written medical clearance is among the papers. Photographs, papers, consents and
    observations are not asked here.
    """
    if part is Part.HEALED:
        return [*_touch_ups(visits), *_healed(case)]
    return [
        *_client(case),
        *_screen(case, has_clearance=has_clearance),
        *_plan(case),
        *_visits(case, visits),
        *_aftercare(case),
    ]


def words(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def reflection_fits(text: str) -> bool:
    """Whether a reflection has neither too few words nor too many."""
    least, most = REFLECTION_WORDS
    return least <= words(text) <= most


def stage_fits(scale: str, stage: str) -> bool:
    """Whether a stage belongs to its scale; the scale ``none`` has no stage."""
    return stage in STAGES_OF.get(scale, {}) if scale != Scale.NONE else stage == ""


def lacking(visit: SessionLog) -> list[str]:
    """What an implanting visit lacks, in a few words each; other visits need no more than kind and day."""
    if visit.kind not in IMPLANTING:
        return []
    return [name for name, is_there in _NEEDED if not is_there(visit)]


_NEEDED: Sequence[tuple[str, Callable[[SessionLog], bool]]] = (
    ("the times", lambda visit: visit.minutes is not None),
    ("who did it", lambda visit: bool(visit.operator)),
    ("the place", lambda visit: _is_written(visit.place)),
    ("the cartridge", lambda visit: bool(visit.needles)),
    ("which other cartridge", lambda visit: Needle.OTHER not in visit.needles or _is_written(visit.needle_other)),
    ("the cartridge batch", lambda visit: _is_written(visit.needle_lot)),
    ("the cartridge expiry", lambda visit: visit.needle_expires_on is not None),
    ("the machine", lambda visit: _is_written(visit.machine)),
    ("its speed", lambda visit: _is_written(visit.speed)),
    ("the pigment", lambda visit: _is_written(visit.pigment)),
    ("the pigment batch", lambda visit: _is_written(visit.pigment_lot)),
    ("the pigment expiry", lambda visit: visit.pigment_expires_on is not None),
    ("the dilution", lambda visit: _is_written(visit.dilution)),
    ("the zones", lambda visit: _is_written(visit.zones)),
    ("whether something went wrong", lambda visit: visit.incident is not None),
    ("what went wrong", lambda visit: not visit.incident or _is_written(visit.incident_text)),
    ("that aftercare was explained", lambda visit: visit.aftercare_given),
)


def _client(case: ProcedureCase) -> Iterator[Gap]:
    page = "case_client"
    if not case.age_band:
        yield Gap(page, "Choose the client's age.")
    if not case.sex:
        yield Gap(page, "Choose the client's sex.")
    if not case.scale:
        yield Gap(page, "Choose the scale of hair loss and the stage.")
    elif not stage_fits(case.scale, case.stage):
        yield Gap(page, f"Choose the stage on the {Scale(case.scale).label} scale.")
    elif case.scale == Scale.NONE and case.shown_treatment not in WITHOUT_SCALE:
        yield Gap(page, "Choose a scale of hair loss: only a scar or a beard has none.")
    if not case.fitzpatrick:
        yield Gap(page, "Choose the skin type.")
    if not _is_written(case.history_summary):
        yield Gap(page, "Write the history of the loss, the skin and earlier treatments.")


def _screen(case: ProcedureCase, *, has_clearance: bool) -> Iterator[Gap]:
    page = "case_screen"
    screen = case.scheme_version.screen
    for sentence in screen.missing(case.answers):
        yield Gap(page, f"{sentence}.")
    if has_clearance and case.without_clearance:
        yield Gap(page, "A written clearance is on file, and you state that there was none. Correct one.")
    is_asked = screen.outcome(case.answers) == ScreenOutcome.CLEARANCE
    is_claimed = case.treated_under == TreatedUnder.CLEARANCE
    if (is_asked or is_claimed) and not (has_clearance or case.without_clearance):
        yield Gap(page, "Add the written clearance to the papers, or state here that there was none.")
    if not case.treated_under:
        yield Gap(page, "Say what you decided on the outcome of the health screen.")


def _plan(case: ProcedureCase) -> Iterator[Gap]:
    if not _is_written(case.plan):
        yield Gap("case_plan", "Write the plan.")
    if case.client_agreed_on is None:
        yield Gap("case_plan", "Give the day on which the client agreed to design and plan.")


def _visits(case: ProcedureCase, visits: Sequence[SessionLog]) -> Iterator[Gap]:
    page = "case_visits"
    sessions = [visit.visited_on for visit in visits if visit.kind == VisitKind.SESSION]
    if not sessions:
        yield Gap(page, "Log the treatment sessions.")
    for visit in visits:
        if missing := lacking(visit):
            yield _incomplete(visit, missing)
        if visit.kind == VisitKind.TEST_AREA and sessions and not any(_followed(visit, each) for each in visits):
            yield Gap(page, f"Log the session that followed the test area of {in_words(visit.visited_on)}.")
        if case.all_own_work and _is_shared(visit):
            yield _contradiction(visit)


def _touch_ups(visits: Sequence[SessionLog]) -> Iterator[Gap]:
    """Touch-ups are logged after hand-in, too."""
    for visit in visits:
        if visit.kind == VisitKind.TOUCH_UP and (missing := lacking(visit)):
            yield _incomplete(visit, missing)
        if visit.kind == VisitKind.TOUCH_UP and _is_shared(visit):
            yield _contradiction(visit)


def _followed(test_area: SessionLog, visit: SessionLog) -> bool:
    """Whether ``visit`` is a session after the test area, on a later day or later on the same."""
    if visit.kind != VisitKind.SESSION or visit.visited_on < test_area.visited_on:
        return False
    if visit.visited_on > test_area.visited_on or visit.began is None or test_area.began is None:
        return True
    return visit.began >= test_area.began


def _is_shared(visit: SessionLog) -> bool:
    return visit.kind in IMPLANTING and visit.operator == visit.Operator.SHARED


def _contradiction(visit: SessionLog) -> Gap:
    return Gap(
        "case_visits",
        f"At the {_named(visit)} another person placed some of the pigment, and you state that you placed "
        "all of it. Correct one of them; only a case that is all your own work is assessed.",
    )


def _incomplete(visit: SessionLog, missing: Sequence[str]) -> Gap:
    return Gap("case_visits", f"Complete the {_named(visit)}: {', '.join(missing)}.")


def _aftercare(case: ProcedureCase) -> Iterator[Gap]:
    page, (least, most) = "case_aftercare", REFLECTION_WORDS
    if not _is_written(case.aftercare_sheet):
        yield Gap(page, "Name the aftercare sheet that you gave, with its version.")
    if not _is_written(case.contact_log):
        yield Gap(page, "Write down the contacts after the visits.")
    if not _is_written(case.reflection):
        yield Gap(page, f"Write the reflection, {least} to {most} words.")
    elif (count := words(case.reflection)) < least:
        yield Gap(page, f"The reflection has {count} word{'' if count == 1 else 's'}. Write at least {least}.")
    elif count > most:
        yield Gap(page, f"The reflection has {count} words. Shorten it to at most {most}.")
    if not case.all_own_work:
        yield Gap(page, "State that you placed all the pigment yourself.")


def _healed(case: ProcedureCase) -> Iterator[Gap]:
    if not _is_written(case.retention_note):
        yield Gap("case_healed", "Write what held, what faded and what you would do next.")


def _named(visit: SessionLog) -> str:
    return f"{visit.get_kind_display().lower()} of {in_words(visit.visited_on)}"


def _is_written(text: str) -> bool:
    return bool(text.strip())
