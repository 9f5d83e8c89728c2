"""Making a release: what editors have published becomes what trainees read."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db import transaction
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from courses.errors import ReleaseRefused
from courses.models import (
    CoursePage,
    CourseRelease,
    LessonPage,
    ModulePage,
    ReleaseDocument,
    ReleaseImage,
    ReleaseItem,
)


@transaction.atomic
def release(course: CoursePage, *, actor: Any, notes: str, at: dt.datetime) -> CourseRelease:
    """Fix the course's live lessons as its next release.

    ``actor`` is the editor, None for starter data. Drafts do not count: what is live is released.
    Raises ReleaseRefused when no lesson is live, or nothing has changed since the last release.
    """
    # Two editors at once would both read the same last number; the second waits for the first.
    locked = CoursePage.objects.select_for_update().get(pk=course.pk)
    items = list(_items(locked))
    if not items:
        raise ReleaseRefused("No lesson of this course is published yet. Publish lessons first, then release.")
    content_hash = _hash([item.content_hash for item in items])
    last = CourseRelease.objects.newest(locked.key)
    if last and last.content_hash == content_hash:
        raise ReleaseRefused(f"Nothing has changed since release {last.number}. Publish a change first.")
    made = CourseRelease.objects.create(
        course_key=locked.key,
        number=last.number + 1 if last else 1,
        title=locked.title,
        guided_hours=locked.guided_hours,
        notes=notes,
        released_at=at,
        released_by=actor,
        content_hash=content_hash,
    )
    for item in items:
        item.release = made
        item.save(force_insert=True)
        _keep_media(item)
    return made


@dataclass(frozen=True)
class Changes:
    """What a release would change for the next trainees: titles of lessons.

    ``edited``: its content, or its module's title. ``moved``: to another module or another place among the
    lessons that stay. A lesson can be both.
    """

    added: Sequence[str]
    edited: Sequence[str]
    moved: Sequence[str]
    removed: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.edited or self.moved or self.removed)


def changes_since(last: CourseRelease | None, course: CoursePage) -> Changes:
    """Compare the live lessons of ``course`` with a release of it. False when a release would be refused."""
    then = {item.item_id: item for item in last.items.defer("body").order_by("position")} if last else {}
    now = {item.item_id: item for item in _items(course)}
    stayed, order = [key for key in then if key in now], [key for key in now if key in then]
    blocks = SequenceMatcher(None, stayed, order, autojunk=False).get_matching_blocks()
    in_line = {key for block in blocks for key in stayed[block.a : block.a + block.size]}
    return Changes(
        added=[item.title for key, item in now.items() if key not in then],
        edited=[now[key].title for key in order if _is_edited(then[key], now[key])],
        moved=[
            now[key].title for key in order if key not in in_line or now[key].module_code != then[key].module_code
        ],
        removed=[item.title for key, item in then.items() if key not in now],
    )


def _is_edited(then: ReleaseItem, now: ReleaseItem) -> bool:
    # As if it had stayed at its place: a lesson that moved is not edited by that.
    titled = now if now.module_code == then.module_code else then
    module = (then.module_code, titled.module_title)
    return then.content_hash != _content_hash(now, position=then.position, module=module)


def _items(course: CoursePage) -> Iterable[ReleaseItem]:
    lessons = list(LessonPage.objects.descendant_of(course).live().order_by("path"))
    position = 0
    for module in ModulePage.objects.child_of(course).live().order_by("path"):
        for lesson in lessons:
            if lesson.is_child_of(module):
                position += 1
                yield _item(lesson, module, position)


def _item(lesson: LessonPage, module: ModulePage, position: int) -> ReleaseItem:
    item = ReleaseItem(
        item_id=lesson.item_id,
        position=position,
        module_code=module.code,
        module_title=module.title,
        title=lesson.title,
        summary=lesson.summary,
        minutes=lesson.minutes,
        mandatory=lesson.mandatory,
        review=lesson.review,
        body=lesson.body,
    )
    item.content_hash = _content_hash(item, position=position, module=(module.code, module.title))
    return item


def _content_hash(item: ReleaseItem, *, position: int, module: tuple[str, str]) -> str:
    """The hash of an item's content at that place in the course; ``module`` = its code and title."""
    return _hash(
        [
            str(item.item_id),
            position,
            *module,
            item.title,
            item.summary,
            item.minutes,
            item.mandatory,
            item.review,
            list(item.body.raw_data),
        ]
    )


def _hash(facts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False, default=dict).encode()).hexdigest()


def _keep_media(item: ReleaseItem) -> None:
    """Foreign keys for each picture and file shown: the database then refuses to delete them."""
    images, documents = get_image_model(), get_document_model()
    for model, object_id, _path, _content_path in item.body.stream_block.extract_references(item.body):
        if issubclass(model, images):
            ReleaseImage.objects.get_or_create(item=item, image_id=object_id)
        elif issubclass(model, documents):
            ReleaseDocument.objects.get_or_create(item=item, document_id=object_id)
