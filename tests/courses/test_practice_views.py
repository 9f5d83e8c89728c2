"""A trainee's practice log."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses import practice, practice_record
from courses.models import Enrolment, PracticeEntry, PracticeExercise
from tests.factories import pictures
from tests.factories.courses import AT, PracticePhotoFactory, enrolment, entry, exercise, relation
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.models import Notice

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 5, 4)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def px1(on) -> PracticeExercise:
    return exercise(on.course_key)


@pytest.fixture
def on() -> Enrolment:
    return enrolment()


@pytest.fixture
def browser(as_, on):
    return as_(on.trainee)


def answer(logged: PracticeEntry, result: str, *, note: str = "Wider.") -> None:
    """By the trainee's trainer, with whatever a sign-off needs."""
    trains = logged.enrolment.trainee.trained_by.first() or relation(trainee=logged.enrolment.trainee)
    if logged.exercise:
        PracticePhotoFactory.create_batch(2, entry=logged)
    practice.answer(
        logged,
        trainer=trains.trainer,
        result=result,
        seen=practice.points_for(logged),
        note=note,
        at=AT,
        today=TODAY,
    )


def picture(name: str = "field.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.jpeg(pictures.flag()) if content is None else content)


def filled_in(**facts: object) -> dict[str, object]:
    return {"what": "PX1", "done_on": "2026-05-03", "note": "Even from the third row on.", **facts}


LIVE = {"what": "live_assisted", "treatment": "crown", "client_code": "D-041"}


# Whose it is --------------------------------------------------------------------------------------


def addresses(logged: PracticeEntry) -> dict[str, str]:
    log = f"/learn/{logged.enrolment_id}/practice/"
    return {
        "log": log,
        "exercise": f"{log}PX1/",
        "form": f"{log}log/",
        "entry": f"{log}entries/{logged.pk}/",
    }


@pytest.mark.parametrize("page", ["log", "exercise", "form", "entry"])
def test_a_page_is_its_trainees_alone(client, as_, on, px1, page):
    address = addresses(entry(on, practised=px1))[page]
    trainer, other_trainer = relation(trainee=on.trainee).trainer, relation().trainer
    strangers = [trainer, other_trainer, person(Role.TRAINEE), person(Role.CERTIFICATION_OFFICER)]

    assert as_(on.trainee).get(address).status_code == 200
    assert [as_(who).get(address).status_code for who in strangers] == [404] * 4
    assert client.get(address).url == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("page", ["form", "pictures"])
def test_nobody_else_writes_into_a_log(client, as_, on, px1, page):
    logged = entry(on, practised=px1)
    address = addresses(logged)["form" if page == "form" else "entry"] + (
        "pictures/" if page == "pictures" else ""
    )
    strangers = [relation(trainee=on.trainee).trainer, relation().trainer, person(Role.TRAINEE)]

    answers = [as_(who).post(address, {**filled_in(), "pictures": [picture()]}).status_code for who in strangers]

    assert answers == [404] * 3
    assert client.post(address).url.startswith("/accounts/login/?next=")
    assert (PracticeEntry.objects.count(), logged.photos.count()) == (1, 0)


def test_an_entry_is_found_only_below_its_own_enrolment(as_, on):
    other = enrolment(on.trainee)

    assert as_(on.trainee).get(f"/learn/{other.pk}/practice/entries/{entry(on).pk}/").status_code == 404


# The log ------------------------------------------------------------------------------------------


def test_each_exercise_says_how_far_it_has_come(browser, on):
    px = [exercise(on.course_key, f"PX{number}") for number in range(1, 5)]
    answer(entry(on, practised=px[0]), "signed_off")
    answer(entry(on, practised=px[1]), "repeat", note="Gaps at the left edge.")
    entry(on, practised=px[2])

    page = browser.get(f"/learn/{on.pk}/practice/")

    assert [row.standing.value for row in page.context["record"].exercises] == [
        "signed_off",
        "repeat",
        "waiting",
        "not_yet",
    ]
    said = text(page)
    assert "1 of 4 signed off" in said
    assert "Signed off on 4 May 2026" in said
    assert "Gaps at the left edge." in said
    assert "Waiting for the trainer" in said


def test_an_exercise_once_signed_off_stays_so(on, px1):
    answer(entry(on, practised=px1), "signed_off")
    entry(on, practised=px1, note="Once more, for practice.")

    assert practice_record.record_of(on).exercises[0].standing == "signed_off"


def test_work_done_again_waits_although_the_first_was_to_be_repeated(on, px1):
    again = entry(on, practised=px1, done_on=TODAY - dt.timedelta(days=1))
    answer(entry(on, practised=px1), "repeat")

    assert practice_record.record_of(on).exercises[0].logged.entry == again


def test_live_procedures_are_counted_towards_six(browser, on, px1):
    for _ in range(4):
        answer(entry(on), "signed_off")
    entry(on)

    assert "4 of 6 signed off" in text(browser.get(f"/learn/{on.pk}/practice/"))


def test_the_log_names_the_trainer(browser, on, px1):
    trainer = relation(trainer=person(Role.TRAINER, legal_name="Tomás Rivera"), trainee=on.trainee).trainer

    assert f"Your trainer is {trainer.name}" in text(browser.get(f"/learn/{on.pk}/practice/"))


@pytest.mark.parametrize("last", [None, TODAY - dt.timedelta(days=1)], ids=["never had one", "until yesterday"])
def test_without_a_trainer_the_log_says_what_to_do(browser, on, px1, last):
    if last:
        relation(trainee=on.trainee, ended_on=last)

    assert "Write to the office: it names your trainer." in text(browser.get(f"/learn/{on.pk}/practice/"))


def test_a_course_without_exercises_has_no_practice(browser, on):
    assert "This course has no practice" in text(browser.get(f"/learn/{on.pk}/practice/"))
    assert browser.get(f"/learn/{on.pk}/practice/log/").status_code == 404


def test_a_course_left_offers_no_logging(as_):
    on = enrolment(state="withdrawn")
    exercise(on.course_key)

    assert "/practice/log/" not in as_(on.trainee).get(f"/learn/{on.pk}/practice/").content.decode()


def queries(browser, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("entries", [1, 3])
def test_the_log_takes_the_same_queries_for_one_and_three(browser, on, entries):
    for number in range(1, entries + 1):
        answer(entry(on, practised=exercise(on.course_key, f"PX{number}")), "signed_off")
        answer(entry(on), "repeat")

    assert queries(browser, f"/learn/{on.pk}/practice/") == 8


@pytest.mark.parametrize("many", [1, 3])
def test_an_entry_takes_the_same_queries_for_one_and_three_pictures(browser, on, px1, many):
    logged = entry(on, practised=px1)
    PracticePhotoFactory.create_batch(many, entry=logged)

    assert queries(browser, addresses(logged)["entry"]) == 7


@pytest.mark.parametrize("entries", [1, 3])
def test_an_exercise_takes_the_same_queries_for_one_and_three_entries(browser, on, px1, entries):
    for _ in range(entries):
        entry(on, practised=px1)

    assert queries(browser, f"/learn/{on.pk}/practice/PX1/") == 7


# An exercise --------------------------------------------------------------------------------------


def test_an_exercise_shows_how_it_is_done_and_what_the_trainer_confirms(browser, on, px1):
    said = text(browser.get(f"/learn/{on.pk}/practice/PX1/"))

    expected = [
        "Awaiting expert review",
        "PX1 Exercise PX1",
        "Place dots.",
        "Practice skin",
        "Draw",
        "Round dots",
        "Blow-out / spread dot",
        "Trainer watched at least part of the work",
        "No spread dot",
    ]
    assert [sentence for sentence in expected if sentence not in said] == []


@pytest.mark.parametrize("code", ["PX9", "px1"])
def test_an_exercise_that_the_course_lacks_is_not_found(browser, on, px1, code):
    assert browser.get(f"/learn/{on.pk}/practice/{code}/").status_code == 404


def test_another_courses_exercise_is_not_found(browser, on, px1):
    exercise(enrolment().course_key, "PX2")

    assert browser.get(f"/learn/{on.pk}/practice/PX2/").status_code == 404


# Logging ------------------------------------------------------------------------------------------


def post(browser, on, **facts: object):
    return browser.post(f"/learn/{on.pk}/practice/log/", filled_in(**facts))


def test_the_form_begins_with_the_exercise_one_came_from_and_today(browser, on, px1):
    page = browser.get(f"/learn/{on.pk}/practice/log/?exercise=PX1").content.decode()

    assert '<option value="PX1" selected>' in page
    assert 'value="2026-05-04"' in page


def test_an_exercise_is_logged(browser, on, px1):
    response = post(browser, on)

    logged = PracticeEntry.objects.get()
    assert response.url == f"/learn/{on.pk}/practice/entries/{logged.pk}/"
    assert (logged.kind, logged.exercise, logged.done_on) == ("practice", px1, dt.date(2026, 5, 3))
    assert logged.history.get().history_user == on.trainee


def test_an_exercise_keeps_neither_treatment_nor_client_code(browser, on, px1):
    post(browser, on, treatment="crown", client_code="D-041")

    logged = PracticeEntry.objects.get()
    assert (logged.treatment, logged.client_code) == ("", "")


def test_a_live_procedure_is_logged(browser, on, px1):
    post(browser, on, **LIVE)

    logged = PracticeEntry.objects.get()
    assert (logged.kind, logged.exercise, logged.treatment, logged.client_code) == (
        "live_assisted",
        None,
        "crown",
        "D-041",
    )


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"what": ""}, ["what"]),
        ({"what": "PX9"}, ["what"]),
        ({"done_on": "yesterday"}, ["done_on"]),
        ({"note": " "}, ["note"]),
        ({**LIVE, "treatment": ""}, ["treatment"]),
        ({**LIVE, "client_code": ""}, ["client_code"]),
        ({**LIVE, "client_code": "Robin Example"}, ["client_code"]),
        ({**LIVE, "client_code": "D-041\n"}, []),
        ({**LIVE, "client_code": "D" * 21}, ["client_code"]),
        ({**LIVE, "treatment": "tattoo"}, ["treatment"]),
        ({"done_on": "2026-05-05"}, ["__all__"]),
    ],
    ids=[
        "nothing chosen",
        "no such exercise",
        "no day",
        "no note",
        "no treatment",
        "no client code",
        "a client's name",
        "a stray line break",
        "a long client code",
        "no such treatment",
        "tomorrow",
    ],
)
def test_what_is_wrong_is_said_beside_its_field(browser, on, px1, facts, wrong):
    response = post(browser, on, **facts)

    assert (list(response.context["form"].errors) if wrong else []) == wrong
    assert PracticeEntry.objects.count() == (0 if wrong else 1)


def test_a_refused_form_keeps_what_was_typed(browser, on, px1):
    page = post(browser, on, **LIVE, done_on="2026-05-05").content.decode()

    assert "The day lies in the future." in page
    assert "Even from the third row on.</textarea>" in page
    assert 'value="D-041"' in page
    assert '<option value="crown" selected>' in page


@pytest.mark.parametrize("state", ["invited", "lapsed", "withdrawn"])
def test_practice_is_not_logged_on_an_enrolment_that_is_not_active(as_, state):
    on = enrolment(state=state)
    exercise(on.course_key)

    page = post(as_(on.trainee), on)

    assert "This enrolment is not active." in text(page)


def test_the_same_form_sent_twice_is_one_entry_and_one_mail(browser, on, px1):
    relation(trainee=on.trainee)

    first, second = post(browser, on), post(browser, on)

    assert first.url == second.url
    assert (PracticeEntry.objects.count(), Notice.objects.count()) == (1, 1)


def test_every_current_trainer_is_told(browser, on, px1, mailoutbox, django_capture_on_commit_callbacks):
    trainer = relation(trainee=on.trainee).trainer
    relation(trainee=on.trainee, ended_on=TODAY - dt.timedelta(days=1))
    relation(trainee=on.trainee, started_on=TODAY + dt.timedelta(days=1))
    relation(trainer=person(), trainee=on.trainee)

    with django_capture_on_commit_callbacks(execute=True):
        post(browser, on, **LIVE)

    logged = PracticeEntry.objects.get()
    assert [mail.to for mail in mailoutbox] == [[trainer.email]]
    assert mailoutbox[0].subject == f"{on.trainee.name} logged practice: Crown density, assisted"
    assert f"http://testserver/train/entries/{logged.pk}/" in mailoutbox[0].body
    assert "D-041" not in mailoutbox[0].body


def test_a_refused_entry_tells_nobody(browser, on, px1):
    relation(trainee=on.trainee)

    post(browser, on, done_on="2026-05-05")

    assert Notice.objects.count() == 0


def test_without_a_trainer_it_is_said_that_the_entry_waits(browser, on, px1):
    page = browser.get(post(browser, on).url)

    assert "Logged. It waits until the office has named your trainer." in text(page)


# Pictures -----------------------------------------------------------------------------------------


def test_pictures_are_kept_with_the_entry(browser, on, px1):
    page = browser.get(post(browser, on, pictures=[picture()]).url)

    photo = PracticeEntry.objects.get().photos.get()
    assert f"/files/practice/{photo.pk}/" in page.content.decode()
    assert f"/files/practice-thumb/{photo.pk}/" in page.content.decode()
    assert "1 picture added." in text(page)


@pytest.mark.parametrize("kind", ["svg", "html", "pdf", "postscript", "gif", "zip"])
def test_a_hostile_picture_gets_its_sentence_and_the_entry_and_the_others_are_kept(browser, on, px1, kind):
    content, called = pictures.of_other_kinds()[kind]

    page = browser.get(post(browser, on, pictures=[picture("bad.jpg", content), picture()]).url)

    assert f"“bad.jpg” was not taken. This file is {called}, not a photograph." in text(page)
    assert "Even from the third row on." in text(page)
    assert PracticeEntry.objects.get().photos.count() == 1


def test_an_empty_picture_gets_its_sentence_too(browser, on, px1):
    page = browser.get(post(browser, on, pictures=[picture("nothing.jpg", b"")]).url)

    assert "“nothing.jpg” was not taken. This file is empty." in text(page)


def test_pictures_of_a_client_are_refused_and_the_procedure_is_kept(browser, on, px1):
    page = browser.get(post(browser, on, **LIVE, pictures=[picture()]).url)

    assert "Pictures of clients are not kept here." in text(page)
    assert PracticeEntry.objects.get().photos.count() == 0


def add(browser, logged: PracticeEntry, *files: SimpleUploadedFile):
    return browser.post(addresses(logged)["entry"] + "pictures/", {"pictures": list(files)})


def test_pictures_are_added_later(browser, on, px1):
    logged = entry(on, practised=px1)

    page = browser.get(add(browser, logged, picture(), picture("bad.jpg", b"noise")).url)

    assert "1 picture added." in text(page)
    assert "“bad.jpg” was not taken." in text(page)


def test_adding_nothing_says_what_to_choose(browser, on, px1):
    assert "Choose at least one picture." in text(add(browser, entry(on, practised=px1)))


def test_signed_off_work_offers_no_more_pictures(browser, on, px1):
    logged = entry(on, practised=px1)
    answer(logged, "signed_off")

    page = browser.get(add(browser, logged, picture()).url)

    assert "field.jpg” was not taken. This entry is signed off" in text(page)
    assert 'type="file"' not in page.content.decode()


def test_pictures_added_to_work_to_be_repeated_are_told_to_the_trainer(browser, on, px1):
    logged = entry(on, practised=px1)
    answer(logged, "repeat")

    add(browser, logged, picture())

    notice = Notice.objects.get()
    assert (notice.kind, notice.to) == ("practice_pictures", on.trainee.trained_by.get().trainer.email)


def test_pictures_added_to_work_that_waits_anyway_are_told_to_nobody(browser, on, px1):
    logged = entry(on, practised=px1)
    relation(trainee=on.trainee)

    add(browser, logged, picture())

    assert (logged.photos.count(), Notice.objects.count()) == (1, 0)


def test_a_picture_that_was_not_taken_is_told_to_nobody(browser, on, px1):
    logged = entry(on, practised=px1)
    answer(logged, "repeat")
    photos = logged.photos.count()

    add(browser, logged, picture(content=b"noise"))

    assert (logged.photos.count(), Notice.objects.count()) == (photos, 0)


# An entry -----------------------------------------------------------------------------------------


def test_an_entry_shows_what_the_trainer_answered(browser, on, px1):
    logged = entry(on, practised=px1)
    answer(logged, "repeat", note="Gaps at the left edge.")

    said = text(browser.get(addresses(logged)["entry"]))

    assert "To be repeated" in said
    assert on.trainee.trained_by.get().trainer.name in said
    assert "Gaps at the left edge." in said
    assert "4 points confirmed" in said


# Cards --------------------------------------------------------------------------------------------


def practice_cards(user) -> list[cards.Card]:
    return [card for card in cards.for_user(user, AT) if "practice" in card.title.lower()]


def test_a_trainee_sees_how_much_practice_is_left(on, px1):
    answer(entry(on), "signed_off")

    card = practice_cards(on.trainee)[0]

    assert card.sentence == "0 of 1 exercises and 1 of 6 live procedures are signed off."
    assert card.url == f"/learn/{on.pk}/practice/"


def test_a_trainee_sees_first_what_is_to_be_repeated(on, px1):
    logged = entry(on, practised=px1)
    answer(logged, "repeat", note="Gaps at the left edge.")

    card = practice_cards(on.trainee)[0]

    assert card.sentence == "PX1 Exercise PX1: “Gaps at the left edge.”"
    assert card.url == addresses(logged)["entry"]


def test_a_live_procedure_done_again_is_not_asked_for_any_more(on, px1):
    answer(entry(on), "repeat")
    entry(on)

    assert [card.title for card in practice_cards(on.trainee)] == ["Supervised practice"]


def test_with_everything_signed_off_no_card_is_left(on, px1):
    answer(entry(on, practised=px1), "signed_off")
    for _ in range(6):
        answer(entry(on), "signed_off")

    assert practice_cards(on.trainee) == []


@pytest.mark.parametrize("state", ["invited", "lapsed", "withdrawn"])
def test_a_course_that_is_not_active_brings_no_card(state):
    on = enrolment(state=state)
    exercise(on.course_key)

    assert practice_cards(on.trainee) == []
