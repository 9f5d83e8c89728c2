"""Home page and text pages."""

from typing import Any, ClassVar

from django.db import models
from django.templatetags.static import static
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from courses.blocks import RICH_SMALL, TEXT_PAGE_BLOCKS
from training_site.common.pages import PublicPage


class LinkBlock(blocks.StructBlock):
    """``href`` may point inside the site (``/verify/``)."""

    label = blocks.CharBlock(max_length=80)
    href = blocks.CharBlock(max_length=200)


def drawing(stage: str) -> dict[str, Any]:
    """The home page's example, before or healed: one head, the same frame."""
    return {
        "url": static(f"stipple/img/drawings/nw5-medium-left45-{stage}.webp"),
        "width": 640,
        "height": 480,
        "alt": f"Shaved look, Norwood V, {stage}: drawing",
    }


class FeatureBlock(blocks.StructBlock):
    """A heading with a paragraph, beside a before-and-healed comparison if wanted."""

    heading = blocks.CharBlock(max_length=120)
    text = blocks.RichTextBlock(features=RICH_SMALL)
    link = LinkBlock(required=False)
    shows_comparison = blocks.BooleanBlock(required=False)

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Adds the two drawings of the comparison."""
        return {
            **super().get_context(value, parent_context),
            "before": drawing("before"),
            "healed": drawing("healed"),
        }

    class Meta:
        icon = "doc-full"
        template = "website/blocks/feature.html"


class RouteBlock(blocks.StructBlock):
    """A few named steps side by side."""

    heading = blocks.CharBlock(max_length=120)
    text = blocks.RichTextBlock(features=RICH_SMALL, required=False)
    steps = blocks.ListBlock(
        blocks.StructBlock([("title", blocks.CharBlock(max_length=80)), ("text", blocks.TextBlock())]),
        min_num=2,
    )
    note = blocks.CharBlock(max_length=200, required=False)
    link = LinkBlock(required=False)

    class Meta:
        icon = "list-ol"
        template = "website/blocks/route.html"


class NumberCheckBlock(blocks.StructBlock):
    """Asks for a certificate number."""

    heading = blocks.CharBlock(max_length=120)
    text = blocks.RichTextBlock(features=RICH_SMALL)
    hint = blocks.CharBlock(max_length=120)

    class Meta:
        icon = "search"
        template = "website/blocks/number_check.html"


class HomePage(PublicPage):
    """The front door: find a practitioner, check a certificate, train."""

    heading = models.CharField(max_length=120)
    lead = models.TextField(max_length=400)
    body = StreamField(
        [("feature", FeatureBlock()), ("route", RouteBlock()), ("number_check", NumberCheckBlock())]
    )

    content_panels: ClassVar[list[Any]] = [
        *PublicPage.content_panels,
        FieldPanel("heading"),
        FieldPanel("lead"),
        FieldPanel("body"),
    ]
    search_fields: ClassVar[list[Any]] = [*PublicPage.search_fields, index.SearchField("body")]
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    max_count = 1
    template = "website/home.html"


class TextPage(PublicPage):
    """How certification works, privacy, terms and their like."""

    body = StreamField(TEXT_PAGE_BLOCKS)

    content_panels: ClassVar[list[Any]] = [*PublicPage.content_panels, FieldPanel("body")]
    search_fields: ClassVar[list[Any]] = [*PublicPage.search_fields, index.SearchField("body")]
    parent_page_types: ClassVar[list[str]] = ["website.HomePage", "website.TextPage"]
    subpage_types: ClassVar[list[str]] = ["website.TextPage"]
    template = "website/text.html"
