"""What waits for an assessor on ``/my/``: offers, work in hand, and that nobody knows yet where they work."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse

from certification.desk import SOON
from certification.models import Allocation, Workplace
from certification.values import AllocationState
from training_site.accounts.roles import Role
from training_site.common.cards import Card, register
from training_site.common.days import body_day, in_words


@register
def for_assessor(user: Any, at: dt.datetime) -> Iterator[Card]:
    """An assessor's cards: what is in hand first, for it has a day."""
    if not user.holds(Role.ASSESSOR):
        return
    in_hand, offered = Q(state=AllocationState.ACCEPTED), Q(state=AllocationState.OFFERED)
    waiting = Allocation.objects.for_user(user).aggregate(
        in_hand=Count("pk", filter=in_hand),
        due=Min("due_at", filter=in_hand),
        offered=Count("pk", filter=offered),
        answer_by=Min("due_at", filter=offered),
    )
    if waiting["in_hand"]:
        count, day = waiting["in_hand"], in_words(body_day(waiting["due"]))
        what = "One piece is in hand," if count == 1 else f"{count} pieces are in hand, the first"
        yield Card(
            title="Marking",
            sentence=f"{what} due on {day}.",
            url=reverse("desk"),
            action="Go on marking",
            count=count,
            tone="caution" if waiting["due"] - at <= SOON else "wait",
            order=28,
        )
    if waiting["offered"]:
        count, day = waiting["offered"], in_words(body_day(waiting["answer_by"]))
        what = "One case waits" if count == 1 else f"{count} cases wait"
        yield Card(
            title="Offers to mark",
            sentence=f"{what} for your answer until {day}.",
            url=reverse("desk"),
            action="Answer the offers",
            count=count,
            order=30,
        )
    if not Workplace.objects.filter(assessor=user, left_at=None).exists():
        yield Card(
            title="Where you work",
            sentence="Say it before you are asked to mark: nobody judges the work of their own studio.",
            url=reverse("workplaces"),
            action="Say where you work",
            tone="caution",
            order=26,
        )
