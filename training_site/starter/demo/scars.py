"""Strip scars, treated in one session: everything that a case asks for, with drawings as photographs."""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageOps

from certification import consenting, keeping, observing, papers, photographing
from certification.cases import Part
from certification.models import CaseDocument, ProcedureCase
from certification.values import PhotoStage, TreatedUnder, VisitKind
from training_site.accounts.models import User
from training_site.common import links
from training_site.common.days import DAY, body_day
from training_site.starter.demo.trained import DRAWINGS, drawing

DRAWN = {
    PhotoStage.BEFORE: ["left", "back", "close"],
    PhotoStage.IMMEDIATE: ["left", "back", "close", "close", "close"],
    PhotoStage.HEALED: ["left", "back", "close", "close", "close"],
}
"""Drawings of a strip scar by stage; three close-ups are three places of one drawing."""
VIEW_OF = {"left": "area", "back": "back", "close": "close"}


@dataclass(frozen=True)
class Client:
    """A client with a strip scar. ``cut`` (0–9): which part of the drawings shows them; odd ones are turned."""

    code: str
    cut: int
    last_session: dt.datetime


def treat(client: Client, *, candidate: User, trainer: User) -> ProcedureCase:
    """A case, complete but for its healed photographs: nothing keeps it from being handed in."""
    last_session, day = client.last_session, body_day(client.last_session)
    before = last_session - 7 * DAY
    case = keeping.begin(
        candidate.case_files.get(), treatment="fut_scar", client_code=client.code, actor=candidate, at=before
    )
    _allow(case, candidate, at=before)
    papers.keep(
        case,
        CaseDocument.Kind.TREATMENT_CONSENT,
        drawing("paper.webp"),
        dated_on=body_day(before),
        signed_time=dt.time(9, 15),
        identity_seen=True,
        actor=candidate,
        at=before,
        today=body_day(before),
    )
    keeping.write(
        case,
        _written(case, agreed_on=body_day(before)),
        part=Part.PROCEDURE,
        actor=candidate,
        reason="Demo data.",
        at=before,
    )
    visit = keeping.log_visit(case, _visit(day), actor=candidate, today=day)
    observing.sign(
        visit,
        trainer=trainer,
        items=observing.ITEMS,
        statement="Present from set-up to tear-down. Clean order of work; cartridges opened before the client.",
        signature=trainer.legal_name,
        at=last_session,
        on=day,
    )
    for stage, taken_on in ((PhotoStage.BEFORE, body_day(before)), (PhotoStage.IMMEDIATE, day)):
        _photograph(case, stage, client.cut, taken_on=taken_on, at=last_session)
    for view in ("setup", "teardown", "labels"):
        # Never turned: the labels are read.
        upload = _cut(f"record-{view}.webp", place=0, cut=client.cut, turned=False)
        _add(case, PhotoStage.RECORD, view, upload, day, last_session)
    return case


def heal(case: ProcedureCase, client: Client, *, at: dt.datetime) -> None:
    """The healed photographs, taken at that instant, and the retention note."""
    _photograph(case, PhotoStage.HEALED, client.cut, taken_on=body_day(at), at=at)
    keeping.write(
        case,
        {"retention_note": "Even hold over the whole scar; paler at the upper edge. No touch-up so far."},
        part=Part.HEALED,
        actor=case.practitioner,
        reason="Demo data.",
        at=at,
    )


def _allow(case: ProcedureCase, candidate: User, *, at: dt.datetime) -> None:
    """The client answers by their own link: photographs still to be taken may be assessed."""
    consenting.set_contact(case, f"client-{case.client_code.lower()}@stipple.example", actor=candidate, at=at)
    link: links.Link = consenting.ask(case, actor=candidate, at=at)
    consenting.give(link, photos=[], shown=[], ahead=True, at=at, on=body_day(at))


def _written(case: ProcedureCase, *, agreed_on: dt.date) -> dict[str, object]:
    clear = {
        question.key: {"value": next(c.value for c in question.choices if c.outcome == "clear"), "note": ""}
        for question in case.scheme_version.screen.questions
    }
    clear["q_meds"] = {"value": "none", "note": ""}
    return {
        "age_band": "45_54",
        "sex": "man",
        "scale": "none",
        "fitzpatrick": "2",
        "history_summary": "One strip operation in 2012; scar 14 cm by 2–4 mm, flat, pale. No medicines.",
        "answers": clear,
        "treated_under": TreatedUnder.CLEAR,
        "plan": "Light dilution, wide spacing, scar and three centimetres around it; review after healing.",
        "client_agreed_on": agreed_on,
        "aftercare_sheet": "Aftercare sheet, version 3",
        "contact_log": "Called on the second day: calm skin, no questions. Sent the sheet again by mail.",
        "reflection": " ".join([REFLECTION] * 3),
        "all_own_work": True,
    }


REFLECTION = (
    "The scar took pigment unevenly at first, so I slowed down, lowered the pressure and let the skin rest "
    "between the passes. Close to the upper edge the first dots were wider than those in the skin beside it; I "
    "stopped, looked under magnification and changed the angle. Next time I would begin with a smaller test area "
    "and plan the second visit before the first."
)


def _visit(day: dt.date) -> dict[str, object]:
    expiry = dt.date(day.year + 2, 1, 31)
    return {
        "kind": VisitKind.SESSION,
        "visited_on": day,
        "began": dt.time(10, 0),
        "ended": dt.time(11, 35),
        "operator": "candidate",
        "supervision": "trainer",
        "place": "Quarry Lane Clinic",
        "needles": ["single"],
        "needle_lot": "N-2041",
        "needle_expires_on": expiry,
        "machine": "Rotary, cartridge",
        "speed": "7 V",
        "pigment": "Grey",
        "pigment_lot": "LOT G-77",
        "pigment_expires_on": expiry,
        "dilution": "1:12",
        "zones": "Scar and surround",
        "dots_estimate": 1400,
        "technique": "Single dots in the gaps, two light passes, rest between them.",
        "skin_reaction": "Slight redness for an hour",
        "incident": False,
        "aftercare_given": True,
    }


def _photograph(case: ProcedureCase, stage: PhotoStage, cut: int, *, taken_on: dt.date, at: dt.datetime) -> None:
    names: Sequence[str] = DRAWN[stage]
    for place, name in enumerate(names):
        upload = _cut(f"strip-light/{name}-{stage}.webp", place=place, cut=cut, turned=cut % 2 == 1)
        _add(case, stage, VIEW_OF[name], upload, taken_on, at)


def _add(
    case: ProcedureCase, stage: str, view: str, file: SimpleUploadedFile, taken_on: dt.date, at: dt.datetime
) -> None:
    photographing.add(
        case,
        file,
        stage=stage,
        view=view,
        taken_on=taken_on,
        actor=case.practitioner,
        at=at,
        today=body_day(at),
    )


def _cut(name: str, *, place: int, cut: int, turned: bool) -> SimpleUploadedFile:
    """A part of a drawing, 1,600 pixels long, so that no two clients share a picture."""
    with Image.open(DRAWINGS / name) as drawn:
        image = drawn.convert("RGB")
    width, height = image.size
    shift = 0.02 * place + 0.002 * cut
    box = (width * (0.02 + shift), height * (0.01 + shift), width * (0.88 + shift), height * (0.87 + shift))
    image = image.crop(box)
    image = ImageOps.contain(image, (1600, 1600))
    image = ImageOps.mirror(image) if turned else image
    file = io.BytesIO()
    # A WebP of this size takes thirty times as long to write, and the demo has a hundred.
    image.save(file, "JPEG", quality=90)
    return SimpleUploadedFile(f"{place}.jpg", file.getvalue(), content_type="image/jpeg")
