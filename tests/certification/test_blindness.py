"""Whoever marks learns neither whose work it is nor what others marked; whoever waits learns nothing too early."""

import json
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from certification import advancing, answering, assigning, observing, paper_checks, photographing
from certification.models import Allocation, Annotation, Assessment, ProcedureCase, Submission
from tests.factories import pictures
from tests.factories.certification import (
    AT,
    REASON,
    TODAY,
    at_state,
    case_file,
    consent,
    observation,
    ready_case,
    visit,
)
from tests.factories.courses import relation
from tests.factories.marking import (
    AT_STANDARD,
    allocation,
    assessor,
    attempt,
    frozen,
    marks,
    place_in_file,
)
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import personal_data
from training_site.common.days import DAY
from training_site.common.history import save_as
from training_site.common.models import Notice

pytestmark = pytest.mark.django_db

STUDIO = "Quarry Lane Clinic"
NAMES = (
    "Cem Aydin",
    "Aydin",
    "Djem",
    "cem.aydin@example.org",
    STUDIO,
    "Tomás Rivera",
    "Rivera",
    "tomas@example.org",
    "Nora Berg",
    "nora@example.org",
    "aydin-before.jpg",
)
"""What nobody who marks may read. Single names stand for the case in which a whole one is written otherwise."""

FIRST_WORDS = {
    "feedback": "Words that the first marker wrote.",
    "reason": "Reasons that the first marker gave at length.",
    "comment": "Remarks that the first marker made.",
    "note": "Pins that the first marker set.",
    "why": "Shown by a label that the first marker read.",
}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def scar() -> ProcedureCase:
    """A case in which everybody is named wherever they can be, with one photograph as a camera wrote it."""
    cem = person(Role.TRAINEE, legal_name="Cem Aydin", display_name="Djem", email="cem.aydin@example.org")
    trainer = person(Role.TRAINER, legal_name="Tomás Rivera", email="tomas@example.org")
    relation(trainer, cem)
    file = case_file(cem)
    file.application.studio = STUDIO
    save_as(file.application, actor=None, reason=REASON)
    made = ready_case(
        file,
        plan=f"As agreed with Rivera at {STUDIO}.",
        contact_log="Nora Berg called, then Djem.",
        reflection="Tomás Rivera says so. " + "word " * 160,
    )
    photo = SimpleUploadedFile("aydin-before.jpg", telling_jpeg())
    place = {"stage": "before", "view": "top", "taken_on": made.photos.first().taken_on}
    consent(photographing.add(made, photo, **place, actor=cem, at=AT, today=TODAY))
    session = made.visits.get()
    session.place, session.technique = STUDIO, "Rivera held the light."
    save_as(session, actor=None, reason=REASON)
    second = visit(made, kind="test_area", place=STUDIO)
    observing.appoint(
        second,
        name="Nora Berg",
        qualification="Nurse",
        email="nora@example.org",
        officer=person(Role.CERTIFICATION_OFFICER),
        reason="Was there.",
        at=AT,
    )
    observation(second, trainer)
    place_in_file(made, 3)
    frozen(at_state(made, "handed_in"))
    return made


def telling_jpeg() -> bytes:
    """As ``pictures.telling_jpeg``, large enough to be taken."""
    return pictures.jpeg(
        pictures.flag((1600, 1200)),
        exif=pictures.exif(),
        icc_profile=pictures.display_p3(),
        comment=b"thumbnail http://example.org/Cem Aydin/40417",
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>http://example.org 40417 Cem Aydin</x:xmpmeta>",
    )


def offered(scar: ProcedureCase, officer, kind: str = "first") -> Allocation:
    for paper in scar.documents.all():
        paper_checks.check(paper, officer=officer, at=AT)
    return assigning.offer(
        attempt(scar), stage="procedure", kind=kind, assessor=assessor(), officer=officer, at=AT
    )


def words_of_the_first(scar: ProcedureCase) -> None:
    """The first marker hands in marks with words of their own in every field."""
    by = assessor()
    levels = {code: 2 for code in AT_STANDARD if code != "R11"}
    (made,) = marks(
        attempt(scar),
        levels,
        stage="procedure",
        by=by,
        events={"AF1": FIRST_WORDS["why"]},
        feedback=FIRST_WORDS["feedback"],
    )
    Annotation.objects.create(
        assessment=made, number=1, photo=scar.photos.first(), x=0.123, y=0.456, text=FIRST_WORDS["note"]
    )


def body(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("latin-1")


def crawl(browser, *start: str) -> dict[str, str]:
    """Every page and photograph below /assess/ that links lead to, with its headers."""
    seen: dict[str, str] = {}
    todo = list(start)
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        response = browser.get(path)
        page = f"{response.headers}\n{body(response)}"
        seen[path] = page
        if "text/html" in response["Content-Type"]:
            page = page.encode("latin-1", "ignore").decode("utf-8", "ignore")
            seen[path] = page
            links = re.findall(r'(?:href|src|action)="((?:/assess/|/files/marking-photo/)[^"#?]*)', page)
            sizes = [re.sub(r"-(large|small)/", "-medium/", link) for link in links if "/files/" in link]
            todo += [link for link in [*links, *sizes] if not link.endswith(("/accept/", "/save/"))]
    return seen


def named_in(pages: dict[str, str], words=NAMES) -> list[tuple[str, str]]:
    return [(path, word) for path, page in pages.items() for word in words if word.lower() in page.lower()]


# Whose work it is ---------------------------------------------------------------------------------


def test_nothing_that_an_assessor_opens_names_anybody(as_, scar, officer):
    piece = offered(scar, officer)
    browser = as_(piece.assessor)
    before = crawl(browser, "/assess/", f"/assess/{piece.pk}/decline/")
    browser.post(f"/assess/{piece.pk}/accept/")
    table = crawl(browser, "/assess/", f"/assess/{piece.pk}/", f"/assess/{piece.pk}/hand-in/", "/my/")

    photos = [path for path in table if path.startswith("/files/")]
    assert len(photos) >= 3
    assert "[name removed]" in table[f"/assess/{piece.pk}/"]
    assert named_in(before) == []
    assert named_in(table) == []


def test_own_marks_that_are_handed_in_name_nobody(as_, scar, officer):
    piece = offered(scar, officer)
    browser = as_(piece.assessor)
    browser.post(f"/assess/{piece.pk}/accept/")
    Assessment.objects.update(
        draft={
            "levels": {
                code: {"level": 2, "reason": "", "faults": [], "comment": ""}
                for code in AT_STANDARD
                if code != "R11"
            }
        }
    )
    assert browser.post(f"/assess/{piece.pk}/hand-in/").url == "/assess/"

    assert named_in(crawl(browser, "/assess/", f"/assess/{piece.pk}/")) == []


def test_a_question_names_nobody(as_, scar):
    place_in_file(scar, 1)
    at_state(scar, "procedure_marking")
    words_of_the_first(scar)
    piece = allocation(attempt(scar), kind="confirm")

    pages = crawl(as_(piece.assessor), "/assess/", f"/assess/{piece.pk}/confirm/")

    assert FIRST_WORDS["why"] in pages[f"/assess/{piece.pk}/confirm/"]
    assert named_in(pages) == []
    assert named_in(pages, [words for key, words in FIRST_WORDS.items() if key != "why"]) == []


def test_a_photograph_of_a_camera_tells_nothing(as_, scar):
    piece = allocation(attempt(scar))
    browser = as_(piece.assessor)
    photo = scar.photos.get(view="top")

    for size in ("large", "medium", "small"):
        answer = browser.get(f"/files/marking-photo/{photo.pk}-{size}/")
        content = b"".join(answer.streaming_content)

        assert answer.status_code == 200
        assert content.startswith(b"\xff\xd8")
        assert [secret for secret in pictures.SECRETS if secret in content] == []
        assert answer["Content-Disposition"] == 'inline; filename="marking-photo.jpg"'
        assert named_in({size: str(answer.headers)}) == []


def test_mails_to_assessors_name_nobody(scar, officer):
    piece = offered(scar, officer)
    assigning.recall(piece, reason=f"{STUDIO}: known to Cem Aydin.", officer=officer, at=AT)
    again = offered(scar, officer)
    answering.lapse(AT + 8 * DAY)

    mails = {
        str(notice.pk): f"{notice.subject}\n{notice.text}\n{notice.html}"
        for notice in Notice.objects.filter(user__in=[piece.assessor, again.assessor])
    }

    assert len(mails) == 4
    assert named_in(mails) == []


# What others marked -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["second", "third"])
def test_nobody_who_marks_learns_what_others_marked(as_, scar, kind):
    at_state(scar, "procedure_marking")
    words_of_the_first(scar)
    piece = allocation(attempt(scar), kind=kind)
    save_as(Assessment(allocation=piece, begun_at=AT), actor=None, reason=REASON)

    pages = crawl(as_(piece.assessor), "/assess/", f"/assess/{piece.pk}/", "/my/")

    assert named_in(pages, [*FIRST_WORDS.values(), "12.3", "45.6"]) == []
    assert 'class="pin"' not in pages[f"/assess/{piece.pk}/"]
    assert " checked>" not in pages[f"/assess/{piece.pk}/"]
    assert "second marker" not in str(pages).lower()


def test_the_marks_of_another_assessor_have_no_page(as_, scar):
    at_state(scar, "procedure_marking")
    words_of_the_first(scar)
    first = Allocation.objects.get(kind="first")
    second = allocation(attempt(scar), kind="second")

    browser = as_(second.assessor)

    assert [browser.get(f"/assess/{first.pk}/{page}").status_code for page in ("", "hand-in/", "confirm/")] == [
        404
    ] * 3


# What is not released -----------------------------------------------------------------------------


def test_a_candidate_learns_nothing_before_the_result_is_out(as_, scar):
    place_in_file(scar, 1)
    at_state(scar, "procedure_marking")
    cem = scar.practitioner
    levels = {**{code: 2 for code in AT_STANDARD if code != "R11"}, "R01": 0}
    marks(attempt(scar), levels, stage="procedure", feedback=FIRST_WORDS["feedback"])
    draft = allocation(attempt(ready_case(scar.case_file, state="procedure_marking")))
    kept = {"levels": {"R01": {"level": 0, "reason": FIRST_WORDS["reason"], "faults": [], "comment": ""}}}
    save_as(Assessment(allocation=draft, begun_at=AT, draft=kept), actor=draft.assessor, reason=REASON)
    submission: Submission = attempt(scar)
    advancing.advance(submission, at=AT)
    assert attempt(scar).state == "assessed"

    browser, ref = as_(cem), scar.ref
    pages = {
        path: body(browser.get(path))
        for path in ("/my/", "/cases/", f"/cases/{ref}/", f"/cases/{ref}/photos/", f"/cases/{ref}/visits/")
    }
    for section in personal_data.sections():
        pages[section.name] = json.dumps(section.export(cem), default=str, ensure_ascii=False)
    pages["mails"] = "\n".join(f"{each.subject} {each.text}" for each in Notice.objects.filter(user=cem))
    marker = Assessment.objects.filter(state="submitted").get().allocation.assessor

    assert browser.get(f"/cases/{ref}/result/").status_code == 404
    assert named_in(pages, [*FIRST_WORDS.values(), "Referred", "assessed", marker.legal_name, marker.email]) == []


def test_a_candidates_photographs_bear_no_pins_before_the_result_is_out(as_, scar):
    at_state(scar, "procedure_marking")
    words_of_the_first(scar)
    photo = scar.photos.first()

    page = body(as_(scar.practitioner).get(f"/cases/{scar.ref}/photos/{photo.pk}/"))

    assert FIRST_WORDS["note"] not in page


def test_a_draft_leaves_no_history(as_, scar):
    piece = allocation(attempt(scar))
    made = save_as(Assessment(allocation=piece, begun_at=AT), actor=piece.assessor, reason=REASON)
    as_(piece.assessor).post(
        f"/assess/{piece.pk}/save/", {"part": "R01", "R01-level": "0", "R01-reason": "Seen.", "seen": "{}"}
    )

    rows = [json.dumps(row, default=str) for row in made.history.values()]

    assert len(rows) == 1
    assert "Seen." not in rows[0]
