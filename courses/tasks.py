"""What happens without anybody asking for it."""

import datetime as dt

from courses import exams
from training_site.common import tick


@tick.step("hand in exams whose time is up", every=dt.timedelta(minutes=1))
def hand_in_overdue_exams(at: dt.datetime) -> int:
    """Returns how many were handed in."""
    return exams.hand_in_overdue(at=at)
