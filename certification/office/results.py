"""Results in the office: released, held back, or marked again."""

import datetime as dt
from typing import Any

from django.urls import URLPattern

from certification.models import Submission


def panel(submission: Submission, *, user: Any, at: dt.datetime) -> dict[str, Any]:
    """What ``certification/office/attempt_result.html`` shows of an attempt."""
    return {}


def urls() -> list[URLPattern]:
    return []
