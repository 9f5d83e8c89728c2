"""The course, its exam and its practice exercises. What an editor has changed since is left alone."""

import datetime as dt
from typing import Any

from django.core.files import File
from wagtail.images import get_image_model
from wagtail.models import Page

from courses import releasing
from courses.models import (
    AnswerKey,
    CourseIndexPage,
    CoursePage,
    CourseRelease,
    ExamBlueprint,
    LessonPage,
    ModulePage,
    PracticeExercise,
    Question,
    QuestionVersion,
)
from training_site.common.history import save_as
from training_site.starter.files import DATA, read, stream
from training_site.website.models import HomePage

REASON = "Starter data."


def load(*, at: dt.datetime) -> CoursePage:
    """Make what is missing and release the course once, ``at`` that instant. Returns its page."""
    outline = read("course/course.json")
    course = CoursePage.objects.filter(key=outline["slug"]).first() or _make_course(outline)
    _load_questions(course.key)
    _load_blueprint(course.key)
    _load_exercises(course.key)
    if not CourseRelease.objects.filter(course_key=course.key).exists():
        releasing.release(course, actor=None, notes="First release.", at=at)
    return course


def _make_course(outline: dict[str, Any]) -> CoursePage:
    index = CourseIndexPage.objects.first() or _add(
        HomePage.objects.get(),
        CourseIndexPage(title="Courses", slug="courses", search_description="What you can learn with us."),
    )
    course = _add(
        index,
        CoursePage(
            title=outline["title"],
            slug=outline["slug"],
            key=outline["slug"],
            search_description=outline["summary"],
            summary=outline["summary"],
            intro=outline["intro"],
            who_for=outline["who_for"],
            outcomes=[{"type": "outcome", "value": outcome} for outcome in outline["outcomes"]],
            guided_hours=outline["hours_total"],
        ),
    )
    for module in outline["modules"]:
        _add_module(course, module)
    return course


def _add_module(course: CoursePage, module: dict[str, Any]) -> None:
    page = _add(
        course,
        ModulePage(
            title=module["title"],
            slug=module["code"].lower(),
            search_description=module["summary"],
            code=module["code"],
            guided_hours=module["hours"],
            contact=module["contact"],
            summary=module["summary"],
        ),
    )
    for key in module["lessons"]:
        lesson = read(f"course/lessons/{key}.json")
        _add(
            page,
            LessonPage(
                title=lesson["title"],
                slug=lesson["key"],
                search_description=lesson["summary"],
                summary=lesson["summary"],
                minutes=lesson["minutes"],
                body=stream(_with_pictures(lesson["body"])),
            ),
        )


def _with_pictures(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Figures name a file; a page needs the picture itself."""
    return [
        {**block, "value": {**block["value"], "image": _picture(block["value"])}}
        if block["type"] == "figure"
        else block
        for block in blocks
    ]


def _picture(figure: dict[str, Any]) -> int:
    images = get_image_model()
    title = figure["caption"] or figure["image"]
    existing = images.objects.filter(title=title).first()
    if existing is None:
        with (DATA / "course" / "figures" / figure["image"]).open("rb") as opened:
            existing = images(title=title[:255], description=figure["alt"][:255])
            existing.file.save(figure["image"], File(opened), save=False)
            existing.save()
    return int(existing.pk)


def _add(parent: Page, page: Any) -> Any:
    parent.add_child(instance=page)
    page.save_revision().publish()
    return page


def _load_questions(course_key: str) -> None:
    for row in read("quiz.json")["questions"]:
        if Question.objects.filter(key=row["id"]).exists():
            continue
        question = save_as(
            Question(key=row["id"], course_key=course_key, module_code=row["module"], topic=row["topic"]),
            actor=None,
            reason=REASON,
        )
        version = QuestionVersion.objects.create(
            question=question,
            number=1,
            kind=row["kind"],
            difficulty=row["difficulty"],
            text=row["question"],
            options=row["options"],
        )
        AnswerKey.objects.create(
            version=version, correct=row["correct"], explanation=row["explanation"], source=row["source"]
        )


def _load_blueprint(course_key: str) -> None:
    """Copy the scheme's exam rules; the exam keeps its own from then on."""
    if ExamBlueprint.objects.filter(course_key=course_key).exists():
        return
    exam = read("scheme.json")["exam"]
    small, full = exam["while_bank_small"], exam["when_bank_ready"]
    save_as(
        ExamBlueprint(
            course_key=course_key,
            title="Theory exam",
            bank_ready_at=exam["bank_ready_at"]["value"],
            small_per_module=small["per_module"]["value"],
            small_pass_mark=small["pass_mark"]["value"],
            full_per_module=full["per_module"]["value"],
            full_pass_mark=full["pass_mark"]["value"],
            time_limit=exam["time_limit"]["value"],
            attempts=exam["attempts"]["value"],
            cool_down=exam["cool_down"]["value"],
        ),
        actor=None,
        reason=REASON,
    )


def _load_exercises(course_key: str) -> None:
    data = read("practice_exercises.json")
    for row in data["exercises"]:
        if PracticeExercise.objects.filter(course_key=course_key, code=row["code"]).exists():
            continue
        save_as(
            PracticeExercise(
                course_key=course_key,
                code=row["code"],
                title=row["title"],
                aim=row["aim"],
                material=row["material"],
                steps=row["steps"],
                good=row["good"],
                faults=row["faults"],
                sign_off=row["sign_off"],
                review=data["review"],
            ),
            actor=None,
            reason=REASON,
        )
