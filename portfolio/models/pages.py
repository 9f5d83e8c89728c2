"""The register rules: what a practitioner agrees to in order to be listed. Versioned, each with its first day."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField

from courses.blocks import TEXT_PAGE_BLOCKS
from training_site.common.days import body_day, in_words
from training_site.common.history import tracked
from training_site.common.pages import PublicPage

NOTICE = dt.timedelta(days=28)
"""New rules take effect this long after notice at the earliest (eligibility_rules.json, E21)."""


class RegisterRulesQuerySet(models.QuerySet["RegisterRules"]):
    def in_force(self, *, on: dt.date) -> RegisterRules | None:
        """The version that holds on that day; None before the first takes effect."""
        return self.filter(effective_on__lte=on).order_by("-effective_on", "-number").first()

    def announced(self, *, on: dt.date) -> RegisterRulesQuerySet:
        """Versions of which notice was given and that do not hold yet."""
        return self.filter(notice_sent_on__lte=on, effective_on__gt=on).order_by("effective_on")


class RegisterRules(models.Model):
    """One version of the rules. Once notice was given it is what people agreed to: it is never edited again."""

    number = models.PositiveIntegerField("version", unique=True)
    title = models.CharField(max_length=120)
    body = StreamField(TEXT_PAGE_BLOCKS)
    notice_sent_on = models.DateField("notice given on", null=True, blank=True)
    effective_on = models.DateField("first day", null=True, blank=True, unique=True)

    history = tracked()
    objects = RegisterRulesQuerySet.as_manager()

    class Meta:
        verbose_name = "register rules"
        verbose_name_plural = "register rules"
        ordering = ("-number",)
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="register_rules_take_effect_after_notice",
                condition=Q(notice_sent_on=None, effective_on=None)
                | Q(notice_sent_on__isnull=False, effective_on__gte=F("notice_sent_on") + NOTICE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def announcement(self) -> str:
        """What visitors read of a version that does not hold yet."""
        if self.effective_on is None:
            return f"Version {self.number} is being prepared."
        return f"Version {self.number} takes effect on {in_words(self.effective_on)}."


class RegisterRulesPage(PublicPage):
    """Shows the version in force, what is announced, and the earlier ones by number."""

    intro = StreamField(TEXT_PAGE_BLOCKS, blank=True)

    content_panels: ClassVar[list[Any]] = [*PublicPage.content_panels, FieldPanel("intro")]
    parent_page_types: ClassVar[list[str]] = ["website.HomePage"]
    subpage_types: ClassVar[list[str]] = []
    max_count = 1
    template = "portfolio/register_rules.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        today = body_day(timezone.now())
        in_force = RegisterRules.objects.in_force(on=today)
        return {
            **super().get_context(request, *args, **kwargs),
            "in_force": in_force,
            "announced": RegisterRules.objects.announced(on=today),
            "earlier": RegisterRules.objects.filter(effective_on__lt=in_force.effective_on) if in_force else [],
        }
