"""The course that every site begins with."""

import re

import pytest
from django.core.management import call_command

from courses.models import (
    CourseRelease,
    ExamBlueprint,
    LessonPage,
    ModulePage,
    PracticeExercise,
    Question,
    ReleaseItem,
)
from tests.lasting import lasting
from training_site.starter.files import DATA, read

FIRST = sorted(path.stem for path in (DATA / "course" / "lessons").glob("*-l1.json"))
UNSAFE = (
    "easily be removed",
    "easily removed",
    "painless",
    "non-invasive",
    "minimally invasive",
    "medical-grade",
    "medical grade",
    "cosmetic-grade",
    "stop taking",
    "refrain from taking",
)


def words(blocks: list[dict]) -> int:
    """Words of the running text, without callouts, lists and tables."""
    texts = [block["value"] for block in blocks if block["type"] == "text"]
    return len(re.sub(r"<[^>]+>", " ", " ".join(texts)).split())


@pytest.mark.parametrize("key", FIRST)
def test_the_first_lesson_of_each_module_is_written_out(key):
    body = read(f"course/lessons/{key}.json")["body"]
    kinds = [block["type"] for block in body]

    assert words(body) >= 400
    assert (kinds.count("figure"), kinds.count("checklist"), kinds.count("callout") >= 2) == (1, 1, True)


@pytest.mark.parametrize("key", FIRST)
def test_no_lesson_teaches_an_unsafe_line(key):
    text = str(read(f"course/lessons/{key}.json")).casefold()

    assert [line for line in UNSAFE if line in text] == []


@pytest.mark.django_db
class TestLoaded:
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _starter(cls, django_db_setup, django_db_blocker):
        yield from lasting(django_db_blocker, lambda: call_command("load_starter", verbosity=0))

    def test_ten_modules_hold_fifty_lessons_and_a_hundred_hours(self):
        assert ModulePage.objects.count() == 10
        assert LessonPage.objects.count() == 50
        assert sum(ModulePage.objects.values_list("guided_hours", flat=True)) == 100

    def test_every_lesson_has_a_summary_and_awaits_review(self):
        assert LessonPage.objects.filter(summary="").count() == 0
        assert set(ReleaseItem.objects.values_list("review", flat=True)) == {"Awaiting expert review"}

    def test_the_course_is_released_once_however_often_it_is_loaded(self):
        call_command("load_starter", verbosity=0)

        assert CourseRelease.objects.count() == 1
        assert ReleaseItem.objects.count() == 50

    def test_six_questions_stand_for_each_module(self):
        counts = [Question.objects.filter(module_code=f"M{number}").count() for number in range(1, 11)]

        assert counts == [6] * 10

    def test_the_exam_takes_its_numbers_from_the_scheme(self):
        exam = ExamBlueprint.objects.get()

        assert (exam.small_per_module, exam.small_pass_mark, exam.bank_ready_at) == (2, 16, 150)
        assert (exam.full_per_module, exam.full_pass_mark) == (5, 40)
        assert (exam.time_limit, exam.attempts, exam.cool_down) == (60, 3, 24)

    def test_eight_exercises_wait_to_be_signed_off(self):
        assert PracticeExercise.objects.count() == 8
