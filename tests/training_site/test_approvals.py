"""Acts that need two people."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from tests.factories.people import UserFactory
from tests.together import together
from training_site.common import approvals
from training_site.common.approvals import ApprovalRefused, NotAllowed, cancel, confirm, propose, reject
from training_site.common.models import Proposal

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(hours=1)


class DeafError(RuntimeError):
    """What carrying out may raise."""


def rename(proposal, actor, at):
    """Carries out by renaming the group, and proves who confirmed and when by what it writes."""
    if proposal.payload["name"] == "refused":
        raise DeafError
    group = proposal.subject
    group.name = f"{proposal.payload['name']} by {actor.legal_name} at {at:%H:%M}"
    group.save()


@pytest.fixture(autouse=True)
def _acts(monkeypatch):
    monkeypatch.setattr(approvals, "_acts", {})
    approvals.register(
        "rename",
        label="another name for a group",
        carry_out=rename,
        may_propose=lambda user: user.display_name in ("officer", "clerk"),
        may_confirm=lambda user: user.display_name == "officer",
        concerned=lambda proposal: {proposal.payload.get("concerned")},
    )


@pytest.fixture
def ada():
    return UserFactory(legal_name="Ada", display_name="officer")


@pytest.fixture
def ben():
    return UserFactory(legal_name="Ben", display_name="officer")


@pytest.fixture
def group():
    return Group.objects.create(name="readers")


@pytest.fixture
def proposal(ada, group):
    return proposed(group, ada)


def proposed(group, actor, **payload):
    return propose(
        "rename",
        subject=group,
        actor=actor,
        reason="Too vague.",
        payload={"name": "writers"} | payload,
        at=AT,
    )


pytestmark = pytest.mark.django_db


def test_a_confirmed_proposal_is_carried_out_by_the_second_person(proposal, ben, group):
    decided = confirm(proposal, actor=ben, reason="Checked.", at=LATER)

    group.refresh_from_db()
    assert group.name == "writers by Ben at 11:00"
    assert (decided.state, decided.decided_by, decided.decided_at) == ("confirmed", ben, LATER)
    assert decided.decision_reason == "Checked."


def test_nothing_happens_before_the_second_person_decides(proposal, group):
    group.refresh_from_db()
    assert group.name == "readers"


def test_both_steps_stand_in_history_with_person_and_reason(proposal, ada, ben):
    confirm(proposal, actor=ben, reason="Checked.", at=LATER)

    rows = proposal.history.order_by("pk").values_list("state", "history_user", "history_change_reason")
    assert list(rows) == [
        ("proposed", ada.pk, "Proposed: another name for a group. Too vague."),
        ("confirmed", ben.pk, "Confirmed: another name for a group. Checked."),
    ]


@pytest.mark.parametrize("decide", [confirm, reject])
def test_the_proposer_never_decides(proposal, ada, group, decide):
    with pytest.raises(NotAllowed, match="Nobody decides their own proposal"):
        decide(proposal, actor=ada, reason="Me.", at=LATER)

    proposal.refresh_from_db()
    assert proposal.state == "proposed"


@pytest.mark.parametrize("decide", [confirm, reject])
def test_a_person_without_the_right_decides_nothing(proposal, decide):
    with pytest.raises(NotAllowed, match=r"^Your role does not decide this: another name for a group\.$"):
        decide(proposal, actor=UserFactory(display_name="clerk"), reason="Me.", at=LATER)


@pytest.mark.parametrize("decide", [confirm, reject])
def test_a_person_concerned_decides_nothing(ada, ben, group, decide):
    proposal = proposed(group, ada, concerned=ben.pk)

    with pytest.raises(NotAllowed, match="You are concerned by this yourself"):
        decide(proposal, actor=ben, reason="Me.", at=LATER)


def test_a_person_concerned_proposes_nothing(ada, group):
    with pytest.raises(NotAllowed, match="You are concerned by this yourself"):
        proposed(group, ada, concerned=ada.pk)


def test_a_person_without_the_right_proposes_nothing(group):
    with pytest.raises(NotAllowed, match=r"^Your role does not propose this: another name for a group\.$"):
        proposed(group, UserFactory(display_name="visitor"))

    assert Proposal.objects.count() == 0


def test_a_rejected_proposal_changes_nothing_and_makes_room_for_another(proposal, ada, ben, group):
    rejected = reject(proposal, actor=ben, reason="No need.", at=LATER)

    group.refresh_from_db()
    assert (rejected.state, group.name) == ("rejected", "readers")
    assert proposed(group, ada).pk != proposal.pk


def test_the_proposer_takes_a_proposal_back(proposal, ada):
    assert cancel(proposal, actor=ada, reason="A slip.", at=LATER).state == "cancelled"


def test_nobody_else_takes_a_proposal_back(proposal, ben):
    with pytest.raises(NotAllowed, match="Only who made a proposal takes it back"):
        cancel(proposal, actor=ben, reason="Me.", at=LATER)


@pytest.mark.parametrize("first", ["confirm", "reject", "cancel"])
@pytest.mark.parametrize("second", ["confirm", "reject", "cancel"])
def test_a_decided_proposal_is_decided_for_good(proposal, ada, ben, first, second):
    moves = {"confirm": (confirm, ben), "reject": (reject, ben), "cancel": (cancel, ada)}
    move, actor = moves[first]
    move(proposal, actor=actor, reason="First.", at=LATER)
    move, actor = moves[second]

    with pytest.raises(ApprovalRefused, match=r"^This proposal is \w+ already\.$"):
        move(proposal, actor=actor, reason="Second.", at=LATER)


def test_what_cannot_be_carried_out_leaves_the_proposal_open(ada, ben, group):
    proposal = proposed(group, ada, name="refused")

    with pytest.raises(DeafError):
        confirm(proposal, actor=ben, reason="Checked.", at=LATER)

    proposal.refresh_from_db()
    assert (proposal.state, proposal.history.count()) == ("proposed", 1)


@pytest.mark.parametrize("reason", ["", "  \n"], ids=["none", "blanks"])
def test_every_step_needs_a_reason(proposal, ada, ben, reason):
    other = Group.objects.create(name="other")

    for step in (
        lambda: propose("rename", subject=other, actor=ada, reason=reason, payload={}, at=AT),
        lambda: confirm(proposal, actor=ben, reason=reason, at=LATER),
        lambda: reject(proposal, actor=ben, reason=reason, at=LATER),
        lambda: cancel(proposal, actor=ada, reason=reason, at=LATER),
    ):
        with pytest.raises(ApprovalRefused, match="Say why"):
            step()


def test_one_proposal_of_a_kind_is_open_for_a_subject(proposal, ben, group):
    with pytest.raises(ApprovalRefused, match="This is proposed already"):
        proposed(group, ben)

    # The caller's transaction goes on.
    assert proposed(Group.objects.create(name="other"), ben).state == "proposed"


def test_what_waits_is_shown_to_those_who_may_decide_it(ada, ben, group, proposal):
    concerning_ben = proposed(Group.objects.create(name="other"), ada, concerned=ben.pk)
    cleo = UserFactory(display_name="officer")

    assert approvals.waiting_for(ben) == [proposal]
    assert approvals.waiting_for(cleo) == [proposal, concerning_ben]
    assert approvals.waiting_for(ada) == []
    assert approvals.waiting_for(UserFactory(display_name="clerk")) == []


def test_what_was_decided_waits_no_more(proposal, ben):
    reject(proposal, actor=ben, reason="No need.", at=LATER)

    assert approvals.waiting_for(ben) == []


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_who_confirm_at_once_one_carries_it_out(ada, group):
    proposal = proposed(group, ada)
    officers = [UserFactory(display_name="officer") for _ in range(6)]

    outcomes = together(
        *[lambda actor=actor: confirm(proposal, actor=actor, reason="Checked.", at=LATER) for actor in officers]
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ApprovalRefused"] * 5 + ["Proposal"]
    proposal.refresh_from_db()
    group.refresh_from_db()
    assert group.name == f"writers by {proposal.decided_by.legal_name} at 11:00"
    assert proposal.history.filter(state="confirmed").count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_proposal_is_either_confirmed_or_taken_back(ada, ben, group):
    proposal = proposed(group, ada)

    outcomes = together(
        lambda: confirm(proposal, actor=ben, reason="Checked.", at=LATER),
        lambda: cancel(proposal, actor=ada, reason="A slip.", at=LATER),
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ApprovalRefused", "Proposal"]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_who_propose_at_once_one_proposal_stands(group):
    officers = [UserFactory(display_name="officer") for _ in range(6)]

    outcomes = together(*[lambda actor=actor: proposed(group, actor) for actor in officers])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ApprovalRefused"] * 5 + ["Proposal"]


DECIDED = {"decided_by": "ben", "decided_at": LATER, "decision_reason": "Checked."}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        (DECIDED | {"state": "unheard-of"}, "proposal_state_is_known"),
        ({"reason": ""}, "proposal_has_a_reason"),
        ({"state": "confirmed"}, "proposal_decision_is_whole"),
        ({"decided_at": LATER}, "proposal_decision_is_whole"),
        (DECIDED | {"state": "confirmed", "decision_reason": ""}, "proposal_decision_is_whole"),
        (DECIDED | {"state": "confirmed", "decided_by": "ada"}, "proposal_is_decided_by_another"),
        (DECIDED | {"state": "rejected", "decided_by": "ada"}, "proposal_is_decided_by_another"),
        (DECIDED | {"state": "cancelled"}, "proposal_is_cancelled_by_its_maker"),
        (
            DECIDED | {"state": "confirmed", "decided_at": AT - dt.timedelta(seconds=1)},
            "proposal_is_decided_after_it_was_made",
        ),
    ],
    ids=[
        "unknown state",
        "no reason",
        "decided by nobody",
        "open with a decision's time",
        "decided without a reason",
        "confirmed by the proposer",
        "rejected by the proposer",
        "taken back by another",
        "decided before it was made",
    ],
)
def test_the_database_refuses_a_broken_decision(proposal, ada, ben, changes, constraint):
    if "decided_by" in changes:
        changes = changes | {"decided_by": {"ada": ada, "ben": ben}[changes["decided_by"]]}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(**changes)
