"""The light table: what lies on it, who sees it, and how photographs come and go."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from certification.models import Photo, Submission
from certification.views.photos import Table, name_of
from tests.factories import pictures
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    REASON,
    TODAY,
    PhotoFactory,
    case,
    case_file,
    consent,
    ready_case,
    visit,
)
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db

BEFORE = dt.date(2026, 2, 26)
HEALED = LAST_SESSION + 28 * DAY
HX = {"HTTP_HX_REQUEST": "true"}


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
def browser(as_, scar):
    return as_(scar.practitioner)


def address(of, *rest) -> str:
    return "/".join(["/cases", of.ref, "photos", *map(str, rest), ""])


def upload(number: int = 0, name: str = "photo.jpg", size=(1600, 1200)) -> SimpleUploadedFile:
    """A photograph unlike those of other numbers."""
    return SimpleUploadedFile(name, pictures.jpeg(Image.new("RGB", size, (number * 9 % 256, 70, 120))))


def post(browser, of, *files, slot="scar.before.area", place="scar-before-area", day="2026-02-26", **more):
    facts = {"slot": slot, "place": place, "taken_on": day, "view": "area", "photographs": files}
    hx = HX if more.pop("hx", False) else {}
    return browser.post(address(of), {**facts, **more}, **hx)


def words(response) -> str:
    """The page as one reads it."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def tray(response, name: str) -> str:
    """The words of one place."""
    text = response.content.decode()
    start = text.index(f'<li class="tray" id="{name}"')
    rest = text[start + 10 :]
    end = rest.find('<li class="tray"')
    return " ".join(re.sub(r"<[^>]+>", " ", rest[: end if end > 0 else None]).split())


def change(of, **facts) -> None:
    attempt = Submission.objects.latest_of(of)
    for name, value in facts.items():
        setattr(attempt, name, value)
    save_as(attempt, actor=None, reason=REASON)


# What lies on the table ---------------------------------------------------------------------------


def test_every_place_says_what_it_needs(browser, scar):
    page = browser.get(address(scar))

    assert page.status_code == 200
    assert "11 photographs missing before hand-in. 5 more when the skin has healed." in words(page)
    assert "Whole treated area or back / crown 2 needed" in tray(page, "scar-before-area")
    assert "Two photographs from different angles." in tray(page, "scar-before-area")
    close = tray(page, f"scar-immediate-close-{LAST_SESSION}")
    assert "Close-up with scale 10 March 2026 3 needed" in close
    assert "A scale (ruler) in the picture." in close
    assert "Optional" in tray(page, "scar-long_term-close")


def test_a_filled_place_says_so(as_):
    ready = ready_case()

    page = as_(ready.practitioner).get(address(ready))

    assert "Complete" in tray(page, "scar-before-close")
    assert "Every photograph that hand-in needs is here. 5 more when the skin has healed." in words(page)


def test_the_day_of_the_session_is_filled_in(browser, scar):
    page = browser.get(address(scar)).content.decode()

    ids = [f"scar-immediate-area-{LAST_SESSION}", f"record-labels-{LAST_SESSION}", "record-setup"]
    for name in ids:
        field = re.search(rf'<input [^>]*id="{name}-taken_on"[^>]*>', page)[0]
        assert 'value="2026-03-10"' in field
    assert "value=" not in re.search(r'<input [^>]*id="scar-before-area-taken_on"[^>]*>', page)[0]


def test_the_day_of_the_last_photograph_of_a_stage_is_offered_for_the_next(browser, scar):
    PhotoFactory(case=scar)

    page = browser.get(address(scar)).content.decode()

    assert 'value="2026-02-26"' in re.search(r'<input [^>]*id="scar-before-close-taken_on"[^>]*>', page)[0]


@pytest.mark.parametrize(
    ("late", "sentence", "has_form"),
    [
        (-1, "Photographs count from 7 April 2026 on. Add them then.", False),
        (0, "Photographs count from 7 April 2026 on.", True),
    ],
    ids=["day before", "first day"],
)
def test_healed_places_open_on_the_first_day(as_, scar, late, sentence, has_form):
    noon = dt.datetime.combine(HEALED + late * DAY, dt.time(12), tzinfo=dt.UTC)
    with time_machine.travel(noon):
        page = as_(scar.practitioner).get(address(scar))

    assert f"Healed {sentence} Whole treated area" in words(page)
    assert ("Add photographs" in tray(page, "scar-healed-close")) is has_form


def test_without_a_session_healed_places_say_what_to_do(as_):
    fresh = case()

    page = as_(fresh.practitioner).get(address(fresh))

    assert "Healing counts from the last treatment session. Log the visits first." in words(page)


def test_healed_photographs_before_a_touch_up_are_shown_and_said_not_to_count(browser, scar):
    PhotoFactory(case=scar, stage="healed", taken_on=HEALED)
    visit(scar, kind="touch_up", on=HEALED + DAY)

    others = tray(browser.get(address(scar)), "others")

    assert "Whole treated area 7 April 2026" in others
    assert "Does not count: taken before 6 May 2026, counted from the last session or touch-up." in others


def test_a_correction_shows_the_places_of_what_it_corrects(as_):
    corrected = case(treatment="correction", corrects="beard")

    page = as_(corrected.practitioner).get(address(corrected))

    assert "Beard" in words(page)
    assert 'id="beard-before-front"' in page.content.decode()


def test_each_photograph_says_whether_the_client_agreed(browser, scar):
    agreed, open_, place = (
        PhotoFactory(case=scar),
        PhotoFactory(case=scar, view="close"),
        PhotoFactory(case=scar, stage="record", view="setup", taken_on=LAST_SESSION),
    )
    consent(agreed)

    page = browser.get(address(scar))

    assert "The client agrees" in tray(page, "scar-before-area")
    assert "The client has not agreed Ask the client about Close-up with scale" in tray(page, "scar-before-close")
    assert "No consent needed" in tray(page, "record-setup")
    assert "The client has not agreed to 1 of the photographs yet." in words(page)
    pages = [browser.get(address(scar, each.pk)) for each in (agreed, open_, place)]
    assert [("The client agrees" in words(each), "No consent needed" in words(each)) for each in pages] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_an_ended_consent_no_longer_covers(browser, scar):
    consent(PhotoFactory(case=scar), expires_on=TODAY - DAY)

    assert "The client has not agreed" in tray(browser.get(address(scar)), "scar-before-area")


@pytest.mark.parametrize("count", [1, 3])
def test_the_table_asks_the_database_as_often_for_one_photograph_as_for_three(
    browser, scar, count, django_assert_num_queries
):
    for photo in PhotoFactory.create_batch(count, case=scar):
        consent(photo)
    browser.get(address(scar))

    with django_assert_num_queries(8):
        browser.get(address(scar))


def test_names_of_places_are_their_own(scar):
    visit(scar, on=LAST_SESSION - 30 * DAY)
    names = [name_of(place) for place in Table(scar, today=TODAY, at=AT).places]

    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[\w-]+", name)] == []


# Sending photographs ------------------------------------------------------------------------------


def test_photographs_are_added_to_a_place_in_one_post(browser, scar):
    answer = post(browser, scar, upload(1), upload(2))

    assert answer.status_code == 302
    assert answer.url == f"{address(scar)}#scar-before-area"
    page = browser.get(address(scar))
    assert "2 photographs added." in words(page)
    assert "Complete" in tray(page, "scar-before-area")
    assert set(scar.photos.values_list("stage", "view", "taken_on")) == {("before", "area", BEFORE)}


def test_the_view_is_chosen_where_a_place_takes_several(browser, scar):
    post(browser, scar, upload(), view="back")

    assert scar.photos.get().view == "back"


def test_a_place_of_one_view_asks_for_none(browser, scar):
    post(browser, scar, upload(), slot="scar.before.close", place="scar-before-close", view="left")

    assert scar.photos.get().view == "close"


def test_what_is_refused_costs_the_others_nothing_and_the_day_is_kept(browser, scar):
    answer = post(browser, scar, upload(1), SimpleUploadedFile("noise.jpg", b"noise"), upload(2))

    assert answer.status_code == 200
    place = tray(answer, "scar-before-area")
    assert "“noise.jpg” was not taken. This file is of another kind" in place
    assert "2 photographs added." in words(answer)
    assert scar.photos.count() == 2
    field = re.search(r'<input [^>]*id="scar-before-area-taken_on"[^>]*>', answer.content.decode())[0]
    assert 'value="2026-02-26"' in field


def test_with_script_the_answer_is_the_place_drawn_anew(browser, scar):
    answer = post(browser, scar, upload(), hx=True)

    assert answer.content.decode().count('class="tray"') == 1
    assert "<html" not in answer.content.decode()
    assert "1 needed" in tray(answer, "scar-before-area")
    assert "10 photographs missing before hand-in." in words(answer)
    assert "csrfmiddlewaretoken" in answer.content.decode()


def test_with_script_a_refusal_stands_in_the_place(browser, scar):
    answer = post(browser, scar, SimpleUploadedFile("noise.jpg", b"noise"), hx=True)

    assert answer.status_code == 200
    assert "“noise.jpg” was not taken." in tray(answer, "scar-before-area")


@pytest.mark.parametrize("hx", [False, True], ids=["without script", "with script"])
@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("", "Give the day on which it was taken."),
        ("yesterday", "Write the day as year-month-day, for example 2026-03-10."),
        ("0026-02-26", "Check the year: it lies before 2000."),
        ("1999-12-31", "Check the year: it lies before 2000."),
        ("2026-05-05", "The day lies in the future. Give the day on which it was taken."),
        ("2026-02-26\0", "Write the day as year-month-day"),
    ],
)
def test_a_day_that_cannot_be_is_refused_before_any_file_is_opened(browser, scar, day, sentence, hx):
    answer = post(browser, scar, SimpleUploadedFile("noise.jpg", b"noise"), day=day, hx=hx)

    assert answer.status_code == 200
    place = tray(answer, "scar-before-area")
    assert sentence in place
    assert "noise.jpg" not in place


def test_the_first_year_that_can_be_is_taken(browser, scar):
    assert post(browser, scar, upload(), day="2000-01-01").status_code == 302


def test_no_file_is_no_photograph(browser, scar):
    assert "Choose at least one photograph." in tray(post(browser, scar), "scar-before-area")


def test_a_place_of_another_treatment_is_refused(browser, scar):
    answer = browser.post(
        address(scar),
        {"slot": "beard.before.front", "taken_on": "2026-02-26", "photographs": [upload()]},
        follow=True,
    )

    assert answer.status_code == 200
    assert "This treatment has no such place for photographs. Choose one of those below." in words(answer)
    assert scar.photos.count() == 0


@pytest.mark.parametrize("junk", ["nowhere", "scar.before.area\0", "x" * 5000, "<script>"])
def test_a_place_that_does_not_exist_is_refused(browser, scar, junk):
    answer = browser.post(address(scar), {"slot": junk, "place": junk, "photographs": [upload()]}, follow=True)

    assert "This treatment has no such place" in words(answer)


def test_a_place_whose_day_is_gone_still_takes_the_photograph(browser, scar):
    sent = {"slot": "scar.immediate.area", "place": "scar-immediate-area-2026-01-01", "day": "2026-03-10"}

    post(browser, scar, upload(), **sent)

    assert "1 needed" in tray(browser.get(address(scar)), f"scar-immediate-area-{LAST_SESSION}")


def test_other_views_and_days_lie_outside_the_places(browser, scar):
    sent = {"slot": "", "place": "others", "stage": "immediate", "view": "left", "day": "2026-03-10"}

    assert post(browser, scar, upload(), **sent).url == f"{address(scar)}#others"

    assert "Immediately after the session: Left profile 10 March 2026" in tray(
        browser.get(address(scar)), "others"
    )


@pytest.mark.parametrize(
    ("stage", "view", "sentence"),
    [
        ("before", "labels", "does not exist in the stage “Before”"),
        ("record", "front", "does not exist in the stage “Record of the work place”"),
        ("healed", "left", "Too early"),
        ("someday", "left", "Select a valid choice"),
        ("before", "above\0", "Select a valid choice"),
        ("", "left", "Error: Choose one."),
    ],
)
def test_outside_the_places_stage_and_view_are_checked(browser, scar, stage, view, sentence):
    sent = {"slot": "", "place": "others", "stage": stage, "view": view, "day": "2026-03-10"}

    answer = post(browser, scar, upload(), **sent)

    assert sentence in tray(answer, "others")
    assert scar.photos.count() == 0


@pytest.mark.parametrize("hx", [False, True], ids=["without script", "with script"])
def test_a_photograph_of_another_day_than_its_place_is_said_to_lie_elsewhere(browser, scar, hx):
    place = f"scar-immediate-area-{LAST_SESSION}"
    answer = post(browser, scar, upload(), slot="scar.immediate.area", place=place, day="2026-03-09", hx=hx)

    assert "Because of the day given" in words(answer if hx else browser.get(address(scar)))
    assert "9 March 2026" in tray(browser.get(address(scar)), "others")


def test_what_was_added_is_there_after_the_browser_was_closed(as_, scar):
    post(as_(scar.practitioner), scar, upload())

    assert "1 needed" in tray(as_(scar.practitioner).get(address(scar)), "scar-before-area")


# One photograph -----------------------------------------------------------------------------------


def test_a_photograph_is_shown_with_its_facts(browser, scar):
    photo = PhotoFactory(case=scar)

    page = browser.get(address(scar, photo.pk))

    assert f'src="/files/case-photo/{photo.pk}-large/"' in page.content.decode()
    assert "Stage Before Place Whole treated area or back / crown Taken on 26 February 2026" in words(page)
    assert "4000 × 3000 pixels" in words(page)


def test_stage_view_and_day_are_changed(browser, scar):
    photo = PhotoFactory(case=scar)

    answer = browser.post(
        address(scar, photo.pk), {"stage": "immediate", "view": "close", "taken_on": "2026-03-10"}, follow=True
    )

    photo.refresh_from_db()
    assert (photo.stage, photo.view, photo.taken_on) == ("immediate", "close", LAST_SESSION)
    assert "Saved." in words(answer)


def test_a_refused_change_keeps_what_was_chosen(browser, scar):
    photo = PhotoFactory(case=scar)

    answer = browser.post(address(scar, photo.pk), {"stage": "healed", "view": "close", "taken_on": "2026-04-06"})

    assert "Too early: a healed photograph counts from 7 April 2026 on" in words(answer)
    assert 'value="2026-04-06"' in answer.content.decode()
    assert '<option value="close" selected>' in answer.content.decode()


def test_a_photograph_is_taken_out_after_a_question(browser, scar):
    photo = PhotoFactory(case=scar)

    assert "Take this photograph out?" in words(browser.get(address(scar, photo.pk, "remove")))
    assert Photo.objects.kept().count() == 1

    answer = browser.post(address(scar, photo.pk, "remove"), follow=True)

    assert "The photograph is taken out, and its file is deleted." in words(answer)
    assert Photo.objects.kept().count() == 0
    assert browser.get(address(scar, photo.pk)).status_code == 404


def test_a_photograph_that_cannot_go_says_why(browser, scar):
    photo = PhotoFactory(case=scar)
    change(scar, state="handed_in", handed_in_at=AT)

    answer = browser.post(address(scar, photo.pk, "remove"), follow=True)

    assert "This case is handed in." in words(answer)
    assert Photo.objects.kept().count() == 1


# After hand-in ------------------------------------------------------------------------------------


def test_after_hand_in_only_healed_places_are_open(as_):
    ready = ready_case(state="handed_in")
    page = as_(ready.practitioner).get(address(ready))

    assert "Handed in This case is handed in." in words(page)
    assert "Add photographs" not in tray(page, "scar-before-area")
    assert "Add photographs" in tray(page, "scar-healed-area")
    others = page.content.decode().partition('id="others"')[2]
    assert ('value="healed"' in others, 'value="before"' in others) == (True, False)


def test_after_hand_in_a_photograph_of_the_procedure_is_only_shown(as_):
    ready = ready_case(state="handed_in")
    photo = ready.photos.filter(stage="before").first()

    page = as_(ready.practitioner).get(address(ready, photo.pk))

    assert "This case is handed in." in words(page)
    assert "Change its place" not in words(page)


@pytest.mark.parametrize("hx", [False, True], ids=["without script", "with script"])
def test_a_post_to_a_closed_place_is_refused(as_, hx):
    ready = ready_case(state="handed_in")
    before = ready.photos.count()

    answer = post(as_(ready.practitioner), ready, upload(), hx=hx)

    assert "This case is handed in." in tray(answer, "scar-before-area")
    assert ready.photos.count() == before


def test_when_the_healed_ones_are_handed_in_nothing_is_open(as_):
    ready = ready_case(state="healed_marking")

    page = as_(ready.practitioner).get(address(ready))

    assert "<form" not in page.content.decode().partition('id="main"')[2].partition("</main>")[0]
    assert "handed in with its healed photographs" in words(page)


# Who ----------------------------------------------------------------------------------------------


def test_only_the_owner_finds_the_pages(as_, client, scar):
    photo = PhotoFactory(case=scar)
    addresses = [address(scar), address(scar, photo.pk), address(scar, photo.pk, "remove")]
    officer, stranger = person(Role.CERTIFICATION_OFFICER, Role.TRAINEE), case_file().candidate
    save_as(scar, actor=None, reason=REASON)

    answers = {
        name: [each.get(path).status_code for path in addresses]
        for name, each in {
            "owner": as_(scar.practitioner),
            "stranger": as_(stranger),
            "officer": as_(officer),
            "visitor": client,
        }.items()
    }

    assert answers == {"owner": [200] * 3, "stranger": [404] * 3, "officer": [404] * 3, "visitor": [302] * 3}


def test_a_stranger_changes_nothing(as_, scar):
    photo, browser = PhotoFactory(case=scar), as_(person(Role.TRAINEE))

    answers = [
        post(browser, scar, upload()),
        browser.post(address(scar, photo.pk), {"stage": "before", "view": "left", "taken_on": "2026-02-26"}),
        browser.post(address(scar, photo.pk, "remove")),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert list(Photo.objects.kept()) == [photo]


def test_a_photograph_is_found_only_in_its_own_case(as_, scar):
    other = case(scar.case_file)
    photo = PhotoFactory(case=scar)

    assert as_(scar.practitioner).get(address(other, photo.pk)).status_code == 404
