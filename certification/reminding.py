"""Scheduled reminders to candidates, as long as they are trainees."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Max, Q
from django.urls import reverse

from certification.cases import HEALED_OPEN
from certification.models import Submission
from certification.values import TREATING
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common import notices, tick
from training_site.common.days import body_day
from training_site.common.models import Notice

AGAIN_AFTER = dt.timedelta(days=28)
"""Between the first mail about healed photographs and the second, which is the last."""

GIVEN_UP_AFTER = dt.timedelta(days=365)
"""Sent mail is kept for a year; until then its key shows that it went out."""


@dataclass(frozen=True)
class Due:
    """An attempt whose healed photographs are missing although they count since ``since``."""

    submission: Submission
    since: dt.date
    again: bool

    @property
    def key(self) -> str:
        return f"healed_due:{self.submission.pk}" + (":again" if self.again else "")


@tick.step("remind of healed photographs", every=dt.timedelta(days=1))
def remind_of_healed(at: dt.datetime) -> int:
    """Mail candidates whose healed photographs are due, and once more 28 days later. Returns how many mails."""
    waiting = due(on=body_day(at))
    sent = set(Notice.objects.filter(key__in=[each.key for each in waiting]).values_list("key", flat=True))
    unsent = [each for each in waiting if each.key not in sent]
    for each in unsent:
        _remind(each)
    return len(unsent)


def due(*, on: dt.date) -> list[Due]:
    """Handed in, healed photographs missing, and their first day has come (T12 of ``dates.json``)."""
    waiting = (
        Submission.objects.filter(
            state__in=HEALED_OPEN,
            healed_in_at=None,
            case__practitioner__in=User.objects.holding(Role.TRAINEE),
        )
        .select_related("case__practitioner", "case__scheme_version")
        .annotate(treated_on=Max("case__visits__visited_on", filter=Q(case__visits__kind__in=TREATING)))
        .exclude(treated_on=None)
        .order_by("handed_in_at", "pk")
    )
    found = []
    for submission in waiting:
        assert submission.handed_in_at is not None
        since = submission.treated_on + dt.timedelta(days=submission.case.scheme_version.terms.healed_days)
        # Whoever hands in late is reminded from that day on.
        days = on - max(since, body_day(submission.handed_in_at))
        if dt.timedelta() <= days < GIVEN_UP_AFTER:
            found.append(Due(submission, since, again=days >= AGAIN_AFTER))
    return found


def _remind(due: Due) -> None:
    case = due.submission.case
    notices.post_template(
        "healed_due",
        {
            "ref": case.ref,
            "treatment": case.get_treatment_display(),
            "since": due.since,
            "again": due.again,
            "address": settings.BASE_URL + reverse("case", args=[case.ref]),
        },
        to=case.practitioner.email,
        user=case.practitioner,
        key=due.key,
    )
