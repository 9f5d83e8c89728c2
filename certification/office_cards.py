"""What waits for the office of certification."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Min
from django.urls import reverse

from certification import assigning, authorising
from certification.models import Application
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.days import body_day, in_words


@cards.register
def certification_office(user: User, at: dt.datetime) -> Iterator[cards.Card]:
    """Applications that wait for an officer."""
    if not user.holds(Role.CERTIFICATION_OFFICER):
        return
    waiting = Application.objects.waiting().aggregate(count=Count("pk"), oldest=Min("submitted_at"))
    if waiting["count"]:
        waits = (
            "One application waits"
            if waiting["count"] == 1
            else f"{waiting['count']} applications wait, the oldest"
        )
        yield cards.Card(
            title="Applications",
            sentence=f"{waits} since {in_words(body_day(waiting['oldest']))}.",
            url=reverse("office_applications"),
            action="Read the applications",
            count=waiting["count"],
            order=80,
        )


@cards.register
def marking_office(user: User, at: dt.datetime) -> Iterator[cards.Card]:
    """Marking to give out, and proposed authorisations that this officer may decide."""
    if not user.holds(Role.CERTIFICATION_OFFICER):
        return
    others = assigning.waiting().exclude(case__practitioner=user).order_by()
    waiting = others.aggregate(count=Count("pk"), oldest=Min("handed_in_at"))
    if waiting["count"]:
        waits = (
            "One case waits for an assessor"
            if waiting["count"] == 1
            else f"{waiting['count']} cases wait for an assessor, the oldest"
        )
        yield cards.Card(
            title="Marking to allocate",
            sentence=f"{waits} since {in_words(body_day(waiting['oldest']))}.",
            url=reverse("office_marking"),
            action="Allocate marking",
            count=waiting["count"],
            order=82,
        )
    proposals = authorising.proposed().exclude(proposed_by=user).exclude(object_id=str(user.pk))
    if many := proposals.count():
        yield cards.Card(
            title="Authorisations to decide",
            sentence=(
                "A colleague proposes an assessor, and a second officer decides."
                if many == 1
                else f"Colleagues propose {many} assessors, and a second officer decides."
            ),
            url=reverse("office_assessors"),
            action="Read the proposals",
            count=many,
            order=84,
        )
