"""What waits for the office of certification."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Min
from django.urls import reverse

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
