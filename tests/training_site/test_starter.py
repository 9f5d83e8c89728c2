import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from wagtail.models import GroupPagePermission, Page

from tests.lasting import lasting
from training_site.accounts.models import User
from training_site.accounts.roles import MULTI_FACTOR, Role
from training_site.website.models import HomePage, TextPage

pytestmark = pytest.mark.django_db


PAGES = [
    "/",
    "/how-certification-works/",
    "/privacy/",
    "/terms/",
    "/register-rules/",
    "/complaints-and-appeals/",
    "/accessibility/",
    "/contact/",
]


def links_on(page: str) -> set[str]:
    return {link.split("#")[0].split("?")[0] for link in re.findall(r'(?:href|action)="(/[^"]*)"', page)}


class TestStarter:
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _starter(cls, django_db_setup, django_db_blocker):
        yield from lasting(django_db_blocker, lambda: call_command("load_starter", verbosity=0))

    @pytest.mark.parametrize("path", PAGES)
    def test_a_starter_page_answers_without_a_session(self, client, path):
        response = client.get(path)

        assert response.status_code == 200
        assert response.cookies == {}
        assert response["Cache-Control"] == "public, max-age=60"
        assert "Cookie" not in response.get("Vary", "")

    @pytest.mark.parametrize("path", PAGES)
    def test_a_starter_page_has_one_heading_and_a_description(self, client, path):
        page = client.get(path).content.decode()

        assert page.count("<h1") == 1
        assert '<meta name="description" content="">' not in page

    def test_every_link_on_public_pages_leads_somewhere(self, client):
        seen: dict[str, int] = {}
        waiting = ["/"]
        while waiting:
            path = waiting.pop()
            if path in seen or path.startswith("/static/"):
                continue
            response = client.get(path)
            seen[path] = response.status_code
            if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
                waiting += links_on(response.content.decode())

        assert {path: status for path, status in seen.items() if status not in (200, 302)} == {}
        assert len(seen) > 70

    def test_loading_again_leaves_an_edited_page_alone(self):
        page = TextPage.objects.get(slug="privacy")
        page.title = "Our privacy promise"
        page.save_revision().publish()

        call_command("load_starter", verbosity=0)

        assert TextPage.objects.get(slug="privacy").title == "Our privacy promise"
        assert (HomePage.objects.count(), TextPage.objects.count()) == (1, 6)

    def test_the_site_is_our_home_page(self):
        assert Page.objects.filter(slug="home").count() == 1

    def test_an_editor_may_write_pages_and_nobody_else_on_staff(self):
        assert set(
            Group.objects.filter(pk__in=GroupPagePermission.objects.values("group")).values_list("name", flat=True)
        ) == {"editor"}


def test_the_contact_page_names_the_address_of_this_site(client, settings):
    settings.BODY_EMAIL = "hello@body.example"
    call_command("load_starter", verbosity=0)

    page = client.get("/contact/").content.decode()

    assert ("hello@body.example" in page, "office@stipple.example" in page) == (True, False)


class TestDemo:
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _demo(cls, django_db_setup, django_db_blocker):
        yield from lasting(django_db_blocker, lambda: call_command("load_demo", verbosity=0))

    def test_the_demo_has_somebody_in_every_role(self):
        assert {role for role in Role if User.objects.holding(role).exists()} == set(Role)

    def test_the_demo_loads_twice_without_a_second_copy(self):
        people = User.objects.count()

        call_command("load_demo", verbosity=0)

        assert User.objects.count() == people

    def test_every_demo_person_who_needs_a_second_factor_has_one(self):
        without = User.objects.holding(*MULTI_FACTOR).filter(authenticator=None)

        assert list(without) == []


def test_the_demo_refuses_production(settings):
    settings.DEMO_ALLOWED = False

    with pytest.raises(CommandError, match="public passwords"):
        call_command("load_demo", verbosity=0)

    assert User.objects.count() == 0
