"""The scheme as a draft: an officer reads it, approves it and puts it into force."""

import datetime as dt

from certification import schemes
from certification.models import Scheme, SchemeVersion
from training_site.common.history import save_as
from training_site.starter.files import read

PREFIX = "SMP"


def load(*, course_key: str, at: dt.datetime) -> SchemeVersion:
    """Make scheme, rubric and first version where they are missing. Returns the newest version."""
    rules = read("scheme.json")
    scheme = Scheme.objects.filter(key=rules["key"]).first() or save_as(
        Scheme(key=rules["key"], title=rules["title"], prefix=PREFIX, course_key=course_key),
        actor=None,
        reason="Starter data.",
    )
    rubric = schemes.add_rubric(rules["key"], rules["title"], read("rubric.json"), at=at)
    return scheme.versions.first() or schemes.draft(
        scheme,
        rubric=rubric,
        rules=rules,
        slots=read("evidence_slots.json"),
        questions=read("screen_questions.json"),
        actor=None,
        reason="Starter data.",
    )
