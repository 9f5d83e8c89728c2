"""Private photographs: who may see which file."""

import io

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from certification.access import PHOTO
from certification.models import Photo, Submission
from certification.photographing import add, remove
from tests.factories import pictures
from tests.factories.certification import AT, TODAY, at_state, case, case_file
from tests.people import person, sign_in
from training_site.accounts.roles import Role
from training_site.common.history import save_as, signed

pytestmark = pytest.mark.django_db

SIZES = {"large": (1600, 1200), "medium": (800, 600), "small": (320, 240), "original": (1600, 1200)}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def photo():
    scar = case()
    sent = SimpleUploadedFile("photo.jpg", pictures.jpeg(Image.new("RGB", (1600, 1200), pictures.RED)))
    place = {"stage": "before", "view": "area", "taken_on": TODAY}
    return add(scar, sent, **place, actor=scar.practitioner, at=AT, today=TODAY)


def hand_in(photo: Photo, *, state: str = "handed_in") -> None:
    at_state(photo.case, state)


def address(photo: Photo, size: str = "large") -> str:
    return f"/files/case-photo/{photo.pk}-{size}/"


@pytest.mark.parametrize("size", SIZES)
def test_its_owner_and_certification_officers_see_a_photograph(as_, photo, size):
    hand_in(photo)
    for who in (photo.case.practitioner, person(Role.CERTIFICATION_OFFICER)):
        answer = as_(who).get(address(photo, size))

        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert answer["Content-Disposition"] == 'inline; filename="case-photo.jpg"'
        assert answer["Cache-Control"] == "private, no-store"
        with Image.open(io.BytesIO(b"".join(answer.streaming_content))) as image:
            assert image.size == SIZES[size]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CERTIFICATION_OFFICER], ids=str)
def test_nobody_else_sees_a_photograph(as_, photo, role):
    hand_in(photo)
    browser = as_(person(role))

    assert [browser.get(address(photo, size)).status_code for size in SIZES] == [404] * 4


def test_another_candidate_does_not_see_it(as_, photo):
    assert as_(case_file().candidate).get(address(photo)).status_code == 404


def test_a_visitor_is_sent_to_sign_in(client, photo):
    assert client.get(address(photo)).url == f"/accounts/login/?next={address(photo)}"


def test_an_officer_without_the_second_factor_is_sent_to_give_it(client, photo):
    sign_in(client, person(Role.CERTIFICATION_OFFICER), second_factor=False)

    answer = client.get(address(photo))

    assert (answer.status_code, answer.url.startswith("/accounts/2fa/")) == (302, True)


def test_officers_see_it_once_its_case_was_handed_in(as_, photo):
    officer = as_(person(Role.CERTIFICATION_OFFICER))

    assert officer.get(address(photo)).status_code == 404
    hand_in(photo, state="released")
    again = Submission(case=photo.case, number=2, kind="resubmission", begun_at=AT)
    save_as(again, actor=None, reason="Made for a test.")
    assert officer.get(address(photo)).status_code == 200


def test_an_officer_who_is_a_candidate_too_sees_their_own_before(as_, photo):
    photo.case.practitioner = person(Role.TRAINEE, Role.CERTIFICATION_OFFICER)
    save_as(photo.case, actor=None, reason="Made for a test.")

    assert as_(photo.case.practitioner).get(address(photo)).status_code == 200


def test_the_owner_sees_it_no_more_when_the_role_is_gone(as_, photo):
    hand_in(photo)
    owner = photo.case.practitioner
    with signed(owner, actor=None, reason="Made for a test."):
        owner.groups.clear()

    assert as_(type(owner).objects.get(pk=owner.pk)).get(address(photo)).status_code == 404


def test_a_photograph_that_was_taken_out_is_not_found(as_, photo):
    remove(photo, actor=photo.case.practitioner, at=AT)

    answers = [
        as_(who).get(address(photo)) for who in (photo.case.practitioner, person(Role.CERTIFICATION_OFFICER))
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


NO_KEYS = [
    "{pk}",
    "{pk}-",
    "{pk}-huge",
    "{pk}-largest",
    "{pk}-LARGE",
    "{pk}-pk",
    "{pk}-large%0A",
    "{pk}%00-large",
    "0{pk}-large",
    "-{pk}-large",
    "x-large",
    "%D9%A1-large",
    f"{'9' * 18}-large",
    f"{'9' * 40}-large",
]


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_key_that_is_none_is_not_found(as_, photo, key):
    browser = as_(photo.case.practitioner)

    assert browser.get(f"/files/case-photo/{key.format(pk=photo.pk)}/").status_code == 404


def test_sizes_are_the_files_of_a_photograph():
    assert [size for size in Photo.FILES if not PHOTO.fullmatch(f"1-{size}")] == []
