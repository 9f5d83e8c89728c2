import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.models import GroupPagePermission, Page

from certification import answering, assigning
from certification.attempts import kinds_open
from certification.models import (
    Agreement,
    Allocation,
    AssessorAuthorisation,
    Photo,
    ProcedureCase,
    Result,
    Submission,
    Workplace,
)
from certification.paper_checks import unchecked
from tests.lasting import lasting
from training_site.accounts.models import User
from training_site.accounts.roles import MULTI_FACTOR, Role
from training_site.common.days import DAY, body_day
from training_site.common.models import Notice, Proposal
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
        models = (User, ProcedureCase, Photo, Allocation, Workplace, Notice)
        counted = [model.objects.count() for model in models]

        call_command("load_demo", verbosity=0)

        assert [model.objects.count() for model in models] == counted

    def test_every_demo_person_who_needs_a_second_factor_has_one(self):
        without = User.objects.holding(*MULTI_FACTOR).filter(authenticator=None)

        assert list(without) == []

    def test_a_founding_panel_of_three_may_mark_and_has_said_where_it_works(self):
        panel = set(User.objects.holding(Role.ASSESSOR))
        authorised = AssessorAuthorisation.objects.on(body_day(timezone.now()))

        assert len(panel) == 3
        assert {row.assessor for row in authorised} == {row.assessor for row in Workplace.objects.all()} == panel
        assert {row.proposed_by.email for row in Proposal.objects.all()}.isdisjoint(
            row.decided_by.email for row in Proposal.objects.all()
        )

    def test_the_demo_has_a_case_before_each_gate(self):
        assert {
            attempt.case.client_code: (attempt.case.practitioner.email.split("@")[0], attempt.state)
            for attempt in Submission.objects.select_related("case__practitioner")
        } == {
            "R-021": ("candidate", "draft"),
            "R-014": ("candidate", "handed_in"),
            "R-024": ("candidate", "procedure_marking"),
            "R-026": ("candidate", "handed_in"),
            "R-028": ("candidate", "assessed"),
            "R-031": ("candidate2", "released"),
            "R-009": ("candidate2", "released"),
            "R-034": ("candidate2", "procedure_marking"),
            "R-037": ("candidate2", "healed_marking"),
        }

    def test_an_officer_finds_papers_to_confirm_and_marking_to_give_out(self):
        assert [paper.kind for paper in unchecked(attempt_at("R-014").case)] == ["treatment_consent"]
        assert {attempt.case.client_code: assigning.open_kinds(attempt) for attempt in assigning.waiting()} == {
            "R-014": ("procedure", {"first"}),
            "R-026": ("procedure", {"second"}),
            "R-037": ("healed", {"third"}),
        }

    def test_each_assessor_finds_something_to_do(self):
        assert {
            (piece.assessor.email.split("@")[0], piece.submission.case.client_code, piece.kind, piece.state)
            for piece in Allocation.objects.live()
        } == {
            ("assessor", "R-024", "first", "accepted"),
            ("assessor2", "R-034", "second", "accepted"),
            ("assessor3", "R-026", "first", "offered"),
        }
        assert len(attempt_at("R-024").allocations.get().assessment.draft["levels"]) == 6

    def test_nothing_of_the_demo_lapses_on_its_first_days(self):
        assert answering.lapse(timezone.now() + 2 * DAY) == 0

    def test_markers_of_the_demo_disagreed_once(self):
        agreement = Agreement.objects.get()

        assert agreement.submission == attempt_at("R-037")
        assert agreement.differences == ["outcomes_differ", "critical_straddle"]

    def test_the_results_of_the_demo_are_a_pass_a_referral_and_a_sure_failure(self):
        results = {row.submission.case.client_code: row for row in Result.objects.all()}

        assert {code: (row.outcome, row.total) for code, row in results.items()} == {
            "R-031": ("pass", 69),
            "R-009": ("referred", Decimal("52.6")),
            "R-028": ("referred", None),
        }
        assert kinds_open(results["R-009"]) == ("correction", "replacement")


def attempt_at(client_code: str) -> Submission:
    return Submission.objects.get(case__client_code=client_code)


def test_the_demo_refuses_production(settings):
    settings.DEMO_ALLOWED = False

    with pytest.raises(CommandError, match="public passwords"):
        call_command("load_demo", verbosity=0)

    assert User.objects.count() == 0
