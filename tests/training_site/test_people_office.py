import re

import pytest

from tests.people import person, sign_in
from training_site.accounts.models import HistoryReading, Invitation, User
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(as_):
    return as_(person(Role.ADMINISTRATOR))


@pytest.mark.parametrize("people", [1, 3])
def test_the_list_of_people_takes_the_same_queries_for_one_and_three(office, people, django_assert_num_queries):
    for _ in range(people):
        person(Role.TRAINEE)
    office.get("/cms/people/")

    with django_assert_num_queries(13):
        office.get("/cms/people/")


def test_more_people_than_a_page_holds_are_turned_page_by_page(office):
    for number in range(51):
        person(Role.TRAINEE, legal_name=f"Person {number:02}")

    first = office.get("/cms/people/", {"q": "Person"}).content.decode()
    second = office.get("/cms/people/", {"q": "Person", "p": "2"}).content.decode()

    assert ("Person 00" in first, "Person 50" in first) == (True, False)
    assert ("Person 00" in second, "Person 50" in second) == (False, True)
    assert "q=Person" in first
    assert "p=2" in first


def test_people_are_found_by_part_of_a_name(office):
    person(Role.TRAINEE, legal_name="Ingrid Sommer")
    person(Role.TRAINEE, legal_name="Paul Winter")

    page = office.get("/cms/people/", {"q": "somm"}).content.decode()

    assert ("Ingrid Sommer" in page, "Paul Winter" in page) == (True, False)


def test_people_are_found_by_role(office):
    person(Role.TRAINER, legal_name="Ingrid Sommer")
    person(Role.TRAINEE, legal_name="Paul Winter")

    page = office.get("/cms/people/", {"role": "trainer"}).content.decode()

    assert ("Ingrid Sommer" in page, "Paul Winter" in page) == (True, False)


def test_a_role_is_granted_on_the_persons_page(office):
    user = person(Role.TRAINEE)

    response = office.post(f"/cms/people/{user.pk}/roles/", {"role": "assessor", "reason": "Panel."})

    assert response.url == f"/cms/people/{user.pk}/"
    assert User.objects.get(pk=user.pk).roles == {Role.TRAINEE, Role.ASSESSOR}


def test_a_refused_role_keeps_what_was_typed_and_says_why(office):
    user = person(Role.EDITOR)

    page = office.post(f"/cms/people/{user.pk}/roles/", {"role": "assessor", "reason": "Short of people."})

    assert "cannot be held together" in page.content.decode()
    assert "Short of people." in page.content.decode()


def test_a_role_needs_a_reason(office):
    user = person(Role.TRAINEE)

    page = office.post(f"/cms/people/{user.pk}/roles/", {"role": "assessor", "reason": ""})

    assert list(page.context["role_form"].errors) == ["reason"]


def test_a_role_is_ended_on_the_persons_page(office):
    user = person(Role.EDITOR)

    office.post(f"/cms/people/{user.pk}/roles/editor/end/", {"reason": "Left."})

    assert User.objects.get(pk=user.pk).roles == frozenset()


def test_a_closed_account_is_signed_out_at_once(office, client):
    user = person(Role.TRAINEE)
    client.post("/accounts/login/", {"login": user.email, "password": "a long enough sentence"})
    assert client.get("/my/").status_code == 200

    office.post(f"/cms/people/{user.pk}/close/", {"reason": "Asked for it."})

    assert client.get("/my/").url == "/accounts/login/?next=/my/"


def test_a_session_ended_with_the_account_stays_ended_when_it_is_opened_again(office, client):
    user = person(Role.TRAINEE)
    client.post("/accounts/login/", {"login": user.email, "password": "a long enough sentence"})

    office.post(f"/cms/people/{user.pk}/close/", {"reason": "Lost their telephone."})
    office.post(f"/cms/people/{user.pk}/reopen/", {"reason": "Found it."})

    assert client.get("/my/").url == "/accounts/login/?next=/my/"


def test_a_closed_account_can_be_opened_again(office):
    user = person(Role.TRAINEE, is_active=False)

    office.post(f"/cms/people/{user.pk}/reopen/", {"reason": "Came back."})

    user.refresh_from_db()
    assert user.is_active is True


def test_a_second_click_on_close_leaves_the_account_closed(office):
    user = person(Role.TRAINEE)

    for _ in range(2):
        office.post(f"/cms/people/{user.pk}/close/", {"reason": "Fraud."})

    user.refresh_from_db()
    assert user.is_active is False
    assert user.history.first().history_change_reason == "Account closed. Fraud."


def test_a_search_with_a_nul_is_answered(office):
    assert office.get("/cms/people/", {"q": "\0a"}).status_code == 200


def test_an_administrator_cannot_close_their_own_account(client):
    administrator = person(Role.ADMINISTRATOR)
    sign_in(client, administrator)

    page = client.post(f"/cms/people/{administrator.pk}/close/", {"reason": "Quick."})

    administrator.refresh_from_db()
    assert administrator.is_active is True
    assert "Nobody closes their own account" in page.content.decode()


def test_an_invitation_is_sent_and_can_be_withdrawn(
    office, mailoutbox, django_capture_on_commit_callbacks, client
):
    with django_capture_on_commit_callbacks(execute=True):
        office.post(
            "/cms/people/invite/", {"email": "new@example.org", "role": "registrar", "reason": "Two needed."}
        )
    link = re.search(r"/accounts/invitation/\S+", mailoutbox[0].body).group()

    office.post(f"/cms/people/invitations/{Invitation.objects.get().pk}/withdraw/")

    assert client.get(link).status_code == 404


def test_the_history_of_an_account_is_shown(office):
    user = person(Role.TRAINEE)
    office.post(f"/cms/people/{user.pk}/roles/", {"role": "trainer", "reason": "Ten years of practice."})

    page = office.get(f"/cms/people/{user.pk}/").content.decode()

    assert "Role granted: Trainer. Ten years of practice." in page


def test_each_reading_of_an_accounts_history_is_noted(as_):
    administrator, user = person(Role.ADMINISTRATOR), person(Role.TRAINEE)

    as_(administrator).get(f"/cms/people/{user.pk}/")

    read = HistoryReading.objects.get()
    assert (read.subject, read.read_by) == (user, administrator)


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR], ids=str)
def test_people_do_not_exist_for_anybody_else(as_, role):
    assert as_(person(role)).get("/cms/people/").status_code == 404
