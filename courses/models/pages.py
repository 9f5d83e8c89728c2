"""What editors write: index → course → module → lesson. Trainees read releases of it, see ``releases``."""

import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import LESSON_BLOCKS, RICH_SMALL
from training_site.common.pages import PublicPage


class CourseIndexPage(PublicPage):
    """``/courses/``: every course."""

    intro = RichTextField(features=RICH_SMALL, blank=True)

    content_panels: ClassVar[list[Any]] = [*PublicPage.content_panels, FieldPanel("intro")]
    parent_page_types: ClassVar[list[str]] = ["website.HomePage"]
    subpage_types: ClassVar[list[str]] = ["courses.CoursePage"]
    max_count = 1
    template = "courses/course_index.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context(request, *args, **kwargs),
            "courses": CoursePage.objects.child_of(self).live().order_by("path"),
        }


class CoursePage(PublicPage):
    """One course: what it teaches, for whom, and its modules."""

    key = models.SlugField(
        "key",
        max_length=60,
        unique=True,
        help_text="Names the course in releases and records; never changed later.",
    )
    summary = models.CharField(max_length=300)
    intro = RichTextField(features=RICH_SMALL)
    who_for = models.TextField("who it is for", blank=True)
    outcomes = StreamField([("outcome", blocks.CharBlock(max_length=200))], blank=True)
    guided_hours = models.PositiveIntegerField()
    open_for_enrolment = models.BooleanField(
        default=True, help_text="Anybody signed in as a trainee may enrol. Otherwise by invitation of an officer."
    )

    content_panels: ClassVar[list[Any]] = [
        *PublicPage.content_panels,
        FieldRowPanel([FieldPanel("key"), FieldPanel("guided_hours"), FieldPanel("open_for_enrolment")]),
        FieldPanel("summary"),
        FieldPanel("intro"),
        FieldPanel("who_for"),
        FieldPanel("outcomes"),
    ]
    search_fields: ClassVar[list[Any]] = [
        *PublicPage.search_fields,
        index.SearchField("summary"),
        index.SearchField("intro"),
    ]
    parent_page_types: ClassVar[list[str]] = ["courses.CourseIndexPage"]
    subpage_types: ClassVar[list[str]] = ["courses.ModulePage"]
    template = "courses/course.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        modules = list(ModulePage.objects.child_of(self).live().order_by("path"))
        lessons = list(LessonPage.objects.descendant_of(self).live().order_by("path"))
        for module in modules:
            module.lessons = [lesson for lesson in lessons if lesson.is_child_of(module)]
        return {**super().get_context(request, *args, **kwargs), "modules": modules}


class ModulePage(PublicPage):
    """A part of a course: a handful of lessons and their hours."""

    code = models.CharField(max_length=10, help_text="For example M5. Exam questions name it.")
    guided_hours = models.PositiveIntegerField()
    contact = models.CharField(max_length=60, blank=True, help_text="For example “online and classroom”.")
    summary = models.CharField(max_length=400)

    content_panels: ClassVar[list[Any]] = [
        *PublicPage.content_panels,
        FieldRowPanel([FieldPanel("code"), FieldPanel("guided_hours"), FieldPanel("contact")]),
        FieldPanel("summary"),
    ]
    search_fields: ClassVar[list[Any]] = [*PublicPage.search_fields, index.SearchField("summary")]
    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = ["courses.LessonPage"]
    template = "courses/module.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context(request, *args, **kwargs),
            "lessons": LessonPage.objects.child_of(self).live().order_by("path"),
        }


class LessonPage(PublicPage):
    """One lesson. In public only its summary is shown; enrolled trainees read it in their release."""

    item_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    summary = models.CharField(max_length=500)
    minutes = models.PositiveIntegerField(null=True, blank=True, help_text="Reading time; empty = not known yet.")
    mandatory = models.BooleanField(default=True, help_text="Counts towards finishing the course.")
    reviewed_by = models.CharField(
        "reviewed by", max_length=120, blank=True, help_text="The expert's name. Empty = awaiting expert review."
    )
    reviewed_on = models.DateField("reviewed on", null=True, blank=True)
    body = StreamField(LESSON_BLOCKS, blank=True)

    content_panels: ClassVar[list[Any]] = [
        *PublicPage.content_panels,
        FieldPanel("summary"),
        FieldRowPanel([FieldPanel("minutes"), FieldPanel("mandatory")]),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("reviewed_by"), FieldPanel("reviewed_on")])], heading="Expert review"
        ),
        FieldPanel("body"),
    ]
    search_fields: ClassVar[list[Any]] = [*PublicPage.search_fields, index.SearchField("summary")]
    parent_page_types: ClassVar[list[str]] = ["courses.ModulePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/lesson_summary.html"
    exclude_fields_in_copy: ClassVar[list[str]] = ["item_id"]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="lesson_review_names_expert_and_day",
                condition=models.Q(reviewed_by="", reviewed_on=None)
                | (~models.Q(reviewed_by="") & models.Q(reviewed_on__isnull=False)),
            )
        ]

    @property
    def review(self) -> str:
        """Whether an expert has read this, in words."""
        return f"Reviewed by {self.reviewed_by}" if self.reviewed_by else "Awaiting expert review"

    def serve_preview(self, request: HttpRequest, mode_name: str) -> Any:
        """Editors see the lesson as trainees will."""
        request.is_preview = True  # type: ignore[attr-defined]
        self.template = "courses/lesson_preview.html"
        return Page.serve(self, request)

    def clean(self) -> None:
        super().clean()
        if bool(self.reviewed_by) != bool(self.reviewed_on):
            raise ValidationError(
                {"reviewed_on": "Name the expert and the day of the review, or leave both empty."}
            )
