"""Acts that need two people: one proposes, another confirms, and only then it happens.

An app registers each kind of act when it is ready, with who may propose, who may confirm, who is concerned
(and may do neither), and what is carried out on confirmation. The database refuses a decision by the
proposer and a second open proposal of a kind for one subject, whatever the code does.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, models, transaction

from training_site.common import personal_data
from training_site.common.history import save_as
from training_site.common.models import Proposal
from training_site.common.models.approvals import ProposalState as State

ALLOWED = {
    State.PROPOSED: {State.CONFIRMED, State.REJECTED, State.CANCELLED},
    State.CONFIRMED: set(),
    State.REJECTED: set(),
    State.CANCELLED: set(),
}


class ApprovalRefused(ValueError):
    """The proposal cannot be made or decided as things stand; the message says why."""


class NotAllowed(ApprovalRefused):
    """This person may not do it; the message says who may."""


def nobody(proposal: Proposal) -> set[int]:
    """No person is concerned by the act itself."""
    return set()


@dataclass(frozen=True)
class Act:
    """A kind of act that needs two people. ``label`` is a noun phrase: ``revocation of a certification``."""

    kind: str
    label: str
    carry_out: Callable[..., None]
    may_propose: Callable[[Any], bool]
    may_confirm: Callable[[Any], bool]
    concerned: Callable[[Proposal], set[int]]


_acts: dict[str, Act] = {}


def register(
    kind: str,
    *,
    label: str,
    carry_out: Callable[..., None],
    may_propose: Callable[[Any], bool],
    may_confirm: Callable[[Any], bool],
    concerned: Callable[[Proposal], set[int]] = nobody,
) -> None:
    """Register a kind of act.

    ``carry_out(proposal, actor=…, at=…)`` runs in the transaction of the confirmation; whatever it raises
    leaves the proposal open. ``concerned`` returns ids of people who may neither propose nor decide this one;
    when asked before a proposal is made, its proposal is not saved yet.
    """
    if kind in _acts:
        raise ImproperlyConfigured(f"Two acts are called “{kind}”.")
    _acts[kind] = Act(kind, label, carry_out, may_propose, may_confirm, concerned)


def act_of(proposal: Proposal) -> Act:
    """What was proposed. Raises KeyError for a kind that no app registers any more."""
    return _acts[proposal.kind]


def propose(
    kind: str,
    *,
    subject: models.Model,
    actor: AbstractBaseUser,
    reason: str,
    payload: dict[str, Any] | None = None,
    at: dt.datetime,
) -> Proposal:
    """Propose an act on ``subject``. ``payload`` is what ``carry_out`` needs to know (JSON).

    Raises NotAllowed when ``actor`` may not, ApprovalRefused without a reason or when the same is open.
    """
    act = _acts[kind]
    proposal = Proposal(
        kind=kind,
        content_type=ContentType.objects.get_for_model(subject),
        object_id=str(subject.pk),
        payload=payload or {},
        reason=reason.strip(),
        proposed_by_id=actor.pk,
        proposed_at=at,
    )
    if not act.may_propose(actor):
        raise NotAllowed(f"Your role does not propose this: {act.label}.")
    _refuse_concerned(act, proposal, actor)
    _refuse_without(proposal.reason)
    try:
        save_as(proposal, actor=actor, reason=f"Proposed: {act.label}. {proposal.reason}", force_insert=True)
    except IntegrityError:
        if _open_like(proposal).exists():
            raise ApprovalRefused(
                f"This is proposed already: {act.label}. Decide the open proposal first, or have it taken back."
            ) from None
        raise
    return proposal


def confirm(proposal: Proposal, *, actor: AbstractBaseUser, reason: str, at: dt.datetime) -> Proposal:
    """Confirm a proposal and carry it out, all or nothing. Returns the decided proposal.

    Raises NotAllowed for the proposer, a person concerned or one without the right; ApprovalRefused without a
    reason or when it was decided meanwhile; and whatever carrying it out raises.
    """
    with transaction.atomic():
        decided = _decide(proposal, State.CONFIRMED, actor=actor, reason=reason, at=at)
        act_of(decided).carry_out(decided, actor=actor, at=at)
    return decided


def reject(proposal: Proposal, *, actor: AbstractBaseUser, reason: str, at: dt.datetime) -> Proposal:
    """Decline a proposal; it takes the same second person as confirming. Raises as ``confirm``."""
    return _decide(proposal, State.REJECTED, actor=actor, reason=reason, at=at)


def cancel(proposal: Proposal, *, actor: AbstractBaseUser, reason: str, at: dt.datetime) -> Proposal:
    """Take back one's own proposal.

    Raises NotAllowed for anybody but its proposer, ApprovalRefused without a reason or when it was decided.
    """
    return _decide(proposal, State.CANCELLED, actor=actor, reason=reason, at=at)


def waiting_for(user: AbstractBaseUser) -> list[Proposal]:
    """Open proposals that this person may decide, the oldest first."""
    kinds = [kind for kind, act in _acts.items() if act.may_confirm(user)]
    others = Proposal.objects.filter(kind__in=kinds, state=State.PROPOSED).exclude(proposed_by=user.pk)
    rows = others.select_related("content_type", "proposed_by").order_by("proposed_at", "pk")
    return [row for row in rows if user.pk not in act_of(row).concerned(row)]


@transaction.atomic
def _decide(proposal: Proposal, to: State, *, actor: AbstractBaseUser, reason: str, at: dt.datetime) -> Proposal:
    # Read again under a lock: of two who decide at once the second finds it decided.
    locked = Proposal.objects.select_for_update().get(pk=proposal.pk)
    act = act_of(locked)
    if to not in ALLOWED[State(locked.state)]:
        raise ApprovalRefused(f"This proposal is {State(locked.state).label.lower()} already.")
    if to is State.CANCELLED:
        _refuse_stranger(locked, actor)
    else:
        _refuse_unfit(act, locked, actor)
    _refuse_without(reason)
    locked.state, locked.decided_by_id, locked.decided_at = to, actor.pk, at
    locked.decision_reason = reason.strip()
    return save_as(
        locked,
        actor=actor,
        reason=f"{to.label}: {act.label}. {locked.decision_reason}",
        fields=["state", "decided_by", "decided_at", "decision_reason"],
    )


def _refuse_stranger(proposal: Proposal, actor: AbstractBaseUser) -> None:
    if actor.pk != proposal.proposed_by_id:
        raise NotAllowed("Only who made a proposal takes it back. You can reject it instead.")


def _refuse_unfit(act: Act, proposal: Proposal, actor: AbstractBaseUser) -> None:
    if actor.pk == proposal.proposed_by_id:
        raise NotAllowed("Nobody decides their own proposal. Ask a colleague, or take it back.")
    if not act.may_confirm(actor):
        raise NotAllowed(f"Your role does not decide this: {act.label}.")
    _refuse_concerned(act, proposal, actor)


def _refuse_concerned(act: Act, proposal: Proposal, actor: AbstractBaseUser) -> None:
    if actor.pk in act.concerned(proposal):
        raise NotAllowed("You are concerned by this yourself. Ask a colleague who is not.")


def _refuse_without(reason: str) -> None:
    if not reason.strip():
        raise ApprovalRefused("Say why, in a sentence that others can check later.")


def _open_like(proposal: Proposal) -> models.QuerySet[Proposal]:
    return Proposal.objects.filter(
        kind=proposal.kind,
        content_type=proposal.content_type,
        object_id=proposal.object_id,
        state=State.PROPOSED,
    )


personal_data.describe(
    Proposal,
    what="Who proposed and who decided a measure, their reasons and its details",
    why="Measures against a person need two people; both answer for it",
    kept="As long as the record of the measure",
)
