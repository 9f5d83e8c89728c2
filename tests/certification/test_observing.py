"""Signed observations, by a trainer and by an appointed observer."""

import datetime as dt
import re

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from certification import consenting, observing
from certification.errors import ObservationRefused
from certification.models import Observation, ObserverAppointment
from certification.observing import ITEMS
from tests.factories.certification import AT, LAST_SESSION, TODAY, case, case_file, contact, visit
from tests.factories.courses import relation
from tests.people import person
from tests.together import together
from training_site.accounts.roles import STAFF, Role
from training_site.common import cards, links
from training_site.common.days import DAY
from training_site.common.history import save_as
from training_site.common.models import Link, Notice

pytestmark = pytest.mark.django_db
STATEMENT = "I was there from set-up to tear-down and saw all of it."
NAME = "Tomás Rivera"


@pytest.fixture
def trainer():
    return person(Role.TRAINER, legal_name=NAME)


@pytest.fixture
def of(trainer):
    made = case()
    made.practitioner.legal_name = "Tara Novak"
    made.practitioner._change_reason = "Named for a test."
    made.practitioner.save()
    relation(trainer, made.practitioner)
    return made


@pytest.fixture
def session(of):
    return visit(of)


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


def signed(session, trainer, **changes) -> Observation:
    facts = {"items": [ITEMS[1], ITEMS[0]], "statement": STATEMENT, "signature": NAME, "at": AT, "on": TODAY}
    return observing.sign(session, trainer=trainer, **{**facts, **changes})


def appointed(session, officer, **changes) -> ObserverAppointment:
    facts = {"name": "Nora Berg", "qualification": "Nurse", "email": "nora@example.org", "reason": "Was there."}
    return observing.appoint(session, officer=officer, at=AT, **{**facts, **changes})


def mailed_link(at=AT) -> Link:
    text = Notice.objects.filter(kind="observer_appointed").latest("pk").text
    return links.look_up(re.search(r"/observe/(\S+)/", text)[1], observing.PURPOSE, at)


def by_link(link, **changes) -> Observation:
    facts = {"items": ITEMS, "statement": STATEMENT, "signature": "Nora Berg", "at": AT, "on": TODAY}
    facts["shown"] = observing.as_shown(ObserverAppointment.objects.get(pk=link.object_id).visit)
    return observing.sign_by_link(link, **{**facts, **changes})


# What a trainer finds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("session", True),
        ("touch_up", True),
        ("test_area", True),
        ("consultation", False),
        ("patch_test", False),
        ("healed_review", False),
    ],
)
def test_visits_with_pigment_can_be_observed(of, trainer, kind, found):
    visit(of, kind=kind)

    assert observing.observable(trainer, on=TODAY).exists() is found


@pytest.mark.parametrize(
    ("days", "found"), [(-1, False), (0, True), (1, True)], ids=["day before", "that day", "day after"]
)
def test_a_visit_can_be_observed_from_its_day_on(session, trainer, days, found):
    assert observing.observable(trainer, on=LAST_SESSION + days * DAY).exists() is found


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(TODAY + DAY, None, False), (TODAY, TODAY, True), (TODAY - DAY, TODAY - DAY, False)],
    ids=["before the first day", "on it", "after the last"],
)
def test_a_trainer_finds_visits_while_they_train_the_candidate(first, last, found):
    of = case()
    visit(of)
    trains = relation(trainee=of.practitioner, started_on=first, ended_on=last)

    assert observing.observable(trains.trainer, on=TODAY).exists() is found


@pytest.mark.parametrize(
    ("state", "found"), [("draft", True), ("returned", True), ("handed_in", False), ("released", False)]
)
def test_visits_of_cases_that_are_handed_in_wait_no_more(trainer, state, found):
    of = case(state=state)
    relation(trainer, of.practitioner)
    visit(of)

    assert observing.observable(trainer, on=TODAY).exists() is found


def test_an_observed_visit_waits_no_more(session, trainer):
    signed(session, trainer)

    assert not observing.observable(trainer, on=TODAY).exists()


def test_whoever_trains_without_the_role_finds_nothing(of, session):
    without = relation(person(), of.practitioner).trainer

    assert not observing.observable(without, on=TODAY).exists()


@pytest.mark.parametrize(
    ("visits", "sentences"),
    [
        (0, []),
        (1, ["One visit, of 10 March 2026, can be observed. Sign if you were there."]),
        (2, ["2 visits, from 10 March 2026 on, can be observed. Sign if you were there."]),
    ],
)
def test_a_trainers_card_says_what_waits(of, trainer, visits, sentences):
    for number in range(visits):
        visit(of, on=LAST_SESSION + number * DAY)

    found = [card for card in cards.for_user(trainer, AT) if card.title == "Observations to sign"]
    assert [card.sentence for card in found] == sentences
    assert [card.url for card in found] == ["/train/observations/"] * len(sentences)


# A trainer signs ------------------------------------------------------------------------------------


def test_a_trainer_signs_what_they_saw(session, trainer):
    made = signed(session, trainer, signature="  tomás   RIVERA ", statement=f" {STATEMENT}\n")

    assert (made.role, made.observer, made.appointment) == ("trainer", trainer, None)
    assert (made.items, made.statement) == ([ITEMS[0], ITEMS[1]], STATEMENT)
    assert (made.observed_on, made.signed_at, made.signature) == (LAST_SESSION, AT, "tomás RIVERA")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"items": []}, "Tick at least one point"),
        ({"items": ["Something else"]}, "Tick at least one point"),
        ({"statement": "x" * 29}, "at least 30 characters"),
        ({"statement": " " * 40}, "at least 30 characters"),
        ({"signature": "Tomás"}, "Sign with your full name as it is known here: Tomás Rivera"),
        ({"signature": ""}, "Sign with your full name"),
        ({"statement": f"{STATEMENT} Tara Novak did well."}, "The candidate's name (“Tara Novak”) stands"),
        ({"statement": f"{STATEMENT} NOVAK did well."}, "“NOVAK”"),
        ({"on": LAST_SESSION - DAY}, "The visit is on 10 March 2026. Sign from that day on."),
    ],
)
def test_an_observation_that_lacks_something_is_refused(session, trainer, changes, sentence):
    with pytest.raises(ObservationRefused, match=re.escape(sentence)):
        signed(session, trainer, **changes)
    assert Observation.objects.count() == 0


def test_a_statement_of_thirty_characters_on_the_day_of_the_visit_is_enough(session, trainer):
    assert signed(session, trainer, statement="x" * 30, on=LAST_SESSION).pk


def test_nobody_else_signs(of, session):
    strangers = [
        person(Role.TRAINER, legal_name=NAME),
        person(Role.CERTIFICATION_OFFICER, legal_name=NAME),
        relation(person(legal_name=NAME), of.practitioner).trainer,
        of.practitioner,
        relation(person(Role.TRAINER, legal_name=NAME), of.practitioner, ended_on=TODAY - DAY).trainer,
    ]

    for stranger in strangers:
        with pytest.raises(ObservationRefused, match="current trainer"):
            signed(session, stranger)


def test_a_visit_without_pigment_is_not_observed(of, trainer):
    with pytest.raises(ObservationRefused, match="Nothing is implanted"):
        signed(visit(of, kind="consultation"), trainer)


def test_a_case_that_is_handed_in_takes_no_observation(trainer):
    of = case(state="handed_in")
    relation(trainer, of.practitioner)

    with pytest.raises(ObservationRefused, match="handed in"):
        signed(visit(of), trainer)


def test_a_visit_is_observed_once(session, trainer):
    signed(session, trainer)

    with pytest.raises(ObservationRefused, match="observed already"):
        signed(session, trainer)


@pytest.mark.both_databases
def test_the_database_refuses_to_change_an_observation(session, trainer):
    made = signed(session, trainer)

    with pytest.raises(IntegrityError), transaction.atomic():
        Observation.objects.filter(pk=made.pk).update(statement="Another one.")


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_trainers_who_sign_at_once_make_one_observation():
    session = visit(case())
    both = [relation(person(Role.TRAINER, legal_name=NAME), session.case.practitioner).trainer for _ in range(2)]

    outcomes = together(*[lambda trainer=trainer: signed(session, trainer) for trainer in both])

    assert Observation.objects.count() == 1
    assert sorted(type(each).__name__ for each in outcomes) == ["Observation", "ObservationRefused"]


def test_the_candidate_is_told(of, session, trainer):
    signed(session, trainer)

    told = Notice.objects.get()
    assert (told.to, told.subject) == (of.practitioner.email, f"Observation signed: case {of.ref}")
    assert f"/cases/{of.ref}/client/observation/" in told.text


CHANGES = [{"visited_on": LAST_SESSION + DAY}, {"kind": "touch_up"}, {"place": "Elsewhere"}]


def change(visit, **facts) -> None:
    """What the candidate writes while somebody reads the page."""
    fresh = type(visit).objects.get(pk=visit.pk)
    for name, value in facts.items():
        setattr(fresh, name, value)
    save_as(fresh, actor=fresh.case.practitioner, reason="Changed.")


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_nobody_signs_for_a_visit_that_changed_since_it_was_shown(session, officer, trainer, changes):
    appointed(session, officer)
    shown = observing.as_shown(session)
    change(session, **changes)

    with pytest.raises(ObservationRefused, match="changed meanwhile"):
        signed(session, trainer)
    with pytest.raises(ObservationRefused, match="changed meanwhile"):
        by_link(mailed_link(), shown=shown)
    assert Observation.objects.count() == 0


def test_a_visit_is_read_anew_before_it_is_signed(session, trainer):
    shown_later = type(session).objects.get(pk=session.pk)
    change(session, kind="healed_review")
    shown_later.refresh_from_db()

    with pytest.raises(ObservationRefused, match="Nothing is implanted"):
        signed(session, trainer, shown=observing.as_shown(shown_later))


def test_a_visit_that_was_taken_out_is_not_signed(session, trainer):
    gone = type(session).objects.get(pk=session.pk)
    gone._change_reason = "Taken out for a test."
    gone.delete()

    with pytest.raises(ObservationRefused, match="changed meanwhile"):
        signed(session, trainer)


# An appointed observer ------------------------------------------------------------------------------


def test_an_observer_is_appointed_and_mailed_a_link_for_thirty_days(session, officer):
    made = appointed(session, officer, name=" Nora  Berg ")

    mail, link = Notice.objects.get(), mailed_link()
    assert (made.name, made.email, made.appointed_by) == ("Nora Berg", "nora@example.org", officer)
    assert made.history.get().history_change_reason == "Observer appointed. Was there."
    assert (mail.to, mail.forget_text) == ("nora@example.org", True)
    assert (link.subject, link.reusable, link.expires_at) == (made, False, AT + 30 * DAY)
    assert "until 3 June 2026" in mail.text


def test_an_appointed_observer_signs_once(session, officer):
    made = appointed(session, officer)
    link = mailed_link()

    observation = by_link(link, signature="nora berg")

    assert (observation.role, observation.observer, observation.appointment) == ("appointed", None, made)
    with pytest.raises(links.LinkUsed):
        by_link(link)


def test_a_refused_signature_leaves_the_link_as_it_was(session, officer):
    appointed(session, officer)
    link = mailed_link()

    with pytest.raises(ObservationRefused, match="known here: Nora Berg"):
        by_link(link, signature="Somebody Else")

    assert by_link(mailed_link()).pk
    assert Observation.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_an_observer_who_sends_twice_at_once_signs_once():
    appointed(visit(case()), person(Role.CERTIFICATION_OFFICER))
    link = Link.objects.get()  # The mail is sent by now, and its text forgotten.

    outcomes = together(*[lambda: by_link(link)] * 3)

    assert Observation.objects.count() == 1
    assert sorted(type(each).__name__ for each in outcomes) == ["LinkUsed", "LinkUsed", "Observation"]


def test_an_appointed_observer_signs_no_visit_that_the_trainer_signed(session, officer, trainer):
    appointed(session, officer)
    signed(session, trainer)

    with pytest.raises(ObservationRefused, match="observed already"):
        by_link(mailed_link())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CERTIFICATION_OFFICER], ids=str)
def test_only_a_certification_officer_appoints_and_ends(session, officer, role):
    with pytest.raises(ObservationRefused, match="Only a certification officer"):
        appointed(session, person(role))
    made = appointed(session, officer)
    with pytest.raises(ObservationRefused, match="Only a certification officer"):
        observing.end_appointment(made, officer=person(role), reason="Ill.", at=AT)


def test_an_observer_is_neither_candidate_nor_trainee_nor_client(of, session, officer):
    contact(of)
    of.contact.digest = consenting.digest_of("client@example.org")
    of.contact._change_reason = "Sealed for a test."
    of.contact.save()
    refused = {
        of.practitioner.email.upper(): "the candidate's own address",
        person(Role.TRAINEE).email: "belongs to a trainee",
        "Client@example.org": "the client's address",
    }

    for email, sentence in refused.items():
        with pytest.raises(ObservationRefused, match=sentence):
            appointed(session, officer, email=email)
    with pytest.raises(ObservationRefused, match="Nobody observes themselves"):
        appointed(session, officer, name="tara  novak")
    assert ObserverAppointment.objects.count() == 0


def test_another_spelling_of_an_address_does_not_help(of, session, officer):
    contact(of, "client@example.org")
    trainee = person(Role.TRAINEE, email="Uwe.Lang@example.org")
    EmailAddress.objects.create(user=trainee, email="second+one@example.org")
    name, _, domain = of.practitioner.email.partition("@")
    refused = {
        f"{name}+nora@{domain.upper()}": "the candidate's own address",
        "uwe.lang+x@example.org": "belongs to a trainee",
        "second@example.org": "belongs to a trainee",
        "Client+2@example.org": "the client's address",
    }

    for email, sentence in refused.items():
        with pytest.raises(ObservationRefused, match=sentence):
            appointed(session, officer, email=email)
    assert ObserverAppointment.objects.count() == 0


def test_an_address_that_only_begins_alike_is_another_ones(of, session, officer):
    name, _, domain = of.practitioner.email.partition("@")

    assert appointed(session, officer, email=f"{name}x@{domain}").pk


@pytest.mark.parametrize("role", sorted(STAFF), ids=str)
def test_nobody_on_the_staff_is_appointed(session, officer, role):
    staff = person(role)

    for email in (staff.email, officer.email, officer.email.replace("@", "+me@")):
        with pytest.raises(ObservationRefused, match="belongs to the staff"):
            appointed(session, officer, email=email)
    assert ObserverAppointment.objects.count() == 0


def test_an_officer_ends_no_appointment_in_their_own_case(officer):
    own = case(case_file(person(Role.TRAINEE, Role.CERTIFICATION_OFFICER)))
    made = appointed(visit(own), officer)

    with pytest.raises(ObservationRefused, match="never in their own case"):
        observing.end_appointment(made, officer=own.practitioner, reason="Mine.", at=AT)

    made.refresh_from_db()
    assert made.ended_at is None


def test_a_visit_has_one_appointed_observer_at_a_time(session, officer):
    first = appointed(session, officer)
    with pytest.raises(ObservationRefused, match="Nora Berg is appointed"):
        appointed(session, officer, email="other@example.org")

    observing.end_appointment(first, officer=officer, reason="Was not there.", at=AT)

    assert appointed(session, officer, email="other@example.org").pk


def test_nobody_is_appointed_for_a_visit_that_is_observed(session, officer, trainer):
    signed(session, trainer)

    with pytest.raises(ObservationRefused, match="observed already"):
        appointed(session, officer)


def test_an_ended_appointment_opens_nothing(session, officer):
    made = appointed(session, officer)
    link = mailed_link()
    end = {"officer": officer, "reason": "Was not there.", "at": AT}

    observing.end_appointment(made, **end)
    observing.end_appointment(made, **end)

    with pytest.raises(links.LinkRefused, match="withdrawn"):
        by_link(link)
    assert made.history.count() == 2


def test_an_appointment_that_is_signed_stays(session, officer):
    made = appointed(session, officer)
    by_link(mailed_link())

    with pytest.raises(ObservationRefused, match="Nora Berg has signed"):
        observing.end_appointment(made, officer=officer, reason="Late.", at=AT)


def test_a_link_opens_for_thirty_days(session, officer):
    appointed(session, officer)

    assert mailed_link(AT + 30 * DAY - dt.timedelta(seconds=1))
    with pytest.raises(links.LinkRefused, match="ended on 3 June 2026"):
        mailed_link(AT + 30 * DAY)
