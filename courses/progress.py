"""Reading: opening and finishing items, how far one is, where to go on (C1, C5)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from courses import enrolling
from courses.errors import CourseRefusal
from courses.models import CompletionRecord, Enrolment, ItemProgress, ReleaseItem


@dataclass(frozen=True)
class Row:
    """An item in a trainee's course, without its content."""

    item: ReleaseItem
    opened: bool
    finished: bool


@dataclass(frozen=True)
class Course:
    """A trainee's course: items in order, counts of mandatory items, and where to go on."""

    rows: Sequence[Row]
    finished: int
    mandatory: int
    carry_on: ReleaseItem | None

    @property
    def begun(self) -> bool:
        return any(row.opened for row in self.rows)

    @property
    def complete(self) -> bool:
        return self.finished == self.mandatory


def course_of(enrolment: Enrolment) -> Course:
    """Everything the course page and a lesson's navigation need, in two queries."""
    return courses_of([enrolment])[enrolment.pk]


def courses_of(enrolments: Collection[Enrolment]) -> dict[int, Course]:
    """The course of each enrolment, by the enrolment's id; two queries however many there are."""
    items: dict[int, list[ReleaseItem]] = defaultdict(list)
    releases = {enrolment.release_id for enrolment in enrolments}
    for item in ReleaseItem.objects.filter(release__in=releases).defer("body").order_by("position"):
        items[item.release_id].append(item)
    kept: dict[int, dict[int, ItemProgress]] = defaultdict(dict)
    for progress in ItemProgress.objects.filter(enrolment__in=enrolments):
        kept[progress.enrolment_id][progress.item_id] = progress
    return {enrolment.pk: _course(items[enrolment.release_id], kept[enrolment.pk]) for enrolment in enrolments}


def _course(items: Sequence[ReleaseItem], kept: dict[int, ItemProgress]) -> Course:
    rows = [
        Row(item=item, opened=item.pk in kept, finished=item.pk in kept and kept[item.pk].finished_at is not None)
        for item in items
    ]
    return Course(
        rows=rows,
        finished=sum(row.finished for row in rows if row.item.mandatory),
        mandatory=sum(row.item.mandatory for row in rows),
        carry_on=_carry_on(rows, kept),
    )


def _carry_on(rows: Sequence[Row], kept: dict[int, ItemProgress]) -> ReleaseItem | None:
    """The lesson opened last if it is unfinished, else the first unfinished one."""
    unfinished = [row.item for row in rows if not row.finished]
    opened = [item for item in unfinished if item.pk in kept]
    if opened:
        return max(opened, key=lambda item: kept[item.pk].last_opened_at)
    return unfinished[0] if unfinished else None


def open_item(enrolment: Enrolment, item: ReleaseItem, *, at: dt.datetime) -> None:
    """Remember that the item was looked at: the course is resumed here.

    Raises CourseRefusal when the course cannot be read.
    """
    _must_be_readable(enrolment, item)
    kept = ItemProgress.objects.filter(enrolment=enrolment, item=item)
    if not kept.update(last_opened_at=at):
        kept.get_or_create(enrolment=enrolment, item=item, defaults={"opened_at": at, "last_opened_at": at})


@transaction.atomic
def finish_item(enrolment: Enrolment, item: ReleaseItem, *, at: dt.datetime) -> Enrolment:
    """Mark the item as finished; finishing the last mandatory one completes the course.

    Safe to call twice. Raises CourseRefusal when the course cannot be read.
    """
    locked = Enrolment.objects.select_for_update().select_related("trainee", "release").get(pk=enrolment.pk)
    open_item(locked, item, at=at)
    locked.item_progress.filter(item=item, finished_at=None).update(finished_at=at)
    if locked.state == Enrolment.State.ACTIVE and course_of(locked).complete:
        locked = enrolling.complete(locked)
        CompletionRecord.objects.create(enrolment=locked, release=locked.release, completed_at=at)
    return locked


def _must_be_readable(enrolment: Enrolment, item: ReleaseItem) -> None:
    if enrolment.state not in Enrolment.READABLE:
        raise CourseRefusal(
            f"This enrolment is “{enrolment.get_state_display()}”. Ask the office to open it again."
        )
    if item.release_id != enrolment.release_id:
        raise CourseRefusal("This lesson is not part of your edition of the course.")
