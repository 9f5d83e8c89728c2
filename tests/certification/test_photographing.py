"""Photographs of a case: taken in, given another place, taken out; never a row without its files."""

import datetime as dt
import threading
from contextlib import suppress

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from PIL import Image

from certification.errors import CaseRefused, PhotoNotTaken
from certification.models import ImageConsent, Manifest, ManifestPhoto, Photo, Submission
from certification.photographing import add, add_all, candidate_day, covered, obstacle, relabel, remove
from tests.factories import pictures
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    REASON,
    TODAY,
    PhotoFactory,
    at_state,
    case,
    case_file,
    consent,
    visit,
)
from tests.together import together
from training_site.common.days import DAY
from training_site.common.history import save_as
from training_site.common.images import PhotoRefused
from training_site.common.storage import private_storage

pytestmark = pytest.mark.django_db

BEFORE = dt.date(2026, 2, 26)
HEALED = LAST_SESSION + 28 * DAY


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def scar():
    made = case()
    visit(made)
    return made


@pytest.fixture
def meeting_at_the_disk(monkeypatch):
    """Who stores a file waits a second for another who does: two that get past every question meet here."""
    disk, barrier = private_storage(), threading.Barrier(2)
    save = disk._save

    def save_together(name, content):
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=1)
        return save(name, content)

    monkeypatch.setattr(disk, "_save", save_together)


def upload(number: int = 0, *, name: str = "photo.jpg", size=(1600, 1200), **options) -> SimpleUploadedFile:
    """A photograph unlike those of other numbers."""
    colour = (number * 9 % 256, number * 70 % 256, 120)
    return SimpleUploadedFile(name, pictures.jpeg(Image.new("RGB", size, colour), **options))


def take(to, sent=None, *, stage="before", view="area", on=BEFORE, **facts) -> Photo:
    asked = {"actor": to.practitioner, "at": AT, "today": TODAY, **facts}
    return add(to, sent or upload(), stage=stage, view=view, taken_on=on, **asked)


def take_all(to, *uploads, stage="before", view="area", on=BEFORE):
    place = {"stage": stage, "view": view, "taken_on": on}
    return add_all(to, uploads, **place, actor=to.practitioner, at=AT, today=TODAY)


def move(photo, *, stage="before", view="area", on=BEFORE, **facts) -> Photo:
    asked = {"actor": photo.case.practitioner, "at": AT, "today": TODAY, **facts}
    return relabel(photo, stage=stage, view=view, taken_on=on, **asked)


def hand_in(of, *photos, state: str = "handed_in", **facts) -> None:
    attempt = at_state(of, state)
    for name, value in facts.items():
        setattr(attempt, name, value)
    save_as(attempt, actor=None, reason=REASON)
    manifest = Manifest.objects.create(
        submission=attempt, marking_stage="procedure", number=1, content={}, sha256="0" * 64, frozen_at=AT
    )
    for photo in photos:
        ManifestPhoto.objects.create(manifest=manifest, photo=photo, sha256=photo.sha256)


def stored() -> set[str]:
    """Every file below the folder of cases."""
    root = private_storage()
    folders = root.listdir("cases")[0] if root.exists("cases") else []
    return {f"{folder}/{name}" for folder in folders for name in root.listdir(f"cases/{folder}")[1]}


# Taking in ----------------------------------------------------------------------------------------


def test_a_photograph_is_kept_in_four_sizes(scar):
    photo = take(scar, upload(size=(2400, 1800)))

    sizes = {}
    for name in Photo.FILES:
        with Image.open(getattr(photo, name)) as image:
            sizes[name] = image.size
    assert sizes == {"original": (2400, 1800), "large": (1600, 1200), "medium": (800, 600), "small": (320, 240)}
    assert (photo.width, photo.height, photo.added_at) == (2400, 1800, AT)
    assert photo.history.get().history_change_reason == "Added to the case."
    assert photo.history.get().history_user == scar.practitioner


def test_what_the_camera_claimed_is_kept_apart_and_the_name_is_not_kept(scar):
    sent = upload(name="Robin Example.jpg", exif=pictures.exif())

    photo = take(scar, sent)

    assert (photo.camera_clock, photo.camera) == ("2026-05-03 14:05:09", "Stipple Testcam 9")
    assert [name for name in Photo.FILES if "Robin" in getattr(photo, name).name] == []
    assert all(getattr(photo, name).name.startswith("cases/") for name in Photo.FILES)


def test_a_file_without_claims_keeps_none(scar):
    photo = take(scar)

    assert (photo.camera_clock, photo.camera) == ("", "")


@pytest.mark.parametrize("view", ["area", "left"], ids=["in a slot", "outside the slots"])
def test_a_photograph_needs_the_pixels_of_its_place(scar, view):
    with pytest.raises(PhotoRefused, match="1,599 pixels on its long edge; 1,600 are needed"):
        take(scar, upload(size=(1599, 1200)), view=view)


def test_a_refused_photograph_costs_the_others_nothing(scar):
    noise = SimpleUploadedFile("C:\\pictures\\noise.jpg", b"noise")

    taken = take_all(scar, upload(1), noise, upload(2))

    assert (len(taken.photos), scar.photos.count()) == (2, 2)
    assert taken.refused == [
        "“noise.jpg” was not taken. This file is of another kind, not a photograph. "
        "Send the camera's own JPEG, PNG, WebP or HEIC file."
    ]


def test_when_no_file_can_be_opened_the_rest_is_not_tried(scar):
    class Shrinking(SimpleUploadedFile):
        """Says that it is longer than it is, as a stream does that breaks."""

        def tell(self):
            return 1_000_000

    taken = take_all(scar, Shrinking("a.jpg", upload().read()), upload(name="b.jpg"))

    said = "Files cannot be checked now. Nothing was kept. Send this one again in a minute."
    assert taken.refused == [f"“a.jpg” was not taken. {said}", f"“b.jpg” was not taken. {said}"]


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4])
def test_a_disk_that_fails_halfway_leaves_nothing_behind(scar, monkeypatch, fails_at):
    disk, before = private_storage(), stored()
    save, saves = disk._save, []

    def fails(name, content):
        saves.append(name)
        if len(saves) == fails_at:
            raise OSError("No space left on device")
        return save(name, content)

    monkeypatch.setattr(disk, "_save", fails)

    taken = take_all(scar, upload(1, name="1.jpg"), upload(2, name="2.jpg"))

    assert taken.refused == ["“1.jpg” was not taken. It could not be stored now. Add it again in a minute."]
    assert (len(taken.photos), Photo.objects.count(), len(stored() - before)) == (1, 1, 4)


def test_a_row_that_cannot_be_kept_leaves_no_file(scar):
    before = stored()

    with pytest.raises(IntegrityError):
        take(scar, at=None)

    assert (stored() - before, Photo.objects.count()) == (set(), 0)


def test_nothing_is_opened_for_a_place_that_does_not_exist(scar):
    with pytest.raises(PhotoNotTaken, match="Too early: a healed photograph counts from 7 April 2026 on"):
        take(scar, SimpleUploadedFile("noise.jpg", b"noise"), stage="healed", on=HEALED - DAY)


def test_the_first_day_of_healing_is_taken(scar):
    assert take(scar, stage="healed", on=HEALED).taken_on == HEALED


def test_a_stranger_adds_nothing(scar):
    before = stored()

    with pytest.raises(CaseRefused, match="Only its owner changes a case"):
        take(scar, actor=case_file().candidate)

    assert stored() == before


# Room ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "where"),
    [("area", "Whole treated area or back / crown"), ("left", "Left profile")],
    ids=["in a slot", "outside the slots"],
)
def test_a_place_holds_six_photographs_of_a_day(scar, view, where):
    PhotoFactory.create_batch(5, case=scar, view=view)

    taken = take_all(scar, upload(1), upload(2, name="seventh.jpg"), view=view)

    assert len(taken.photos) == 1
    assert taken.refused == [
        "“seventh.jpg” was not taken. 6 photographs of 26 February 2026 are here already "
        f"(Before: {where}), and no more are taken. Take one out first."
    ]


def test_a_removed_photograph_takes_no_room(scar):
    PhotoFactory.create_batch(5, case=scar)
    PhotoFactory(case=scar, removed_at=AT, original="", large="", medium="", small="")

    assert take(scar)


def test_another_day_has_room_of_its_own(scar):
    PhotoFactory.create_batch(6, case=scar)

    assert take(scar, on=BEFORE + DAY)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("meeting_at_the_disk")
def test_two_photographs_at_once_share_the_last_place():
    scar = case()
    PhotoFactory.create_batch(5, case=scar)
    before = stored()

    outcomes = together(*[lambda n=n: take(scar, upload(n)) for n in (1, 2)])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Photo", "PhotoNotTaken"]
    assert (scar.photos.count(), len(stored() - before)) == (6, 4)


# The same file again ------------------------------------------------------------------------------


def test_the_same_file_twice_in_a_case_is_said(scar):
    take(scar)

    with pytest.raises(PhotoNotTaken) as refusal:
        take(scar, view="close")

    assert str(refusal.value) == (
        "This photograph is in the case already, as “Before: Whole treated area” of 26 February 2026. "
        "Add another one, or change the place of that one."
    )


def test_the_same_pixels_under_another_camera_clock_are_the_same_photograph(scar):
    take(scar)

    with pytest.raises(PhotoNotTaken, match="in the case already"):
        take(scar, upload(exif=pictures.exif()))


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("meeting_at_the_disk")
def test_the_same_file_sent_twice_at_once_is_kept_once():
    scar = case()
    before = stored()

    outcomes = together(*[lambda view=view: take(scar, view=view) for view in ("area", "close")])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Photo", "PhotoNotTaken"]
    assert (scar.photos.count(), len(stored() - before)) == (1, 4)


def test_a_file_of_another_own_case_is_refused(scar):
    first = case(scar.case_file)
    take(first)

    with pytest.raises(PhotoNotTaken) as refusal:
        take(scar)

    assert str(refusal.value) == (
        f"This photograph is already in your case {first.ref}. A photograph belongs to one case: "
        "add one of this client."
    )


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("meeting_at_the_disk")
def test_the_same_file_sent_to_two_cases_at_once_is_kept_once():
    own = case_file()
    both = [case(own), case(own)]

    outcomes = together(*[lambda to=to: take(to) for to in both])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Photo", "PhotoNotTaken"]


def test_a_file_of_somebody_elses_case_is_taken_and_nothing_is_said(scar):
    theirs = take(case())

    taken = take_all(scar, upload())

    assert taken.refused == []
    assert taken.photos[0].source_sha256 == theirs.source_sha256


def test_a_file_that_was_taken_out_may_come_back(scar):
    first = take(scar)
    remove(first, actor=scar.practitioner, at=AT)

    again = take(scar)

    assert again.pk != first.pk
    assert take(case()).source_sha256 == again.source_sha256


# Consent ------------------------------------------------------------------------------------------


def test_a_consent_to_later_photographs_covers_each_with_a_row_of_its_own(scar):
    standing = consent(case=scar, given_at=AT - 100 * DAY, text_version="3")

    photo = take(scar)

    own = photo.consents.get()
    assert (own.purpose, own.method, own.given_at, own.expires_on, own.text_version) == (
        "assessment",
        ImageConsent.Method.STANDING,
        AT,
        standing.expires_on,
        "3",
    )
    assert covered(scar, at=AT) == {photo.pk}


@pytest.mark.parametrize(
    ("facts", "count"),
    [
        ({"expires_on": TODAY - DAY}, 0),
        ({"expires_on": TODAY}, 1),
        ({"withdrawn_at": AT}, 0),
        ({"withdrawn_at": AT + dt.timedelta(microseconds=1)}, 1),
        ({"given_at": AT + dt.timedelta(microseconds=1)}, 0),
    ],
    ids=["ended yesterday", "last day", "withdrawn now", "withdrawn later", "not given yet"],
)
def test_only_a_living_consent_covers(scar, facts, count):
    consent(case=scar, **facts)

    assert take(scar, stage="healed", on=TODAY).consents.count() == count


@pytest.mark.parametrize(("on", "count"), [(TODAY - DAY, 0), (TODAY, 1)], ids=["the day before", "that day"])
def test_a_consent_to_later_photographs_covers_none_taken_before_its_day(scar, on, count):
    consent(case=scar, given_at=AT)

    assert take(scar, stage="healed", on=on).consents.count() == count


def test_the_day_of_a_consent_to_later_photographs_is_the_bodys(scar, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    consent(case=scar, given_at=AT - dt.timedelta(hours=20))  # 3 May 13:00 UTC is 4 May there.

    assert take(scar, upload(1), stage="healed", on=TODAY - DAY).consents.count() == 0
    assert take(scar, upload(2), stage="healed", on=TODAY).consents.count() == 1


@pytest.mark.parametrize("pixels_only", [False, True], ids=["the same file", "the same pixels"])
def test_a_photograph_that_was_in_the_case_before_is_not_covered_ahead(scar, pixels_only):
    consent(case=scar, given_at=AT - 100 * DAY)
    first = take(scar)
    consents = list(first.consents.values_list("pk", flat=True))
    remove(first, actor=scar.practitioner, at=AT)

    again = take(scar, upload(exif=pictures.exif()) if pixels_only else upload())

    assert len(consents) == 1
    assert again.consents.count() == 0
    assert covered(scar, at=AT) == set()


def test_a_consent_to_one_photograph_or_to_another_case_covers_no_other(scar):
    consent(take(scar, upload(1)))
    consent(case=case(scar.case_file))

    photo = take(scar, upload(2))

    assert photo.consents.count() == 0
    assert photo.pk not in covered(scar, at=AT)


def test_a_photograph_of_the_work_place_needs_no_consent(scar):
    consent(case=scar)

    photo = take(scar, stage="record", view="labels", on=LAST_SESSION)

    assert photo.consents.count() == 0
    assert covered(scar, at=AT) == {photo.pk}


# Another place ------------------------------------------------------------------------------------


def test_a_photograph_is_given_another_place(scar):
    moved = move(PhotoFactory(case=scar), stage="immediate", view="close", on=LAST_SESSION)

    moved.refresh_from_db()
    assert (moved.stage, moved.view, moved.taken_on) == ("immediate", "close", LAST_SESSION)
    assert moved.history.first().history_change_reason == "Put in another place."


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ({"stage": "healed", "on": HEALED - DAY}, "Too early"),
        ({"on": TODAY + DAY}, "lies in the future"),
        ({"view": "labels"}, "does not exist in the stage"),
        ({"stage": "someday"}, "Choose another stage"),
    ],
    ids=["too early", "tomorrow", "view", "stage"],
)
def test_another_place_is_checked_as_for_a_new_photograph(scar, place, sentence):
    photo = PhotoFactory(case=scar)

    with pytest.raises(PhotoNotTaken, match=sentence):
        move(photo, **place)

    photo.refresh_from_db()
    assert (photo.stage, photo.view, photo.taken_on) == ("before", "area", BEFORE)


def test_a_full_place_takes_no_other_but_keeps_its_own(scar):
    full = PhotoFactory.create_batch(6, case=scar)
    photo = PhotoFactory(case=scar, view="close")

    with pytest.raises(PhotoNotTaken, match="Take one out first"):
        move(photo, view="back")
    assert move(full[0], view="back").view == "back"


def test_another_place_may_need_more_pixels(scar):
    photo = PhotoFactory(case=scar, width=1200, height=1599)

    with pytest.raises(PhotoNotTaken, match="1,599 pixels on its long edge; 1,600 are needed there"):
        move(photo, view="close")


def test_another_place_never_gives_consent(scar):
    consent(case=scar, given_at=AT - 300 * DAY)
    refused = PhotoFactory(case=scar)

    moved = move(refused, view="close", on=BEFORE - DAY)

    assert moved.consents.count() == 0
    assert covered(scar, at=AT) == set()


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({}, {"stage": "record", "view": "setup", "on": LAST_SESSION}),
        ({"stage": "record", "view": "setup", "taken_on": LAST_SESSION}, {}),
    ],
    ids=["to the work place", "from the work place"],
)
def test_a_photograph_of_a_person_never_becomes_one_of_the_work_place_nor_the_other_way(scar, here, there):
    photo = PhotoFactory(case=scar, **here)

    with pytest.raises(PhotoNotTaken, match=r"Take it out and add it again\."):
        move(photo, **there)

    photo.refresh_from_db()
    assert photo.shows_a_person is (not here)


@pytest.mark.parametrize(("on", "is_covered"), [(TODAY - DAY, False), (TODAY, True)], ids=["before", "that day"])
def test_another_day_before_a_consent_to_later_photographs_ends_what_it_gave(scar, on, is_covered):
    consent(case=scar, given_at=AT)
    photo = take(scar, stage="healed", on=TODAY)

    move(photo, stage="healed", view="close", on=on)

    assert (photo.pk in covered(scar, at=AT)) is is_covered
    assert photo.consents.get().withdrawn_at == (None if is_covered else AT)


def test_a_consent_to_this_very_photograph_stays_on_whatever_day(scar):
    consent(case=scar, given_at=AT)
    photo = PhotoFactory(case=scar)
    consent(photo)

    move(photo, on=BEFORE - DAY)

    assert covered(scar, at=AT) == {photo.pk}


def test_what_a_client_was_asked_about_needs_their_consent_in_whatever_view(scar):
    photo = PhotoFactory(case=scar, stage="record", view="setup")
    consent(photo, withdrawn_at=AT)

    assert covered(scar, at=AT) == set()


def test_what_the_client_took_back_is_not_covered_again(scar):
    consent(case=scar)
    photo = PhotoFactory(case=scar)
    consent(photo, withdrawn_at=AT)

    assert move(photo, view="close").consents.count() == 1
    assert covered(scar, at=AT) == set()


# Taking out ---------------------------------------------------------------------------------------


def test_taking_out_deletes_the_files_and_keeps_the_row(scar, django_capture_on_commit_callbacks):
    before = stored()
    photo = take(scar)

    with django_capture_on_commit_callbacks(execute=True):
        remove(photo, actor=scar.practitioner, at=AT)

    photo.refresh_from_db()
    assert [getattr(photo, name).name for name in Photo.FILES] == [""] * 4
    assert (photo.removed_at, photo.case.photos.kept().count()) == (AT, 0)
    assert stored() == before


def test_files_stay_when_taking_out_is_undone(scar, django_capture_on_commit_callbacks):
    before = stored()
    photo = take(scar)

    with django_capture_on_commit_callbacks() as waiting:
        remove(photo, actor=scar.practitioner, at=AT)

    assert len(waiting) == 4
    assert len(stored() - before) == 4


def test_what_was_handed_in_stays(scar):
    photo = PhotoFactory(case=scar)
    hand_in(scar, photo, state="returned", note="Add the labels.")

    with pytest.raises(PhotoNotTaken, match="was handed in, so it stays on record"):
        remove(photo, actor=scar.practitioner, at=AT)


def test_taking_out_twice_is_said(scar):
    photo = PhotoFactory(case=scar)
    remove(photo, actor=scar.practitioner, at=AT)

    with pytest.raises(PhotoNotTaken, match="was taken out of the case already"):
        remove(photo, actor=scar.practitioner, at=AT)


def test_a_stranger_neither_moves_nor_removes(scar):
    photo, stranger = PhotoFactory(case=scar), case_file().candidate

    with pytest.raises(CaseRefused):
        remove(photo, actor=stranger, at=AT)
    with pytest.raises(CaseRefused):
        move(photo, view="close", actor=stranger)


# After hand-in ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "facts", "procedure", "healed"),
    [
        ("draft", {}, True, True),
        ("returned", {}, True, True),
        ("handed_in", {}, False, True),
        ("procedure_marking", {}, False, True),
        ("healed_awaited", {}, False, True),
        ("handed_in", {"healed_in_at": AT}, False, False),
        ("healed_marking", {}, False, False),
        ("assessed", {}, False, False),
        ("released", {}, False, False),
    ],
)
def test_what_is_handed_in_takes_only_healed_photographs(state, facts, procedure, healed):
    scar = case(state=state)
    visit(scar)
    for name, value in facts.items():
        attempt = Submission.objects.latest_of(scar)
        setattr(attempt, name, value)
        save_as(attempt, actor=None, reason=REASON)

    asked = {
        "before": obstacle(scar, stage="before", view="area", taken_on=BEFORE, today=TODAY),
        "healed": obstacle(scar, stage="healed", view="area", taken_on=HEALED, today=TODAY),
    }

    assert {stage: sentence is None for stage, sentence in asked.items()} == {
        "before": procedure,
        "healed": healed,
    }


def test_after_hand_in_a_photograph_neither_leaves_nor_joins_the_procedure(scar):
    before, healed = PhotoFactory(case=scar), PhotoFactory(case=scar, stage="healed", taken_on=HEALED)
    hand_in(scar)

    with pytest.raises(CaseRefused, match="This case is handed in"):
        move(before, stage="healed", on=HEALED)
    with pytest.raises(PhotoNotTaken, match="This case is handed in"):
        move(healed)
    with pytest.raises(CaseRefused, match="This case is handed in"):
        remove(before, actor=scar.practitioner, at=AT)
    assert move(healed, stage="healed", view="close", on=HEALED).view == "close"
    assert remove(healed, actor=scar.practitioner, at=AT).removed_at == AT


def test_a_hand_in_during_the_upload_wins(scar, monkeypatch):
    before = stored()

    class SlowUpload(SimpleUploadedFile):
        """While it is read, the owner hands the case in in another window."""

        def seek(self, *args):
            if Submission.objects.latest_of(scar).state == "draft":
                hand_in(scar)
            return super().seek(*args)

    with pytest.raises(CaseRefused, match="This case is handed in"):
        take(scar, SlowUpload("slow.jpg", upload().read()))

    assert (Photo.objects.count(), stored()) == (0, before)


# The candidate's day ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Auckland", TODAY + DAY),
        ("Europe/London", TODAY),
        ("America/Los_Angeles", TODAY),
        ("", TODAY),
    ],
)
def test_today_is_that_of_the_place_of_work(zone, day):
    scar = case()
    scar.case_file.application.time_zone = zone

    assert candidate_day(scar, at=dt.datetime(2026, 5, 4, 19, 0, tzinfo=dt.UTC)) == day
