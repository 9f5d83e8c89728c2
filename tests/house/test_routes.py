"""Every route has a policy, and every policy is kept."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.people import person
from training_site.accounts.policies import Policy
from training_site.accounts.roles import STAFF, Role


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route, pattern


REACHED: dict[str, URLPattern] = {}
for _route, _pattern in routes():
    REACHED.setdefault(_route, _pattern)  # The first match answers; a library's later one is never reached.
ALL = sorted(REACHED.items())
PLACEHOLDERS = {"int": "1", "slug": "some", "str": "some", "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12}


def address(route: str) -> str:
    """A concrete path for a route; regular expressions of libraries give None where none can be made."""
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda m: PLACEHOLDERS.get(m.group(1) or "str", "some"), route)
    return "/" + path.replace("^", "").replace("$", "").replace("\\Z", "")


OWN = [(route, p) for route, p in ALL if "(" not in route and not route.startswith("accounts/")]
GUARDED = [
    (route, policy) for route, p in OWN if (policy := getattr(p.callback, "policy", None)) and policy.needs_sign_in
]


def test_every_route_declares_a_policy():
    undeclared = [route for route, p in ALL if not isinstance(getattr(p.callback, "policy", None), Policy)]

    assert undeclared == []


def test_the_office_is_for_staff_on_every_route():
    office = {route: p.callback.policy for route, p in ALL if route.startswith("cms/")}

    assert [route for route, policy in office.items() if not policy.needs_sign_in] == [
        "cms/login/",
        "cms/logout/",
        "cms/password_reset/",
    ]
    assert [route for route, policy in office.items() if policy.needs_sign_in and not policy.roles <= STAFF] == []


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "policy"), GUARDED, ids=[route for route, _ in GUARDED])
def test_a_stranger_is_sent_to_sign_in(client: Client, route: str, policy: Policy):
    response = client.get(address(route))

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role), ids=str)
def test_a_signed_in_person_without_the_role_finds_nothing(as_, role: Role):
    browser = as_(person(role))

    answers = {
        route: browser.get(address(route)).status_code
        for route, policy in GUARDED
        if policy.roles is not None and role not in policy.roles
    }

    assert {route: status for route, status in answers.items() if status != 404} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.TRAINEE, Role.TRAINER, Role.ASSESSOR], ids=str)
def test_the_office_does_not_exist_for_people_who_are_not_staff(as_, role: Role):
    assert as_(person(role)).get("/cms/").status_code == 404


@pytest.mark.django_db
def test_a_view_without_a_policy_answers_not_found(rf):
    from django.http import Http404, HttpResponse

    from training_site.accounts.policies import PolicyMiddleware

    with pytest.raises(Http404):
        PolicyMiddleware(lambda request: HttpResponse()).process_view(
            rf.get("/"), lambda request: HttpResponse(), (), {}
        )
