"""Who may assess, on what basis, from when to when; and where assessors work, as they state it.

One officer grants an authorisation on the basis of experience and ends any. The founding panel and equivalent
experience take two officers (``approvals``, kind ``authorise_exceptional``).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min, Q, QuerySet

from certification.errors import AuthorisationRefused
from certification.models import AssessorAuthorisation, Scheme, SchemeVersion, Workplace
from certification.values import AuthorisationBasis
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common import approvals
from training_site.common.days import DAY, add_months, body_day, in_words, period_end
from training_site.common.history import save_as
from training_site.common.models import Proposal
from training_site.common.models.approvals import ProposalState

KIND = "authorise_exceptional"
EXCEPTIONAL = frozenset({AuthorisationBasis.FOUNDING_PANEL, AuthorisationBasis.EQUIVALENT})
"""Bases that take two officers."""


# Granting -----------------------------------------------------------------------------------------


@transaction.atomic
def grant(
    person: User,
    version: SchemeVersion,
    *,
    certified_since: dt.date,
    logged_cases: int,
    reason: str,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    officer: User,
    at: dt.datetime,
) -> AssessorAuthorisation:
    """Authorise a person on the basis of experience, under the scheme of ``version`` and by its numbers.

    They are certified for so many years on the first day, and have logged so many cases. ``ends_on`` is the last
    day, None while none is set. Raises AuthorisationRefused.
    """
    _refuse_officer(officer, person)
    asked = version.terms.assessors
    if starts_on < body_day(at):
        raise AuthorisationRefused("The first day lies in the past. Nobody is authorised for days gone by.")
    enough_on = add_months(certified_since, 12 * asked.certified_years)
    if enough_on > starts_on:
        raise AuthorisationRefused(
            f"Certified since {in_words(certified_since)}: {asked.certified_years} years are over on "
            f"{in_words(enough_on)}. Choose that day or a later one as the first day, or propose equivalent "
            "experience."
        )
    if logged_cases < asked.logged_cases:
        raise AuthorisationRefused(
            f"{logged_cases} cases are logged, and {asked.logged_cases} are needed. Equivalent experience is "
            "proposed by one officer and confirmed by another."
        )
    return _write(
        person,
        version.scheme,
        AuthorisationBasis.EXPERIENCE,
        reason=reason,
        starts_on=starts_on,
        ends_on=ends_on,
        officer=officer,
        certified_since=certified_since,
        logged_cases=logged_cases,
    )


@transaction.atomic
def propose(
    person: User,
    version: SchemeVersion,
    *,
    basis: str,
    reason: str,
    starts_on: dt.date,
    ends_on: dt.date | None,
    officer: User,
    at: dt.datetime,
) -> Proposal:
    """Propose an authorisation for the founding panel or on equivalent experience; another officer confirms it.

    Raises AuthorisationRefused for what could not be granted as things stand, approvals.ApprovalRefused when a
    proposal for this person is open.
    """
    _refuse_officer(officer, person)
    if basis not in EXCEPTIONAL:
        raise AuthorisationRefused("Experience takes one officer: grant it instead of proposing it.")
    if starts_on < body_day(at):
        raise AuthorisationRefused("The first day lies in the past. Nobody is authorised for days gone by.")
    _refuse_unfit(person, version.scheme, basis, reason, starts_on, ends_on, months=_founding_months(version))
    return approvals.propose(
        KIND,
        subject=person,
        actor=officer,
        reason=reason,
        payload={
            "version": version.pk,
            "basis": basis,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat() if ends_on else None,
        },
        at=at,
    )


def proposed() -> QuerySet[Proposal]:
    """Proposals that wait for a second officer, the oldest first."""
    rows = Proposal.objects.filter(kind=KIND, state=ProposalState.PROPOSED)
    return rows.select_related("proposed_by", "content_type").order_by("proposed_at", "pk")


def carry_out(proposal: Proposal, *, actor: Any, at: dt.datetime) -> None:
    """Write down what was proposed. One that is confirmed late counts from that day on, never for days before."""
    version = SchemeVersion.objects.select_related("scheme").get(pk=proposal.payload["version"])
    person = User.objects.get(pk=proposal.object_id)
    ends_on = proposal.payload["ends_on"]
    _write(
        person,
        version.scheme,
        proposal.payload["basis"],
        reason=proposal.reason,
        starts_on=max(dt.date.fromisoformat(proposal.payload["starts_on"]), body_day(at)),
        ends_on=dt.date.fromisoformat(ends_on) if ends_on else None,
        officer=actor,
        months=_founding_months(version),
    )


def founding_panel_until(scheme: Scheme, *, months: int) -> dt.date | None:
    """The last day on which a founding panel may assess; None while the scheme was never in force.

    The last day of a period of so many months that begins on the day on which the scheme's first version took
    effect: 1 January 2026 and 36 months give 31 December 2028.
    """
    first = scheme.versions.aggregate(first=Min("effective_on"))["first"]
    return period_end(first, months) if first else None


@transaction.atomic
def end(
    authorisation: AssessorAuthorisation, *, on: dt.date, reason: str, officer: User, at: dt.datetime
) -> AssessorAuthorisation:
    """Set the last day of an authorisation; ``on`` = yesterday ends it at once. One officer does.

    Raises AuthorisationRefused.
    """
    locked = AssessorAuthorisation.objects.select_for_update(of=("self",)).select_related("assessor")
    kept = locked.get(pk=authorisation.pk)
    _refuse_role(officer)
    if officer.pk == kept.assessor_id:
        raise AuthorisationRefused("Nobody ends their own authorisation. Ask another officer.")
    if not reason.strip():
        raise AuthorisationRefused("Say why, so that it can be understood later.")
    if kept.ends_on is not None and kept.ends_on <= on:
        raise AuthorisationRefused(
            f"It ends on {in_words(kept.ends_on)} already. An authorisation is made shorter here, never longer."
        )
    if on < kept.starts_on:
        raise AuthorisationRefused(f"It begins on {in_words(kept.starts_on)}. Choose that day or a later one.")
    if on < body_day(at) - DAY:
        raise AuthorisationRefused("The last day was yesterday at the earliest: what was marked before stands.")
    kept.ends_on = on
    return save_as(kept, actor=officer, reason=f"Ended. {reason.strip()}", fields=["ends_on"])


def _write(
    person: User,
    scheme: Scheme,
    basis: str,
    *,
    reason: str,
    starts_on: dt.date,
    ends_on: dt.date | None,
    officer: User,
    months: int = 0,
    **facts: Any,
) -> AssessorAuthorisation:
    # Two grants at once would each find no authorisation: the second waits here.
    User.objects.select_for_update().get(pk=person.pk)
    _refuse_unfit(person, scheme, basis, reason, starts_on, ends_on, months=months)
    made = AssessorAuthorisation(
        assessor=person,
        scheme=scheme,
        basis=basis,
        reason=reason.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        **facts,
    )
    return save_as(made, actor=officer, reason="Authorised to assess.")


def _refuse_unfit(
    person: User,
    scheme: Scheme,
    basis: str,
    reason: str,
    starts_on: dt.date,
    ends_on: dt.date | None,
    *,
    months: int,
) -> None:
    if not person.holds(Role.ASSESSOR):
        raise AuthorisationRefused(
            f"{person.name} does not hold the role of an assessor. Ask an administrator to grant it first."
        )
    if not reason.strip():
        raise AuthorisationRefused("State the reasons and the proof of practice.")
    if ends_on is not None and ends_on < starts_on:
        raise AuthorisationRefused(
            f"The last day, {in_words(ends_on)}, lies before the first, {in_words(starts_on)}. Correct either."
        )
    if basis == AuthorisationBasis.FOUNDING_PANEL:
        _refuse_long_panel(scheme, ends_on, months)
    _refuse_overlap(person, scheme, starts_on, ends_on)


def _refuse_long_panel(scheme: Scheme, ends_on: dt.date | None, months: int) -> None:
    until = founding_panel_until(scheme, months=months)
    if until is None:
        raise AuthorisationRefused("The scheme is not in force yet. A founding panel is named once it is.")
    if ends_on is None or ends_on > until:
        raise AuthorisationRefused(
            f"The founding panel ends {months} months after the scheme took effect. Give a last day up to "
            f"{in_words(until)}."
        )


def _refuse_overlap(person: User, scheme: Scheme, starts_on: dt.date, ends_on: dt.date | None) -> None:
    rows = AssessorAuthorisation.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=starts_on), assessor=person, scheme=scheme
    )
    if ends_on is not None:
        rows = rows.filter(starts_on__lte=ends_on)
    if other := rows.first():
        until = f"until {in_words(other.ends_on)}" if other.ends_on else "without a last day"
        raise AuthorisationRefused(
            f"{person.name} is authorised from {in_words(other.starts_on)} {until} already. Choose other days, or "
            "end it first."
        )


def _founding_months(version: SchemeVersion) -> int:
    return version.terms.assessors.founding_months


def _refuse_role(officer: User) -> None:
    if not officer.holds(Role.CERTIFICATION_OFFICER):
        raise AuthorisationRefused("Only a certification officer authorises assessors.")


def _refuse_officer(officer: User, person: User) -> None:
    _refuse_role(officer)
    if officer.pk == person.pk:
        raise AuthorisationRefused("Nobody authorises themselves. Ask another officer.")


def _is_officer(user: Any) -> bool:
    held: bool = user.holds(Role.CERTIFICATION_OFFICER)
    return held


approvals.register(
    KIND,
    label="authorisation of an assessor on the founding panel or on equivalent experience",
    carry_out=carry_out,
    may_propose=_is_officer,
    may_confirm=_is_officer,
    concerned=lambda proposal: {int(proposal.object_id)},
)


# Where they work ----------------------------------------------------------------------------------


def state_workplace(assessor: User, *, studio: str, town: str, country: str, at: dt.datetime) -> Workplace:
    """An assessor says where they work: nobody marks the work of their own studio. Raises AuthorisationRefused."""
    if not assessor.holds(Role.ASSESSOR):
        raise AuthorisationRefused("Only assessors say here where they work.")
    stated = Workplace(
        assessor=assessor,
        studio=" ".join(studio.split()),
        town=" ".join(town.split()),
        country=country.strip().upper(),
        stated_at=at,
    )
    if not (stated.studio and stated.town and stated.country):
        raise AuthorisationRefused("Give the name of the studio or clinic, its town and its country.")
    try:
        return save_as(stated, actor=assessor, reason="Workplace stated.")
    except IntegrityError:
        raise AuthorisationRefused("You have stated this place already.") from None


@transaction.atomic
def leave_workplace(place: Workplace, *, actor: User, at: dt.datetime) -> Workplace:
    """An assessor works at a place no more; it stays on record. Raises AuthorisationRefused."""
    locked = Workplace.objects.select_for_update().get(pk=place.pk)
    if locked.assessor_id != actor.pk:
        raise AuthorisationRefused("Only who works there says that they have left.")
    if locked.left_at is not None:
        return locked
    locked.left_at = at
    return save_as(locked, actor=actor, reason="Left the workplace.", fields=["left_at"])
