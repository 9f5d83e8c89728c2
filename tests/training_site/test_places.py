import pytest

from tests.people import person
from training_site.accounts.roles import STAFF, Role
from training_site.common import places

pytestmark = pytest.mark.django_db


def labels(rf, user, path: str = "/my/") -> dict[str, bool]:
    request = rf.get(path)
    request.user = user
    return {link.label: link.current for link in places.for_request(request)}


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.TRAINEE, ["Learn", "Cases"]),
        (Role.TRAINER, ["Train"]),
        *[(role, ["Office"]) for role in sorted(STAFF)],
    ],
)
def test_each_role_sees_its_own_places(rf, role, seen):
    assert list(labels(rf, person(role))) == ["What waits for you", *seen]


def test_the_place_of_the_page_is_marked(rf):
    marked = labels(rf, person(Role.TRAINEE), "/learn/1/exam/")

    assert [label for label, current in marked.items() if current] == ["Learn"]


def test_somebody_signed_out_sees_none(client):
    assert client.get("/accounts/login/").context["places"] == []
