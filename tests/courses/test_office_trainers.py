import datetime as dt

import pytest
import time_machine

from courses.models import TrainerRelation
from tests.factories.courses import relation
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db

LIST = "/cms/training/trainers/"
NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
TODAY, DAY = NOON.date(), dt.timedelta(days=1)


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def office(as_, officer):
    return as_(officer)


def typed(trainee: object, trainer: object, **changes: str) -> dict[str, str]:
    return {
        "trainee": trainee.email,
        "trainer": str(trainer.pk),
        "started_on": "2026-05-04",
        "reason": "Agreed by both.",
        **changes,
    }


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three(office, rows, django_assert_num_queries):
    for _ in range(rows):
        relation()
    office.get(LIST)

    with django_assert_num_queries(11):
        office.get(LIST)


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CERTIFICATION_OFFICER], ids=str)
def test_trainers_do_not_exist_for_anybody_else(as_, role):
    browser = as_(person(role))

    addresses = (LIST, f"{LIST}begin/", f"{LIST}{relation().pk}/end/")
    assert {browser.get(address).status_code for address in addresses} == {404}


@pytest.mark.parametrize(
    ("ended_on", "listed"),
    [(None, ""), (TODAY + DAY, ""), (TODAY, ""), (TODAY - DAY, "ended")],
    ids=["open", "ends tomorrow", "last day", "ended yesterday"],
)
def test_a_relation_is_current_until_its_last_day(office, ended_on, listed):
    kept = relation(ended_on=ended_on)

    with time_machine.travel(NOON, tick=False):
        found = {which: list(office.get(LIST, {"which": which}).context["page_obj"]) for which in ("", "ended")}

    assert found == {"": [], "ended": []} | {listed: [kept]}


def test_relations_are_found_by_either_name(office):
    tomas, tara = person(Role.TRAINER, legal_name="Tomás Rivera"), person(Role.TRAINEE, legal_name="Tara Novak")
    kept = relation(tomas, tara)
    relation()

    assert [list(office.get(LIST, {"q": q}).context["page_obj"]) for q in ("rivera", "NOVAK")] == [[kept]] * 2


def test_every_form_can_be_sent(office):
    addresses = (f"{LIST}begin/", f"{LIST}{relation().pk}/end/")
    pages = [office.get(address).content.decode() for address in addresses]

    assert [page.count('<form method="post"') for page in pages] == [1, 1]
    assert [page.count("csrfmiddlewaretoken") for page in pages] == [1, 1]


def test_a_trainer_is_named(office, officer):
    trainer, trainee = person(Role.TRAINER), person(Role.TRAINEE)

    response = office.post(f"{LIST}begin/", typed(trainee, trainer))

    made = TrainerRelation.objects.get()
    assert response.url == LIST
    assert (made.trainer, made.trainee, made.started_on) == (trainer, trainee, TODAY)
    event = made.history.get()
    assert (event.history_user, event.history_change_reason) == (officer, "Training began. Agreed by both.")


def test_the_trainee_is_filled_in_when_one_comes_from_an_enrolment(office):
    form = office.get(f"{LIST}begin/", {"trainee": "tara@example.org"}).context["form"]

    assert form["trainee"].value() == "tara@example.org"


def test_only_trainers_can_be_chosen(office):
    trainer, assessor = person(Role.TRAINER), person(Role.ASSESSOR)

    form = office.get(f"{LIST}begin/").context["form"]
    assert list(form.fields["trainer"].queryset) == [trainer]

    page = office.post(f"{LIST}begin/", typed(person(Role.TRAINEE), assessor))
    assert list(page.context["form"].errors) == ["trainer"]


def test_a_refused_relation_keeps_what_was_typed_and_says_why(office):
    running = relation()

    page = office.post(f"{LIST}begin/", typed(running.trainee, running.trainer)).content.decode()

    assert f"trains {running.trainee.name} since 1 January 2026 already." in page
    assert "Agreed by both." in page
    assert TrainerRelation.objects.count() == 1


def test_a_relation_ends_with_its_last_day(office, officer):
    running = relation()

    office.post(f"{LIST}{running.pk}/end/", {"ended_on": "2026-05-04", "reason": "Moved."})

    running.refresh_from_db()
    assert running.ended_on == TODAY
    assert running.history.latest().history_change_reason == "Training ended. Moved."


def test_a_last_day_before_the_first_is_refused_and_kept_in_the_form(office):
    running = relation()

    page = office.post(f"{LIST}{running.pk}/end/", {"ended_on": "2025-12-31", "reason": "Moved."}).content.decode()

    assert "The last day cannot be before the first, 1 January 2026." in page
    assert 'value="2025-12-31"' in page
    running.refresh_from_db()
    assert running.ended_on is None


def test_an_ended_relation_does_not_end_again(office):
    ended = relation(ended_on=TODAY)

    page = office.post(f"{LIST}{ended.pk}/end/", {"ended_on": "2026-05-05", "reason": "Moved."}).content.decode()

    assert "This relation ended on 4 May 2026 already." in page
