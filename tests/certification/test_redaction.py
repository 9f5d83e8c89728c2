"""Names taken out of what assessors read."""

import pytest

from certification.models import ObserverAppointment
from certification.redaction import Known, names_around, redacted
from tests.factories.certification import AT, REASON, application, case, case_file, observation, visit
from tests.factories.courses import relation
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import crypto
from training_site.common.history import save_as

TOMAS = Known("Tomás Rivera", "tomas@example.org")
STUDIO = "North Street Studio"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tomás Rivera held the light.", "[name removed] held the light."),
        ("tomas rivera and TOMAS", "[name removed] and [name removed]"),
        ("Rivera, Rivera and Rivera", "[name removed], [name removed] and [name removed]"),
        ("Write to tomas@example.org at once", "Write to [name removed] at once"),
        ("Calm skin by the river.", "Calm skin by the river."),
        ("", ""),
    ],
)
def test_a_person_is_not_named(text, shown):
    assert redacted(text, people=[TOMAS], places=[]) == shown


@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        (STUDIO, "Done at North Street Studio.", "Done at [name removed]."),
        (STUDIO, "NORTH-STREET STUDIO", "[name removed]"),
        (STUDIO, "north street studios", "north street studios"),
        (STUDIO, "The street to the north", "The street to the north"),
        ("Salón Niña", "en el salon nina", "en el [name removed]"),
        ("Salon Nina", "en el salón niña", "en el [name removed]"),
        ("Skin", "Calm skin at Skin, at SKIN.", "Calm skin at [name removed], at [name removed]."),
        ("––", "a – b", "a – b"),
        ("A.B", "A/B (A.B.)", "[name removed] ([name removed].)"),
    ],
)
def test_a_studio_is_not_named(place, text, shown):
    assert redacted(text, people=[], places=[place]) == shown


def test_what_is_put_in_its_place_is_not_taken_for_a_name():
    assert redacted("Name Removed was there.", people=[Known("Name Removed", "")], places=[]) == (
        "[name removed] was there."
    )


@pytest.mark.django_db
def test_candidate_trainers_observers_and_studio_are_known():
    made = case(case_file(person(Role.TRAINEE, legal_name="Cem Aydin")))
    former = relation(person(Role.TRAINER, legal_name="Tomás Rivera"), made.practitioner).trainer
    other = observation(visit(made), person(Role.TRAINER, legal_name="Ines Duarte")).observer
    appointment = ObserverAppointment(
        visit=visit(made),
        name="Nora Berg",
        qualification="Nurse",
        sealed_email=crypto.encrypt("nora@example.org"),
        appointed_by=person(Role.CERTIFICATION_OFFICER),
        appointed_at=AT,
    )
    save_as(appointment, actor=None, reason=REASON)

    names = names_around(made)

    assert {each.legal_name for each in names.people} == {
        "Cem Aydin",
        former.legal_name,
        other.legal_name,
        "Nora Berg",
    }
    assert names.places == [STUDIO]
    assert (
        names.out_of("Nora Berg told Cem Aydin and Ines")
        == "[name removed] told [name removed] and [name removed]"
    )


@pytest.mark.django_db
def test_names_of_another_case_are_words_like_any_other():
    application(person(Role.TRAINEE, legal_name="Olga Lindqvist"))

    assert names_around(case()).out_of("Olga Lindqvist") == "Olga Lindqvist"
