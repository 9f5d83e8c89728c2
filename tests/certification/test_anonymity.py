"""A candidate's own name in free text."""

import pytest

from certification.anonymity import found, in_case
from certification.cases import Part
from certification.models import ProcedureCase
from tests.factories.certification import case, case_file, observation, ready_case, visit
from tests.people import person
from training_site.accounts.models import User
from training_site.accounts.roles import Role


def named(legal_name: str, display_name: str = "", email: str = "somebody@example.org") -> User:
    return User(legal_name=legal_name, display_name=display_name, email=email)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        # The whole name: any case, spacing, hyphen, accent.
        ("Mark Lee", "Done by Mark Lee.", "Mark Lee"),
        ("Mark Lee", "done by mark lee.", "mark lee"),
        ("Mark Lee", "Studio MarkLee", "MarkLee"),
        ("Mark Lee", "see mark-lee_studio", "mark-lee"),
        ("Mark Lee", "Mark\n  Lee", "Mark\n  Lee"),
        ("Mark Lee", "Ma\u200brk L\u00adee", "Ma\u200brk L\u00adee"),
        ("Mark J. Lee", "by mark lee", "mark lee"),
        ("Zoë Müller", "von zoe muller", "zoe muller"),
        ("Zoe Muller", "von Zoë Müller", "Zoë Müller"),
        ("Zoë Müller", "Zoe\u0308 Mu\u0308ller", "Zoë Müller"),
        ("Łukasz Grønn", "lukasz gronn", "lukasz gronn"),
        ("Anne-Marie O’Brien", "anne marie o'brien", "anne marie o'brien"),
        ("Anne-Marie O'Brien", "ANNEMARIE OBRIEN", "ANNEMARIE OBRIEN"),
        ("Jan van der Berg", "jan vanderberg", "jan vanderberg"),
        ("Jan van der Berg", "jan berg", "jan berg"),
        ("Straße Groß", "strasse gross", "strasse gross"),
        # Single parts: whole words, written as in the name or in capitals.
        ("Mark Lee", "Mark drew the line.", "Mark"),
        ("Mark Lee", "MARK drew the line.", "MARK"),
        ("Mark Lee", "Lee's plan", "Lee"),
        ("mark lee", "Lee drew it", "Lee"),
        ("MARK LEE", "Lee drew it", "Lee"),
        ("Ian McDonald", "Mr McDonald", "McDonald"),
        ("Ian McDonald", "MCDONALD", "MCDONALD"),
        ("Anne-Marie Poe", "Marie held the mirror", "Marie"),
        ("Anne O'Brien", "Dr O’Brien", "Brien"),
        ("Anne O'Brien", "OBrien", "OBrien"),
        ("Jan van der Berg", "Berg noted it", "Berg"),
        ("José García", "Jose noted it", "Jose"),
        # Other scripts.
        ("Мария Иванова", "работу сделала мария иванова", "мария иванова"),
        ("Мария Иванова", "Иванова сделала", "Иванова"),
        ("Ελένη Παπαδοπούλου", "από την Ελενη", "Ελενη"),
        ("محمد العربي", "عمل محمد العربي هنا", "محمد العربي"),
        ("李小龙", "本次操作由李小龙完成", "李小龙"),
        ("李明", "由李明完成", "李明"),
        ("山田 太郎", "山田太郎が施術", "山田太郎"),
        ("김민수", "김민수가 했습니다", "김민수"),
        ("สมชาย ใจดี", "โดยสมชาย ใจดีครับ", "สมชาย ใจดี"),
    ],
)
def test_a_name_is_found_as_it_stands_there(name, text, words):
    assert found(text, named(name)) == words


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Mark Lee", "mark the hairline on the lee side"),
        ("Mark Lee", "Remark: bookmark the page. Leeds, Leeway, Marks."),
        ("Mark Lee", ""),
        ("Jan van der Berg", "worked in a van; der Rand ist weich"),
        ("Jan van der Berg", "Van parked outside"),
        ("Bo Ek", "Bo said so"),
        ("Robin Example 3", "Session 3 took 3 hours"),
        ("Ann Ho", "the plan holds"),
        ("李明", "李家和明天"),
        ("Anna Al", "AL 20 cartridge"),
    ],
)
def test_ordinary_words_are_no_name(name, text):
    assert found(text, named(name)) is None


def test_the_display_name_counts_as_the_legal_one():
    assert found("Ink by Dots of Leeds", named("Mark Lee", display_name="Dots of Leeds")) == "Dots of Leeds"


def test_the_address_counts_in_any_case():
    assert found("Ask Me@Example.org.", named("Mark Lee", email="me@example.ORG")) == "Me@Example.org"


# In a case ----------------------------------------------------------------------------------------


@pytest.fixture
def mine() -> ProcedureCase:
    return ready_case(case_file(person(Role.TRAINEE, legal_name="Mark Lee")))


def gaps(of: ProcedureCase, part: Part = Part.PROCEDURE) -> list[tuple[str, str]]:
    visits = list(of.visits.select_related("observation"))
    return [(gap.url_name, gap.sentence) for gap in in_case(of, visits, part=part)]


@pytest.mark.django_db
def test_a_case_without_the_name_has_no_gap(mine):
    assert gaps(mine) == []


@pytest.mark.django_db
def test_a_gap_names_section_and_word_and_how_to_mend_it(mine):
    mine.plan = "Mark Lee works along the scar."

    assert gaps(mine) == [
        (
            "case_plan",
            "Your name (“Mark Lee”) stands in the plan, and assessors must not know whose work this is. "
            "Write “I”, or leave it out.",
        )
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("client_code", "case_client"),
        ("history_summary", "case_client"),
        ("plan", "case_plan"),
        ("aftercare_sheet", "case_aftercare"),
        ("contact_log", "case_aftercare"),
        ("reflection", "case_aftercare"),
        ("retention_note", "case_healed"),
    ],
)
def test_every_text_of_a_case_is_read(mine, field, address):
    setattr(mine, field, "MARK-1")

    assert [url_name for url_name, _ in gaps(mine)] == [address]


@pytest.mark.django_db
def test_notes_to_answers_are_read(mine):
    first = mine.scheme_version.screen.questions[0]
    mine.answers[first.key]["note"] = "She told Lee so."

    assert [url_name for url_name, _ in gaps(mine)] == ["case_screen"]


TEXTS_OF_A_VISIT = [
    "place",
    "needle_other",
    "needle_lot",
    "machine",
    "speed",
    "pigment",
    "pigment_lot",
    "dilution",
    "numbing",
    "zones",
    "technique",
    "skin_reaction",
    "incident_text",
]


@pytest.mark.django_db
@pytest.mark.parametrize("field", TEXTS_OF_A_VISIT)
def test_every_text_of_a_visit_is_read(field):
    mine = case(case_file(person(Role.TRAINEE, legal_name="Mark Lee")))
    visit(mine, **{field: "Studio Lee"})

    assert [url_name for url_name, _ in gaps(mine)] == ["case_visits"]


def test_the_list_of_texts_is_whole():
    """A text that is added to a visit or a case must be read here, too."""
    from django.db import models

    from certification.models import SessionLog

    texts = {
        field.name
        for field in SessionLog._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField) and not field.choices
    }

    assert texts == set(TEXTS_OF_A_VISIT)


@pytest.mark.django_db
def test_a_signed_observation_is_read_and_needs_the_office():
    mine = case(case_file(person(Role.TRAINEE, legal_name="Mark Lee")))
    seen = observation(visit(mine))
    seen.statement = "Lee kept the field clean."
    visits = list(mine.visits.all())
    visits[0].observation = seen

    assert [gap.url_name for gap in in_case(mine, visits)] == ["case_observation"]


@pytest.mark.django_db
def test_at_the_healed_stage_only_what_can_be_changed_is_read(mine):
    mine.plan = mine.retention_note = "Lee"
    visit(mine, kind="touch_up", technique="Lee filled two gaps.")
    visit(mine, kind="consultation", technique="Lee listened.")

    assert [url_name for url_name, _ in gaps(mine, Part.HEALED)] == ["case_visits", "case_healed"]
