"""What waits for a trainer: visits of trainees that nobody has observed."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse

from certification import observing
from training_site.common import cards
from training_site.common.cards import Card
from training_site.common.days import body_day, in_words


@cards.register
def for_trainer(user: Any, at: dt.datetime) -> Iterator[Card]:
    """Visits whose observation this trainer may sign."""
    visits = observing.observable(user, on=body_day(at)).order_by()
    waiting = visits.aggregate(count=Count("pk"), oldest=Min("visited_on"))
    if waiting["count"]:
        day = in_words(waiting["oldest"])
        waits = f"One visit, of {day}," if waiting["count"] == 1 else f"{waiting['count']} visits, from {day} on,"
        yield Card(
            title="Observations to sign",
            sentence=f"{waits} can be observed. Sign if you were there.",
            url=reverse("train_observations"),
            action="See the visits",
            count=waiting["count"],
            order=32,
        )
