"""Schemes in force, applications, case files, cases with visits, photographs and papers."""

import datetime as dt

import factory
from django.core.files.base import ContentFile

from certification import cases, consenting, schemes
from certification.models import (
    Application,
    CaseDocument,
    CaseFile,
    ClientContact,
    ImageConsent,
    Observation,
    Photo,
    ProcedureCase,
    SchemeVersion,
    SessionLog,
    Submission,
)
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import crypto
from training_site.common.days import body_day, period_end
from training_site.common.history import save_as
from training_site.common.storage import random_name
from training_site.starter import scheme as starter_scheme

AT = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 5, 4)
REASON = "Made for a test."
COURSE = "smp"
LAST_SESSION = dt.date(2026, 3, 10)
"""Healed photographs count from 7 April 2026 on (28 days later)."""


def scheme_version(**facts: object) -> SchemeVersion:
    """The starter's scheme for the course ``smp``, approved and in force since 1 January 2026; made once."""
    if existing := SchemeVersion.objects.in_force().first():
        return existing
    version = starter_scheme.load(course_key=COURSE, at=AT)
    for name, value in facts.items():
        setattr(version, name, value)
    save_as(version, actor=None, reason=REASON)
    officer = person(Role.CERTIFICATION_OFFICER)
    schemes.approve(version, actor=officer, reason=REASON, at=AT)
    return schemes.put_into_force(version, on=dt.date(2026, 1, 1), actor=officer, reason=REASON)


def application(candidate: object = None, **facts: object) -> Application:
    """A complete application, submitted; nothing seen by an officer yet."""
    version = scheme_version()
    made = Application(
        candidate=candidate or person(Role.TRAINEE),
        scheme=version.scheme,
        scheme_version=version,
        **{
            "state": "submitted",
            "submitted_at": AT,
            "training_issuer": "Safe Hands Training",
            "training_completed_on": dt.date(2026, 2, 10),
            "training_proof": "applications/00/proof.pdf",
            "training_proof_sha256": "0" * 64,
            "studio": "North Street Studio",
            "street": "1 North Street",
            "town": "Leeds",
            "postcode": "LS1 1AA",
            "country": "GB",
            "time_zone": "Europe/London",
            "jurisdiction_key": "gb-eng",
            **facts,
        },
    )
    return save_as(made, actor=made.candidate, reason=REASON)


def case_file(candidate: object = None) -> CaseFile:
    """An admitted candidate's file."""
    admitted = application(candidate, state="admitted", decided_at=AT, identity_seen_on=TODAY, age_seen_on=TODAY)
    made = CaseFile(
        candidate=admitted.candidate,
        scheme=admitted.scheme,
        scheme_version=admitted.scheme_version,
        application=admitted,
        opened_at=AT,
    )
    return save_as(made, actor=None, reason=REASON)


def case(of: CaseFile | None = None, *, state: str = "draft", **facts: object) -> ProcedureCase:
    """A case with its first attempt in ``state``; written down as far as ``facts`` say."""
    of = of or case_file()
    made = ProcedureCase(
        ref=cases.new_ref(),
        practitioner=of.candidate,
        case_file=of,
        scheme_version=of.scheme_version,
        begun_at=AT,
        **{"treatment": "fut_scar", "client_code": "R-009", **facts},
    )
    save_as(made, actor=of.candidate, reason=REASON)
    attempt = Submission(
        case=made,
        number=1,
        kind="first",
        state=state,
        begun_at=AT,
        handed_in_at=None if state == "draft" else AT,
        healed_in_at=AT if state == "healed_marking" else None,
        **released_facts(state),
        note="Add the labels." if state == "returned" else "",
    )
    save_as(attempt, actor=None, reason=REASON)
    return made


def released_facts(state: str) -> dict[str, object]:
    """What a released attempt says besides: when, and by whom."""
    if state != "released":
        return {}
    return {"released_at": AT, "released_by": person(Role.CERTIFICATION_OFFICER)}


def at_state(of: ProcedureCase, state: str) -> Submission:
    """The latest attempt in a state, however it came there."""
    attempt = Submission.objects.latest_of(of)
    facts = {"state": state, "handed_in_at": None if state == "draft" else AT, **released_facts(state)}
    if state == "returned" and not attempt.note:
        facts["note"] = "Add the labels."
    for name, value in facts.items():
        setattr(attempt, name, value)
    return save_as(attempt, actor=None, reason=REASON, fields=[*facts])


def visit(of: ProcedureCase, *, kind: str = "session", on: dt.date = LAST_SESSION, **facts: object) -> SessionLog:
    """A visit written down in full."""
    full = {
        "began": dt.time(10, 0),
        "ended": dt.time(11, 45),
        "operator": "candidate",
        "supervision": "trainer",
        "place": "North Street Studio",
        "needles": ["single"],
        "needle_lot": "N-20",
        "needle_expires_on": dt.date(2028, 1, 31),
        "machine": "Rotary",
        "speed": "7 V",
        "pigment": "Grey",
        "pigment_lot": "LOT G-77",
        "pigment_expires_on": dt.date(2028, 1, 31),
        "dilution": "1:8",
        "zones": "Scar and surround",
        "technique": "Single dots between the hairs.",
        "incident": False,
        "aftercare_given": True,
    }
    made = SessionLog(case=of, kind=kind, visited_on=on, **{**full, **facts})
    return save_as(made, actor=of.practitioner, reason=REASON)


class PhotoFactory(factory.django.DjangoModelFactory):
    """A photograph row without files behind it; its addresses and hashes are its own."""

    class Meta:
        model = Photo

    stage = "before"
    view = "area"
    taken_on = dt.date(2026, 2, 26)
    original = factory.Sequence(lambda n: f"cases/{n:02}/{n:032}.jpg")
    large = factory.Sequence(lambda n: f"cases/{n:02}/{n:032}-l.jpg")
    medium = factory.Sequence(lambda n: f"cases/{n:02}/{n:032}-m.jpg")
    small = factory.Sequence(lambda n: f"cases/{n:02}/{n:032}-s.jpg")
    sha256 = factory.Sequence(lambda n: f"{n:064}")
    source_sha256 = factory.Sequence(lambda n: f"{n:064}")
    width = 4000
    height = 3000
    added_at = AT

    @classmethod
    def _create(cls, model_class: type, *args: object, **kwargs: object) -> object:
        return save_as(model_class(*args, **kwargs), actor=None, reason=REASON)


def consent(photo: Photo | None = None, *, case: ProcedureCase | None = None, **facts: object) -> ImageConsent:
    """The client's consent to a photograph for assessment, or to those still to come when only a case is given."""
    given_at = facts.pop("given_at", AT)
    made = ImageConsent(
        case=case or photo.case,
        photo=photo,
        given_at=given_at,
        **{
            "purpose": "assessment",
            "text_version": "1",
            "expires_on": period_end(body_day(given_at), 36),
            **facts,
        },
    )
    return save_as(made, actor=None, reason=REASON)


def contact(of: ProcedureCase, email: str = "client@example.org") -> ClientContact:
    made = ClientContact(
        case=of, sealed_email=crypto.encrypt(email), digest=consenting.digest_of(email), added_at=AT
    )
    return save_as(made, actor=of.practitioner, reason=REASON)


def document(of: ProcedureCase, kind: str = "treatment_consent", **facts: object) -> CaseDocument:
    """A paper with a small PDF behind it, signed before the first session."""
    made = CaseDocument(
        case=of,
        kind=kind,
        **{
            "media_type": "application/pdf",
            "sha256": "0" * 64,
            "dated_on": dt.date(2026, 2, 26),
            "signed_time": dt.time(9, 30) if kind == "treatment_consent" else None,
            "identity_seen": True,
            "added_at": AT,
            **facts,
        },
    )
    if not made.file:
        made.file.save(random_name("papers", "pdf"), ContentFile(b"%PDF-1.7\n%%EOF"), save=False)
    return save_as(made, actor=of.practitioner, reason=REASON)


def observation(of: SessionLog, trainer: object = None) -> Observation:
    """A trainer's signed observation of a visit."""
    trainer = trainer or person(Role.TRAINER)
    return Observation.objects.create(
        visit=of,
        role="trainer",
        observer=trainer,
        observed_on=of.visited_on,
        items=["Clean field"],
        statement="I was there from set-up to tear-down.",
        signature=trainer.legal_name,
        signed_at=AT,
    )


SCAR_PHOTOS = [
    ("record", "setup", LAST_SESSION),
    ("record", "teardown", LAST_SESSION),
    ("record", "labels", LAST_SESSION),
    ("before", "area", dt.date(2026, 2, 26)),
    ("before", "back", dt.date(2026, 2, 26)),
    ("before", "close", dt.date(2026, 2, 26)),
    ("immediate", "area", LAST_SESSION),
    ("immediate", "back", LAST_SESSION),
    ("immediate", "close", LAST_SESSION),
    ("immediate", "close", LAST_SESSION),
    ("immediate", "close", LAST_SESSION),
]
HEALED_SCAR_PHOTOS = [
    ("healed", view, dt.date(2026, 4, 14)) for view in ("area", "back", "close", "close", "close")
]


def ready_case(of: CaseFile | None = None, *, state: str = "draft", **facts: object) -> ProcedureCase:
    """A scar case with everything that hand-in asks for: one session, photographs with consent, papers."""
    questions = scheme_version().screen.questions
    made = case(
        of,
        state=state,
        **{
            "age_band": "45_54",
            "sex": "man",
            "scale": "none",
            "fitzpatrick": "2",
            "history_summary": "Two strip operations, the last one in 2014.",
            "answers": {
                each.key: {"value": next(c.value for c in each.choices if c.outcome == "clear"), "note": ""}
                for each in questions
            },
            "treated_under": "clear",
            "plan": "One session in the scar and three centimetres around it.",
            "client_agreed_on": dt.date(2026, 2, 26),
            "aftercare_sheet": "Aftercare, version 3",
            "contact_log": "Called two days later: calm skin.",
            "reflection": "word " * 160,
            "all_own_work": True,
            **facts,
        },
    )
    session = visit(made)
    observation(session)
    document(made)
    contact(made)
    consent(case=made)
    for stage, view, day in SCAR_PHOTOS:
        photo = PhotoFactory(case=made, stage=stage, view=view, taken_on=day)
        if photo.shows_a_person:
            consent(photo)
    return made


def add_healed(to: ProcedureCase) -> list[Photo]:
    """The healed set of a scar case, with the client's consent, and the retention note."""
    photos = [
        PhotoFactory(case=to, stage=stage, view=view, taken_on=day) for stage, view, day in HEALED_SCAR_PHOTOS
    ]
    for photo in photos:
        consent(photo, method="standing")
    to.retention_note = "Even hold; a touch-up is not needed."
    save_as(to, actor=to.practitioner, reason=REASON, fields=["retention_note"])
    return photos
