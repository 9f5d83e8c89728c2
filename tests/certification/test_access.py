"""Private photographs: who may see which file."""

import io

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from certification import consenting, table_photos
from certification.access import PHOTO
from certification.models import ImageConsent, Photo, Submission
from certification.photographing import add, remove
from tests.factories import pictures
from tests.factories.certification import AT, TODAY, PhotoFactory, at_state, case, case_file, consent, ready_case
from tests.factories.marking import allocation, attempt, frozen
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


# Those who mark it --------------------------------------------------------------------------------


def marking_address(photo: Photo, size: str = "large") -> str:
    return f"/files/marking-photo/{photo.pk}-{size}/"


@pytest.fixture
def piece(photo):
    """A piece of marking in hand, of the case whose photograph was handed in."""
    hand_in(photo, state="procedure_marking")
    consent(photo)
    frozen(attempt(photo.case))
    return allocation(attempt(photo.case))


@pytest.mark.parametrize("size", ["large", "medium", "small"])
def test_an_assessor_sees_what_was_handed_in(as_, photo, piece, size):
    answer = as_(piece.assessor).get(marking_address(photo, size))

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Content-Disposition"] == 'inline; filename="marking-photo.jpg"'
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("private, no-store", "nosniff")


def test_an_assessor_sees_neither_the_original_nor_any_other_kind(as_, photo, piece):
    browser = as_(piece.assessor)

    assert browser.get(marking_address(photo, "original")).status_code == 404
    assert [browser.get(address(photo, size)).status_code for size in SIZES] == [404] * 4


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_nobody_else_sees_what_an_assessor_sees(as_, photo, piece, role):
    assert as_(person(role)).get(marking_address(photo)).status_code == 404
    assert as_(photo.case.practitioner).get(marking_address(photo)).status_code == 404


@pytest.mark.parametrize(
    ("state", "sees"),
    [
        ("offered", False),
        ("accepted", True),
        ("submitted", True),
        ("declined", False),
        ("recused", False),
        ("lapsed", False),
    ],
)
def test_it_is_seen_while_the_case_is_in_hand_and_after_marks_are_in(as_, photo, piece, state, sees):
    other = allocation(attempt(photo.case), kind="second", state=state)

    assert (as_(other.assessor).get(marking_address(photo)).status_code == 200) is sees


def test_once_the_result_is_out_nobody_who_marked_sees_it(as_, photo, piece):
    other = allocation(attempt(photo.case), kind="second", state="submitted")
    at_state(photo.case, "released")

    assert as_(other.assessor).get(marking_address(photo)).status_code == 404


def test_who_is_no_assessor_any_more_sees_nothing(as_, photo, piece):
    was = piece.assessor
    with signed(was, actor=None, reason="Ended for a test."):
        was.groups.remove(Group.objects.get(name=Role.ASSESSOR.value))

    assert as_(type(was).objects.get(pk=was.pk)).get(marking_address(photo)).status_code == 404


def test_what_was_not_handed_in_is_not_seen(as_, photo, piece):
    browser = as_(piece.assessor)
    late = PhotoFactory(case=photo.case, large=photo.large.name)
    elsewhere = PhotoFactory(case=case(), large=photo.large.name)

    assert [browser.get(marking_address(each)).status_code for each in (late, elsewhere)] == [404, 404]


def test_a_photograph_that_the_client_took_back_is_gone_for_assessors(as_, photo, piece):
    photo.removed_at = AT
    photo.original = photo.large = photo.medium = photo.small = ""
    save_as(photo, actor=None, reason="Taken back for a test.")

    assert as_(piece.assessor).get(marking_address(photo)).status_code == 404


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_marking_key_that_is_none_is_not_found(as_, photo, piece, key):
    assert as_(piece.assessor).get(f"/files/marking-photo/{key.format(pk=photo.pk)}/").status_code == 404


def test_a_photograph_whose_consent_was_taken_back_is_shown_to_no_assessor(as_):
    made = ready_case()
    frozen(at_state(made, "procedure_marking"))
    piece = allocation(attempt(made))
    person_shown = made.photos.filter(stage="before").first()
    consent_of = ImageConsent.objects.get(photo=person_shown)

    with time_machine.travel(AT):
        before = table_photos.shown().filter(pk=person_shown.pk).exists()
        consenting.withdraw(consent_of, at=AT)
        answer = as_(piece.assessor).get(f"/files/marking-photo/{person_shown.pk}-medium/")

    assert (before, answer.status_code) == (True, 404)
