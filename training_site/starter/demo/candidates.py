"""An applicant who waits for the office, and a candidate with two cases: one to hand in, one that has healed."""

import datetime as dt
import io
from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageOps

from certification import admitting, consenting, keeping, observing, papers, photographing, schemes, submitting
from certification.cases import Part
from certification.models import Application, CaseDocument, ProcedureCase, SchemeVersion
from certification.values import PhotoStage, TreatedUnder, VisitKind
from courses.models import CoursePage
from training_site.accounts.models import User
from training_site.common import links
from training_site.common.days import DAY, body_day
from training_site.common.uploads import clean_document
from training_site.starter import scheme
from training_site.starter.demo import trained
from training_site.starter.demo.trained import DRAWINGS, drawing

APPLICANT, CANDIDATE = "applicant@stipple.example", "candidate@stipple.example"
OFFICER, TRAINER = "officer@stipple.example", "trainer@stipple.example"

SCAR = {
    PhotoStage.BEFORE: ["left", "back", "close"],
    PhotoStage.IMMEDIATE: ["left", "back", "close", "close", "close"],
}
"""Drawings of a strip scar by stage; three close-ups are three places of one drawing."""
VIEW_OF = {"left": "area", "back": "back", "close": "close"}

MIRRORED, STRAIGHT = True, False


def load(course: CoursePage, people: dict[str, User], *, now: dt.datetime) -> None:
    """Make both once, dated back from ``now``."""
    if Application.objects.exists():
        return
    officer = people[OFFICER]
    version = _put_scheme_into_force(course, officer, at=now - 400 * DAY)
    for email in (APPLICANT, CANDIDATE):
        trained.train(course, people[email], trainer=people[TRAINER], officer=officer, began=now - 250 * DAY)
    waiting = _apply(people[APPLICANT], version, at=now - 2 * DAY, studio="Harbour Light Studio")
    assert waiting.state == Application.State.SUBMITTED
    _admit(
        _apply(people[CANDIDATE], version, at=now - 120 * DAY, studio="Quarry Lane Clinic"),
        officer,
        now - 118 * DAY,
    )
    healed = _scar_case(people, code="R-014", last_session=now - 36 * DAY, turned=STRAIGHT)
    at = now - 34 * DAY
    submitting.hand_in(healed, actor=people[CANDIDATE], at=at, on=body_day(at))
    _scar_case(people, code="R-021", last_session=now - 9 * DAY, turned=MIRRORED)


def _put_scheme_into_force(course: CoursePage, officer: User, *, at: dt.datetime) -> SchemeVersion:
    version = scheme.load(course_key=course.key, at=at)
    if effective := schemes.in_force(version.scheme.key):
        return effective
    if version.state == SchemeVersion.State.DRAFT:
        version = schemes.approve(version, actor=officer, reason="Read and agreed for the demo.", at=at)
    return schemes.put_into_force(version, on=body_day(at), actor=officer, reason="Demo data.")


def _apply(candidate: User, version: SchemeVersion, *, at: dt.datetime, studio: str) -> Application:
    application = admitting.save_draft(
        admitting.begin(candidate, version),
        {
            "training_issuer": "Safe Hands Training (invented)",
            "training_completed_on": body_day(at - 30 * DAY),
            "studio": studio,
            "street": "1 Example Street",
            "town": "Leeds",
            "postcode": "LS1 1AA",
            "country": "GB",
            "time_zone": "Europe/London",
            "jurisdiction_key": "England, outside London",
        },
        actor=candidate,
        proof=clean_document(DRAWINGS / "paper.webp"),
    )
    return admitting.submit(application, actor=candidate, at=at)


def _admit(application: Application, officer: User, at: dt.datetime) -> None:
    seen_on = body_day(at)
    admitting.record_identity(application, seen_on=seen_on, actor=officer, at=at)
    admitting.record_age(application, seen_on=seen_on, actor=officer, at=at)
    admitting.admit(application, reason="Everything is there.", actor=officer, at=at)


def _scar_case(people: dict[str, User], *, code: str, last_session: dt.datetime, turned: bool) -> ProcedureCase:
    """A scar in one session, complete but for its healed photographs: nothing keeps it from being handed in."""
    candidate, day = people[CANDIDATE], body_day(last_session)
    before = last_session - 7 * DAY
    case = keeping.begin(
        candidate.case_files.get(), treatment="fut_scar", client_code=code, actor=candidate, at=before
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
        trainer=people[TRAINER],
        items=observing.ITEMS,
        statement="Present from set-up to tear-down. Clean order of work; cartridges opened before the client.",
        signature=people[TRAINER].legal_name,
        at=last_session,
        on=day,
    )
    for stage, taken_on in ((PhotoStage.BEFORE, body_day(before)), (PhotoStage.IMMEDIATE, day)):
        _photograph(case, stage, SCAR[stage], taken_on=taken_on, at=last_session, turned=turned)
    for view in ("setup", "teardown", "labels"):
        _add(
            case,
            PhotoStage.RECORD,
            view,
            _cut(f"record-{view}.webp", place=0, turned=STRAIGHT, case=code),
            day,
            last_session,
        )
    return case


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


def _photograph(
    case: ProcedureCase,
    stage: PhotoStage,
    names: Sequence[str],
    *,
    taken_on: dt.date,
    at: dt.datetime,
    turned: bool,
) -> None:
    for place, name in enumerate(names):
        file = _cut(f"strip-light/{name}-{stage}.webp", place=place, turned=turned, case=case.client_code)
        _add(case, stage, VIEW_OF[name], file, taken_on, at)


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


def _cut(name: str, *, place: int, turned: bool, case: str) -> SimpleUploadedFile:
    """A part of a drawing, 1,600 pixels long, so that no two clients share a picture."""
    with Image.open(DRAWINGS / name) as drawn:
        image = drawn.convert("RGB")
    width, height = image.size
    shift = 0.02 * place + 0.004 * (sum(map(ord, case)) % 5)
    box = (width * (0.02 + shift), height * (0.01 + shift), width * (0.88 + shift), height * (0.87 + shift))
    image = image.crop(box)
    image = ImageOps.contain(image, (1600, 1600), Image.Resampling.LANCZOS)
    image = ImageOps.mirror(image) if turned else image
    file = io.BytesIO()
    image.save(file, "WEBP", quality=85)
    return SimpleUploadedFile(f"{place}.webp", file.getvalue(), content_type="image/webp")
