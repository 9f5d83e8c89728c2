"""Pictures of practice: what is taken in, what is refused, who sees them; and the facts beside them."""

import datetime as dt
import io
import json
import zipfile

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from courses import practice
from courses.errors import PracticeRefused
from courses.models import PracticePhoto
from courses.practice_photos import PHOTOS, add, add_all
from courses.treatments import FaultCode, TreatmentType
from tests.factories import pictures
from tests.factories.courses import AT, PracticePhotoFactory, enrolment, entry, exercise, relation
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common import personal_data
from training_site.common.days import DAY
from training_site.common.storage import private_storage
from training_site.starter.files import read

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 5, 4)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def on():
    return enrolment()


@pytest.fixture
def logged(on):
    return entry(on, practised=exercise(on.course_key))


def upload(content: bytes | None = None, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.jpeg(pictures.flag()) if content is None else content)


def different(number: int) -> SimpleUploadedFile:
    """A picture unlike those of other numbers."""
    return upload(pictures.jpeg(Image.new("RGB", (40, 40), (number * 20, 90, 120))), f"{number}.jpg")


def take(entry, *uploads):
    return add_all(entry, uploads, actor=entry.enrolment.trainee)


def stored() -> set[str]:
    """Every file below the folder of practice pictures."""
    root = private_storage()
    folders = root.listdir("practice")[0] if root.exists("practice") else []
    return {f"{folder}/{name}" for folder in folders for name in root.listdir(f"practice/{folder}")[1]}


def body(response) -> bytes:
    return b"".join(response.streaming_content)


# Taking in ----------------------------------------------------------------------------------------


def test_a_picture_is_kept_with_a_smaller_copy_and_its_size(logged):
    photo = add(logged, upload(pictures.jpeg(pictures.flag((1200, 900)))), actor=logged.enrolment.trainee)

    with Image.open(photo.picture) as whole, Image.open(photo.thumbnail) as shown:
        assert (whole.size, shown.size) == ((1200, 900), (800, 600))
    assert (photo.width, photo.height) == (1200, 900)
    assert photo.history.get().history_change_reason == "Added to the practice log."


def test_names_of_stored_pictures_tell_nothing(logged):
    photo = add(logged, upload(name="Robin Example.jpg"), actor=logged.enrolment.trainee)

    assert "Robin" not in photo.picture.name + photo.thumbnail.name
    assert photo.picture.name.startswith("practice/")


@pytest.mark.parametrize("kind", ["practice", "practice-thumb"])
def test_what_is_served_holds_neither_place_nor_camera(as_, logged, kind):
    photo = add(logged, upload(pictures.telling_jpeg()), actor=logged.enrolment.trainee)

    served = body(as_(logged.enrolment.trainee).get(f"/files/{kind}/{photo.pk}/"))

    with Image.open(io.BytesIO(served)) as image:
        assert dict(image.getexif()) == {}
    assert [secret for secret in pictures.SECRETS if secret in served] == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"<!DOCTYPE html><script>alert(1)</script>", "This file is a web page, not a photograph."),
        (b"%PDF-1.7\n1 0 obj", "This file is a PDF, not a photograph."),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "This file is a PostScript file, not a photograph."),
        (pictures.cut_off(pictures.jpeg(pictures.flag())), "This photograph is damaged or incomplete."),
        (pictures.huge_png(), "at most 50 megapixels are taken."),
        (pictures.long_webp(frames=2), "This file is an animation, not a photograph."),
    ],
    ids=["empty", "web page", "PDF", "PostScript", "cut off", "enormous", "moving"],
)
def test_a_file_that_is_no_photograph_gets_its_own_sentence(logged, content, sentence):
    taken = take(logged, upload(content, "C:\\pictures\\field.jpg"))

    assert taken.count == 0
    assert taken.refused[0].startswith("“field.jpg” was not taken. ")
    assert sentence in taken.refused[0]


def test_a_refused_picture_costs_the_others_nothing(logged):
    taken = take(logged, different(1), upload(b"noise", "noise.jpg"), different(2))

    assert (taken.count, len(taken.refused)) == (2, 1)
    assert logged.photos.count() == 2


def test_the_same_picture_sent_twice_is_kept_once(logged):
    taken = take(logged, upload(), upload(name="copy.jpg"))

    assert (taken.count, logged.photos.count()) == (1, 1)


def test_an_entry_holds_six_pictures(logged):
    taken = take(logged, *(different(number) for number in range(PHOTOS + 1)))

    assert (taken.count, logged.photos.count()) == (6, 6)
    assert taken.refused == ["“6.jpg” was not taken. An entry holds 6 pictures at most, and this one has them."]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_pictures_at_once_share_the_last_place(logged):
    PracticePhotoFactory.create_batch(PHOTOS - 1, entry=logged)

    outcomes = together(*[lambda n=n: add(logged, different(n), actor=logged.enrolment.trainee) for n in (1, 2)])

    assert sorted((type(outcome) for outcome in outcomes), key=lambda kind: kind.__name__) == [
        PracticePhoto,
        PracticeRefused,
    ]
    assert logged.photos.count() == PHOTOS


def test_a_live_procedure_takes_no_pictures_of_clients(on):
    taken = take(entry(on), upload())

    assert taken.refused == [
        "“photo.jpg” was not taken. Pictures of clients are not kept here. "
        "They belong to a case, with the client's consent."
    ]


@pytest.mark.parametrize("state", ["lapsed", "withdrawn"])
def test_an_enrolment_that_is_not_active_takes_no_pictures(state):
    on = enrolment(state=state)

    taken = take(entry(on, practised=exercise(on.course_key)), upload())

    assert "not active" in taken.refused[0]


def answered(logged, result: str, at: dt.datetime = AT):
    trains = logged.enrolment.trainee.trained_by.first() or relation(trainee=logged.enrolment.trainee)
    return practice.answer(
        logged,
        trainer=trains.trainer,
        result=result,
        seen=practice.points_for(logged),
        note="Wider.",
        at=at,
        today=TODAY,
    )


def test_signed_off_work_takes_no_more_pictures(logged):
    take(logged, different(1), different(2))
    answered(logged, "signed_off")

    assert "signed off" in take(logged, different(3)).refused[0]


def test_work_to_be_repeated_still_takes_pictures(logged):
    answered(logged, "repeat")

    assert take(logged, upload()).count == 1


def test_when_no_file_can_be_opened_the_rest_is_not_tried(logged):
    class Shrinking(SimpleUploadedFile):
        """Says that it is longer than it is, as a stream does that breaks."""

        def tell(self):
            return 1_000_000

    taken = take(logged, Shrinking("a.jpg", pictures.jpeg(pictures.flag())), upload(name="b.jpg"))

    said = "Files cannot be checked now. Nothing was kept. Send this one again in a minute."
    assert taken.refused == [f"“a.jpg” was not taken. {said}", f"“b.jpg” was not taken. {said}"]


def test_a_disk_that_fails_halfway_leaves_nothing_behind(logged, monkeypatch):
    disk, before = private_storage(), stored()
    save, saves = disk._save, []

    def fails_at_the_second(name, content):
        saves.append(name)
        if len(saves) == 2:
            raise OSError("No space left on device")
        return save(name, content)

    monkeypatch.setattr(disk, "_save", fails_at_the_second)

    taken = take(logged, different(1), different(2))

    assert taken.refused == ["“1.jpg” was not taken. It could not be stored now. Add it again in a minute."]
    assert (taken.count, PracticePhoto.objects.count(), len(stored() - before)) == (1, 1, 2)


# Who sees them ------------------------------------------------------------------------------------


@pytest.fixture
def photo(logged):
    return add(logged, upload(), actor=logged.enrolment.trainee)


KINDS = pytest.mark.parametrize("kind", ["practice", "practice-thumb"])


@KINDS
def test_its_owner_and_their_trainer_see_a_picture(as_, photo, kind):
    trainee = photo.entry.enrolment.trainee
    trainer = relation(trainee=trainee).trainer

    answers = [as_(who).get(f"/files/{kind}/{photo.pk}/") for who in (trainee, trainer)]

    assert [(answer.status_code, answer["Content-Type"]) for answer in answers] == [(200, "image/jpeg")] * 2


@KINDS
@pytest.mark.parametrize("role", list(Role), ids=str)
def test_nobody_else_sees_a_picture(as_, photo, kind, role):
    assert as_(person(role)).get(f"/files/{kind}/{photo.pk}/").status_code == 404


@KINDS
def test_a_visitor_is_sent_to_sign_in(client, photo, kind):
    assert client.get(f"/files/{kind}/{photo.pk}/").url == f"/accounts/login/?next=/files/{kind}/{photo.pk}/"


@KINDS
def test_a_trainer_who_lost_the_role_sees_no_picture(as_, photo, kind):
    former = relation(trainer=person(), trainee=photo.entry.enrolment.trainee).trainer

    assert as_(former).get(f"/files/{kind}/{photo.pk}/").status_code == 404


@KINDS
@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        (TODAY + DAY, TODAY + DAY, 404),
        (TODAY, TODAY + DAY, 200),
        (TODAY - DAY, TODAY, 200),
        (TODAY - DAY, TODAY - DAY, 404),
    ],
    ids=["day before", "first day", "last day", "day after"],
)
def test_a_trainer_sees_pictures_while_the_relation_lasts(as_, photo, kind, first, last, status):
    trainee = photo.entry.enrolment.trainee
    trainer = relation(trainee=trainee, started_on=first, ended_on=last).trainer

    assert as_(trainer).get(f"/files/{kind}/{photo.pk}/").status_code == status


def test_a_key_that_is_no_number_is_not_found(as_, photo):
    assert as_(photo.entry.enrolment.trainee).get("/files/practice/seven/").status_code == 404


# Facts of the domain ------------------------------------------------------------------------------


@pytest.mark.parametrize("enum", [TreatmentType, FaultCode], ids=lambda enum: enum.__name__)
def test_words_of_the_trade_are_those_of_the_starter_data(enum):
    values = read("enums.json")["enums"][enum.__name__]["values"]

    assert enum.choices == [(each["value"], each["label"]) for each in values]


def test_numbers_and_common_points_are_those_of_the_starter_data():
    needed, exercises = read("scheme.json")["prerequisites"], read("practice_exercises.json")

    assert needed["live_procedures"]["value"] == practice.LIVE_PROCEDURES
    assert list(practice.COMMON_POINTS) == exercises["sign_off_common"]


# A copy of one's data -----------------------------------------------------------------------------


def copy_of(user, section: str):
    return json.loads(zipfile.ZipFile(io.BytesIO(personal_data.export(user))).read(f"{section}.json"))


def test_a_trainees_copy_holds_their_practice_and_what_was_answered(photo):
    given = answered(photo.entry, "repeat")

    copy = copy_of(photo.entry.enrolment.trainee, "practice")

    assert copy["trainers"] == [
        {"trainer": given.relation.trainer.name, "started_on": "2026-01-01", "ended_on": None}
    ]
    assert copy["entries"] == [
        {
            "course": photo.entry.enrolment.course_key,
            "what": "PX1 Exercise PX1",
            "client_code": "",
            "done_on": "2026-05-04",
            "note": "Done.",
            "logged_at": "2026-05-04T09:00:00Z",
            "pictures": [photo.sha256],
            "answers": [
                {
                    "trainer": given.relation.trainer.name,
                    "result": "To be repeated",
                    "confirmed": given.seen,
                    "note": "Wider.",
                    "signed_at": "2026-05-04T09:00:00Z",
                }
            ],
        }
    ]


def test_a_trainers_copy_holds_their_trainees_and_answers(photo):
    given = answered(photo.entry, "repeat")
    trainee = photo.entry.enrolment.trainee

    copy = copy_of(given.relation.trainer, "training")

    assert copy["trainees"] == [{"trainee": trainee.name, "started_on": "2026-01-01", "ended_on": None}]
    assert [(each["trainee"], each["what"], each["result"]) for each in copy["answers"]] == [
        (trainee.name, "PX1 Exercise PX1", "To be repeated")
    ]


def test_a_copy_holds_nothing_of_another_trainees_practice(photo):
    assert copy_of(person(Role.TRAINEE), "practice") == {"trainers": [], "entries": []}


def test_every_model_of_practice_that_holds_people_is_described():
    described = {row.model.__name__ for row in personal_data.described()}

    assert {"TrainerRelation", "PracticeEntry", "PracticePhoto", "SignOff"} - described == set()
