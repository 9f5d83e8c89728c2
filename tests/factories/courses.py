"""Courses, releases, exams and practice."""

import datetime as dt

import factory
from wagtail.models import Page

from courses import releasing
from courses.models import (
    AnswerKey,
    CourseIndexPage,
    CoursePage,
    CourseRelease,
    Enrolment,
    ExamBlueprint,
    LessonPage,
    ModulePage,
    PracticeEntry,
    PracticeExercise,
    Question,
    QuestionVersion,
    TrainerRelation,
)
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import save_as

AT = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
REASON = "Made for a test."


def course_page(*, modules: int = 2, lessons: int = 2, **facts: object) -> CoursePage:
    """A published course: modules M1, M2 … of that many lessons each."""
    index = CourseIndexPage.objects.first()
    if index is None:
        index = Page.get_first_root_node().add_child(instance=CourseIndexPage(title="Courses", slug="courses"))
    number = CoursePage.objects.count() + 1
    values = {"title": f"Course {number}", "slug": f"course-{number}", "key": f"course-{number}", **facts}
    course = index.add_child(
        instance=CoursePage(summary="All of it.", intro="<p>Begin.</p>", guided_hours=10, **values)
    )
    for m in range(1, modules + 1):
        module = course.add_child(
            instance=ModulePage(title=f"Module {m}", slug=f"m{m}", code=f"M{m}", guided_hours=5, summary="A part.")
        )
        for n in range(1, lessons + 1):
            module.add_child(
                instance=LessonPage(
                    title=f"Lesson {m}.{n}",
                    slug=f"m{m}-l{n}",
                    summary="What it teaches.",
                    minutes=5,
                    body=[{"type": "text", "value": f"<p>Text of lesson {m}.{n}.</p>"}],
                )
            )
    return course


def release(course: CoursePage | None = None) -> CourseRelease:
    """The next release of ``course``, or the first of a new one."""
    return releasing.release(course or course_page(), actor=None, notes="", at=AT)


def enrolment(trainee: object = None, *, of: CourseRelease | None = None, state: str = "active") -> Enrolment:
    """A trainee on a release."""
    fixed = of or release()
    made = Enrolment(
        trainee=trainee or person(Role.TRAINEE),
        course_key=fixed.course_key,
        release=fixed,
        state=state,
        enrolled_at=AT,
    )
    return save_as(made, actor=None, reason=REASON)


def question(course_key: str, *, module: str = "M1", several: bool = False, **facts: object) -> QuestionVersion:
    """A question of two or four options; ``a`` is right, ``b`` too when several are."""
    number = Question.objects.count() + 1
    kept = Question(key=f"q{number}", course_key=course_key, module_code=module, topic=facts.pop("topic", "topic"))
    save_as(kept, actor=None, reason=REASON)
    version = QuestionVersion.objects.create(
        question=kept,
        number=1,
        kind="multi" if several else "single",
        difficulty="easy",
        text=f"Question {number}?",
        options=[{"key": key, "text": f"Option {key} of {number}"} for key in "abcd"],
        **facts,
    )
    AnswerKey.objects.create(
        version=version, correct=["a", "b"] if several else ["a"], explanation=f"Because of {number}."
    )
    return version


def blueprint(
    course_key: str, *, questions_per_module: int = 3, modules: int = 2, **facts: object
) -> ExamBlueprint:
    """An exam that draws two questions of each module and passes at three points, with enough questions."""
    for m in range(1, modules + 1):
        for _ in range(questions_per_module):
            question(course_key, module=f"M{m}")
    values = {
        "bank_ready_at": 100,
        "small_per_module": 2,
        "small_pass_mark": 3,
        "full_per_module": 3,
        "full_pass_mark": 5,
        "time_limit": 60,
        "attempts": 3,
        "cool_down": 24,
        **facts,
    }
    return save_as(ExamBlueprint(course_key=course_key, title="Theory exam", **values), actor=None, reason=REASON)


def exercise(course_key: str, code: str = "PX1") -> PracticeExercise:
    kept = PracticeExercise(
        course_key=course_key,
        code=code,
        title=f"Exercise {code}",
        aim="Place dots.",
        material=["Practice skin"],
        steps=["Draw", "Place"],
        good=["Round dots"],
        faults=["blowout"],
        sign_off=["No spread dot"],
        review="awaiting expert review",
    )
    return save_as(kept, actor=None, reason=REASON)


def relation(trainer: object = None, trainee: object = None, **days: object) -> TrainerRelation:
    """A trainer and a trainee, since 1 January 2026."""
    kept = TrainerRelation(
        trainer=trainer or person(Role.TRAINER),
        trainee=trainee or person(Role.TRAINEE),
        **{"started_on": dt.date(2026, 1, 1), **days},
    )
    return save_as(kept, actor=None, reason=REASON)


def entry(of: Enrolment, *, practised: PracticeExercise | None = None, **facts: object) -> PracticeEntry:
    """A logged exercise, or a supervised live procedure when no exercise is given."""
    if practised:
        what = {"kind": "practice", "exercise": practised}
    else:
        what = {"kind": "live_supervised", "treatment": "crown", "client_code": "D-041"}
    kept = PracticeEntry(
        enrolment=of, **{"done_on": dt.date(2026, 5, 4), "note": "Done.", "logged_at": AT, **what, **facts}
    )
    return save_as(kept, actor=of.trainee, reason="Logged.")


class PracticePhotoFactory(factory.django.DjangoModelFactory):
    """A picture row without a file behind it; its address and hash are its own."""

    class Meta:
        model = "courses.PracticePhoto"

    picture = factory.Sequence(lambda n: f"practice/{n:02}/{n:032}.jpg")
    thumbnail = factory.Sequence(lambda n: f"practice/{n:02}/{n:032}-t.jpg")
    sha256 = factory.Sequence(lambda n: f"{n:064}")
    width = 1600
    height = 1200

    @classmethod
    def _create(cls, model_class: type, *args: object, **kwargs: object) -> object:
        return save_as(model_class(*args, **kwargs), actor=None, reason=REASON)
