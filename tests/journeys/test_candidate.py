"""The candidate's story: application, a case written down and photographed, hand-in, healed photographs."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.utils import timezone

from certification.models import Application, Manifest, ProcedureCase, Submission
from tests.certification.prepared import learnt
from tests.factories.certification import scheme_version
from tests.factories.courses import relation
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY, body_day
from training_site.starter.files import DATA

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

DRAWINGS = DATA / "drawings"
SCAR = DRAWINGS / "strip-light"
PAPER = DRAWINGS / "paper.webp"


@pytest.fixture
def trainer():
    return person(Role.TRAINER, legal_name="Tomás Rivera")


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER, legal_name="Olga Lindqvist")


@pytest.fixture
def candidate(trainer):
    """Cem, whose training is finished, and a scheme under which he may apply."""
    scheme_version()
    cem = person(Role.TRAINEE, legal_name="Cem Aydin", email="cem@example.org")
    learnt(cem)
    relation(trainer, cem)
    return cem


def iso(day: dt.date) -> str:
    return f"{day:%Y-%m-%d}"


def write(who, **values: object) -> None:
    """Fill fields by their names, each in the way of its kind."""
    for name, value in values.items():
        fields = who.page.locator(f"main [name='{name}']:visible")
        kind = fields.first.evaluate("field => field.type")
        if kind == "radio" or (kind == "checkbox" and value is not True):
            who.page.locator(f"main [name='{name}'][value='{value}']").check()
        elif kind == "checkbox":
            fields.first.check()
        elif kind.startswith("select"):
            fields.first.select_option(value)
        else:
            fields.first.fill(str(value))


def apply(cem) -> None:
    cem.goes_to("/cases/")
    cem.presses("See what is needed")
    cem.presses("Begin application")
    write(
        cem,
        training_issuer="Safe Hands Training",
        training_completed_on=iso(body_day(timezone.now()) - 30 * DAY),
        studio="Quarry Lane Clinic",
        street="1 Example Street",
        town="Leeds",
        postcode="LS1 1AA",
        country="GB",
        time_zone="Europe/London",
        jurisdiction_key="England, outside London",
    )
    cem.presses("Save draft")
    cem.page.reload()
    cem.page.locator("[name=proof]").set_input_files(PAPER)
    cem.presses("Hand in application")
    cem.reads("With the office")


def unfold(who, heading: str) -> None:
    fold = who.page.locator("details", has_text=heading).first
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()


def admit(olga, application: Application) -> None:
    olga.goes_to(f"/cms/certification/applications/{application.pk}/")
    for heading, button in (
        ("Identity document seen", "Record identity as seen"),
        ("Proof of age seen", "Record age as seen"),
    ):
        unfold(olga, heading)
        olga.presses(button)
    unfold(olga, "Admit to assessment")
    write(olga, reason="Everything is there.")
    olga.presses("Admit")


def write_down(cem, case: ProcedureCase, *, session_on: dt.date) -> None:
    """Every section of the record, one page after the other."""
    cem.goes_to(f"/cases/{case.ref}/about/")
    write(
        cem,
        age_band="45_54",
        sex="man",
        loss="none:",
        fitzpatrick="2",
        history_summary="Two strip operations, the last one in 2014; flat, pale scar.",
    )
    cem.presses("Save and go on")
    for question in case.scheme_version.screen.questions:
        clear = next(choice.value for choice in question.choices if choice.outcome == "clear")
        cem.page.locator(f"main input[type=radio][value='{clear}'][name*='{question.key}']").check()
    cem.presses("Save")
    cem.reads("Clear to treat")
    write(cem, treated_under="clear")
    cem.presses("Save and go on")
    write(cem, plan="One session in the scar and around it.", client_agreed_on=iso(session_on - 7 * DAY))
    cem.presses("Save")
    cem.goes_to(f"/cases/{case.ref}/visits/add/")
    write(
        cem,
        kind="session",
        visited_on=iso(session_on),
        began="10:00",
        ended="11:45",
        operator="candidate",
        supervision="trainer",
        place="Quarry Lane Clinic",
        needles="single",
        needle_lot="N-2041",
        needle_expires_on=iso(session_on + 400 * DAY),
        machine="Rotary",
        speed="7 V",
        pigment="Grey",
        pigment_lot="LOT G-77",
        pigment_expires_on=iso(session_on + 400 * DAY),
        dilution="1:8",
        zones="Scar and surround",
        technique="Single dots in the gaps.",
        incident="False",
        aftercare_given=True,
    )
    cem.presses("Save")
    cem.goes_to(f"/cases/{case.ref}/aftercare/")
    write(
        cem,
        aftercare_sheet="Aftercare sheet, version 3",
        contact_log="Called on the second day: calm skin.",
        reflection="The scar took pigment unevenly, so I slowed down and let the skin rest. " * 15,
        all_own_work=True,
    )
    cem.presses("Save")
    cem.goes_to(f"/cases/{case.ref}/client/papers/")
    form = cem.page.locator("form", has=cem.page.locator("input[type=file]")).first
    form.locator("[name$=dated_on]").fill(iso(session_on - 7 * DAY))
    form.locator("[name$=signed_time]").fill("09:15")
    form.locator("[name$=identity_seen]").check()
    form.locator("input[type=file]").set_input_files(PAPER)
    cem.presses("Add the treatment consent")


def ask_the_client(cem, case: ProcedureCase, mailoutbox) -> str:
    """The link that the client receives."""
    cem.goes_to(f"/cases/{case.ref}/client/consent/")
    write(cem, email="client@example.com")
    cem.presses("Save the address")
    cem.presses("Ask the client")
    return re.search(r"https?://\S+/consent/\S+", mailoutbox[-1].body).group()


def let_the_client_answer(client, link: str) -> None:
    """Every photograph shown, and those still to be taken."""
    client.goes_to(link)
    write(client, ahead=True)
    client.presses("Allow all photographs shown")
    client.reads("Your answer is saved.")


def let_the_trainer_sign(tomas, trainer) -> None:
    tomas.goes_to("/train/observations/")
    tomas.page.locator("a[href^='/train/observations/']").last.click()
    tomas.looks()
    for point in tomas.page.locator("main input[type=checkbox]").all():
        point.check()
    write(tomas, statement="I was there from set-up to tear-down, and saw a clean order of work.")
    write(tomas, signature=trainer.legal_name)
    tomas.presses("Sign the observation")


def photograph(cem, case: ProcedureCase, slot: str, files: list[Path], *, on: dt.date) -> None:
    """Several files into one slot at once; each is taken while the page stays."""
    cem.goes_to(f"/cases/{case.ref}/photos/")
    tray = cem.page.locator(f"[id^='{slot}']").first
    tray.locator("[name=taken_on]").fill(iso(on))
    before = case.photos.count()
    tray.locator("input[type=file]").set_input_files(files)
    cem.page.wait_for_function(
        "([slot, count]) => document.querySelectorAll(`[id^='${slot}'] img`).length >= count",
        arg=[slot, len(files)],
    )
    cem.looks()
    assert case.photos.count() == before + len(files)


def test_a_candidate_is_admitted_and_hands_in_a_case(visitor, mailoutbox, candidate, trainer, officer):
    session_on = body_day(timezone.now()) - 40 * DAY
    cem = visitor("Cem")
    cem.signs_in(candidate.email)
    apply(cem)
    olga = visitor("Olga")
    olga.signs_in(officer.email, second_factor=True)
    admit(olga, Application.objects.get())

    cem.goes_to("/cases/")
    cem.presses("Begin a case")
    write(cem, treatment="fut_scar", client_code="R-009")
    cem.presses("Begin the case")
    case = ProcedureCase.objects.get()
    write_down(cem, case, session_on=session_on)
    tomas = visitor("Tomás")
    tomas.signs_in(trainer.email, second_factor=True)
    let_the_trainer_sign(tomas, trainer)
    for slot, names, day in (
        ("record-setup", ["../record-setup"], session_on),
        ("record-teardown", ["../record-teardown"], session_on),
        ("record-labels", ["../record-labels"], session_on),
        ("scar-before-area", ["left-before", "back-before"], session_on - 7 * DAY),
        ("scar-before-close", ["close-before"], session_on - 7 * DAY),
        ("scar-immediate-area", ["left-immediate", "back-immediate"], session_on),
        ("scar-immediate-close", ["close-immediate", "right-immediate", "right-before"], session_on),
    ):
        photograph(cem, case, slot, [SCAR / f"{name}.webp" for name in names], on=day)
    client, link = visitor("Client"), ask_the_client(cem, case, mailoutbox)
    let_the_client_answer(client, link)

    cem.goes_to(f"/cases/{case.ref}/")
    cem.presses("Hand in case")
    cem.page.locator("main input[type=checkbox]").check()
    cem.presses("Hand in case")
    assert Submission.objects.get().state == "handed_in"

    healed_on = session_on + 29 * DAY
    photograph(cem, case, "scar-healed-area", [SCAR / "left-healed.webp", SCAR / "back-healed.webp"], on=healed_on)
    close = [SCAR / f"{name}-healed.webp" for name in ("close", "right")] + [DRAWINGS / "practice-close.webp"]
    photograph(cem, case, "scar-healed-close", close, on=healed_on)
    # They were taken before the client allowed later ones, so the client is asked about each.
    let_the_client_answer(client, link)
    cem.goes_to(f"/cases/{case.ref}/healed/")
    write(cem, retention_note="Even hold along the scar; nothing more to do.")
    cem.presses("Save")
    cem.goes_to(f"/cases/{case.ref}/hand-in/")
    cem.page.locator("main input[type=checkbox]").check()
    cem.presses("Hand in healed photographs")

    assert [manifest.marking_stage for manifest in Manifest.objects.order_by("pk")] == ["procedure", "healed"]
