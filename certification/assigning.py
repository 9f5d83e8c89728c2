"""Who is asked to assess what."""

import datetime as dt
from collections.abc import Set

from certification.models import Submission
from certification.values import AllocationKind


def offer_to_same(submission: Submission, kinds: Set[AllocationKind], *, at: dt.datetime) -> None:
    """Offer the healed stage to whoever marked the procedure as that kind in this round."""
