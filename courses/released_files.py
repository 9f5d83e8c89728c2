"""Files that lessons offer: who may fetch them."""

from typing import Any

from django.db.models import Exists, OuterRef

from courses.models import Enrolment, ReleaseDocument
from training_site.accounts.models import User
from training_site.accounts.roles import STAFF


def may_fetch(document: Any, user: User) -> bool:
    """Whether ``user`` may have the file: what a release offers is for its trainees, and for staff.

    A trainee must be able to read lessons of a release that offers it. A file that no release offers is no
    lesson's, and anybody signed in may have it.
    """
    if user.holds(*STAFF):
        return True
    reading = Enrolment.objects.for_user(user).readable().filter(release=OuterRef("item__release"))
    offers = ReleaseDocument.objects.filter(document=document).annotate(is_ones_own=Exists(reading))
    # The own ones first: without any row, no release offers the file.
    best = offers.order_by("-is_ones_own").values_list("is_ones_own", flat=True).first()
    return best is None or best
