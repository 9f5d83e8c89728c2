"""The founding panel: three assessors, each proposed by one officer and confirmed by another."""

import datetime as dt

from certification import authorising
from certification.models import AssessorAuthorisation
from certification.values import AuthorisationBasis
from training_site.accounts.models import User
from training_site.common import approvals
from training_site.common.days import DAY, body_day
from training_site.starter.demo.candidates import CANDIDATE

OFFICERS = ("officer@stipple.example", "officer2@stipple.example")
WORK_AT = {
    "assessor@stipple.example": ("Northgate Scalp Studio", "Manchester", "GB"),
    "assessor2@stipple.example": ("Riverside Clinic", "Vienna", "AT"),
    "assessor3@stipple.example": ("Studio Weiss", "Basel", "CH"),
}


def load(people: dict[str, User], *, now: dt.datetime) -> None:
    """Authorise them once, from 390 days before ``now`` on; each has said where they work."""
    if AssessorAuthorisation.objects.exists():
        return
    proposer, confirmer = (people[email] for email in OFFICERS)
    at = now - 390 * DAY
    version = people[CANDIDATE].case_files.get().scheme_version
    until = authorising.founding_panel_until(version.scheme, months=version.terms.assessors.founding_months)
    for email, (studio, town, country) in WORK_AT.items():
        proposal = authorising.propose(
            people[email],
            version,
            basis=AuthorisationBasis.FOUNDING_PANEL,
            reason="Twelve years of practice and more than four hundred scars and crowns; references seen.",
            starts_on=body_day(at),
            ends_on=until,
            officer=proposer,
            at=at,
        )
        approvals.confirm(proposal, actor=confirmer, reason="References called and confirmed.", at=at)
        authorising.state_workplace(people[email], studio=studio, town=town, country=country, at=at)
