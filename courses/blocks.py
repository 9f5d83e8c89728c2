"""The blocks that lessons and text pages are made of. Each renders one template of ``courses/blocks``."""

from typing import Any, ClassVar

from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

RICH = ["h2", "h3", "bold", "italic", "ol", "ul", "link"]
RICH_SMALL = ["bold", "italic", "ol", "ul", "link"]


class TextBlock(blocks.RichTextBlock):
    """Headings, paragraphs and lists."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(features=RICH, **kwargs)

    class Meta:
        icon = "pilcrow"
        template = "courses/blocks/text.html"


class CalloutBlock(blocks.StructBlock):
    """What must not be missed: a danger, a point of law, or a tip."""

    KINDS: ClassVar[list[tuple[str, str]]] = [("danger", "Danger"), ("law", "Law"), ("tip", "Tip")]

    kind = blocks.ChoiceBlock(choices=KINDS)
    title = blocks.CharBlock(max_length=120)
    text = blocks.RichTextBlock(features=RICH_SMALL)

    class Meta:
        icon = "warning"
        template = "courses/blocks/callout.html"


class StepsBlock(blocks.StructBlock):
    """Things done in this order."""

    title = blocks.CharBlock(max_length=120)
    steps = blocks.ListBlock(blocks.RichTextBlock(features=RICH_SMALL), min_num=2)

    class Meta:
        icon = "list-ol"
        template = "courses/blocks/steps.html"


class ChecklistBlock(blocks.StructBlock):
    """Things to have, in any order."""

    title = blocks.CharBlock(max_length=120)
    items = blocks.ListBlock(blocks.CharBlock(max_length=300), min_num=1)

    class Meta:
        icon = "tick"
        template = "courses/blocks/checklist.html"


class TableBlock(TypedTableBlock):
    """A table with a head row; the first column names the row."""

    def __init__(self, local_blocks: object = None, **kwargs: object) -> None:
        super().__init__(local_blocks or [("text", blocks.CharBlock(required=False))], **kwargs)

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Adds ``rows``: each cell with the heading of its column, for narrow screens."""
        headings = [column["heading"] for column in value.columns]
        rows = [list(zip(headings, row, strict=True)) for row in value.rows]
        return {**super().get_context(value, parent_context), "rows": rows}

    class Meta:
        icon = "table"
        template = "courses/blocks/table.html"


class FigureBlock(blocks.StructBlock):
    """A picture with what it shows, in words."""

    image = ImageChooserBlock()
    alt = blocks.CharBlock(max_length=300, help_text="What the picture shows, for those who cannot see it.")
    caption = blocks.CharBlock(max_length=300, required=False)

    class Meta:
        icon = "image"
        template = "courses/blocks/figure.html"


class VideoBlock(blocks.StructBlock):
    """A film with captions; the transcript serves those who cannot play it."""

    title = blocks.CharBlock(max_length=120)
    film = DocumentChooserBlock(help_text="MP4 or WebM.")
    captions = DocumentChooserBlock(help_text="WebVTT (.vtt).")
    transcript = blocks.RichTextBlock(features=RICH_SMALL)

    class Meta:
        icon = "media"
        template = "courses/blocks/video.html"


class BeforeAfterBlock(blocks.StructBlock):
    """Two pictures of the same view, to compare."""

    before = ImageChooserBlock()
    after = ImageChooserBlock()
    before_label = blocks.CharBlock(max_length=40, default="Before")
    after_label = blocks.CharBlock(max_length=40, default="Healed")
    subject = blocks.CharBlock(max_length=120, help_text="For example “crown, Norwood IV”.")

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Adds ``pictures``: what the comparison component takes, for each side."""
        pictures = {
            side: {
                "url": (rendition := value[side].get_rendition("max-960x960")).url,
                "width": rendition.width,
                "height": rendition.height,
                "alt": f"{value['subject']}: {value[f'{side}_label'].lower()}",
            }
            for side in ("before", "after")
        }
        return {**super().get_context(value, parent_context), "pictures": pictures}

    class Meta:
        icon = "image"
        template = "courses/blocks/before_after.html"


class TermBlock(blocks.StructBlock):
    """A word of the trade and what it means."""

    term = blocks.CharBlock(max_length=80)
    meaning = blocks.CharBlock(max_length=400)

    class Meta:
        icon = "openquote"
        template = "courses/blocks/term.html"


class FileBlock(blocks.StructBlock):
    """A file to take away, such as an aftercare sheet."""

    title = blocks.CharBlock(max_length=120)
    file = DocumentChooserBlock()

    class Meta:
        icon = "doc-full-inverse"
        template = "courses/blocks/file.html"


TEXT_PAGE_BLOCKS: list[tuple[str, blocks.Block]] = [
    ("text", TextBlock()),
    ("callout", CalloutBlock()),
    ("steps", StepsBlock()),
    ("checklist", ChecklistBlock()),
    ("table", TableBlock()),
]

LESSON_BLOCKS: list[tuple[str, blocks.Block]] = [
    *TEXT_PAGE_BLOCKS,
    ("figure", FigureBlock()),
    ("video", VideoBlock()),
    ("before_after", BeforeAfterBlock()),
    ("term", TermBlock()),
    ("file", FileBlock()),
]
