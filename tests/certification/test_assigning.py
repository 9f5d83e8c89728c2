"""Who is asked to assess what: offers, acceptance, leases, and what comes back."""

import datetime as dt
import threading
import time

import pytest
import time_machine
from django.db import IntegrityError, transaction

from certification import assigning, conflicts
from certification.advancing import advance
from certification.answering import accept, decline
from certification.assigning import choices, open_kinds, recall
from certification.errors import AllocationRefused
from certification.models import (
    Allocation,
    ConflictDeclaration,
    Exclusion,
    ProcedureCase,
    Submission,
)
from certification.submitting import hand_in, hand_in_healed, return_for_evidence
from certification.values import AllocationKind, ExclusionReason, MarkingStage
from tests.certification.offered import give, handed_in
from tests.factories.certification import AT, REASON, TODAY, add_healed, at_state, ready_case
from tests.factories.marking import (
    AT_STANDARD,
    allocation,
    answer,
    assessor,
    attempt,
    authorisation,
    marks,
    place_in_file,
)
from tests.people import person
from tests.together import together
from training_site.accounts import roles
from training_site.accounts.roles import Role
from training_site.common.history import save_as
from training_site.common.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

SECOND_OF_TIME = dt.timedelta(seconds=1)
WEEK = dt.timedelta(days=7)
PROCEDURE = {code: level for code, level in AT_STANDARD.items() if code != "R11"}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def case(officer) -> ProcedureCase:
    """Handed in as the first of its file; its papers are read."""
    return handed_in(officer)


def mails(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind).order_by("pk"))


# What is to be given out --------------------------------------------------------------------------


def test_a_case_that_is_handed_in_needs_its_first_marker(case):
    assert open_kinds(attempt(case)) == (MarkingStage.PROCEDURE, frozenset({AllocationKind.FIRST}))


def test_from_the_third_case_of_a_file_on_two_markers_are_needed(case):
    place_in_file(case, 3)

    assert open_kinds(attempt(case)) == (
        MarkingStage.PROCEDURE,
        frozenset({AllocationKind.FIRST, AllocationKind.SECOND}),
    )


def test_what_is_offered_is_not_to_be_given_out_any_more(case, officer):
    place_in_file(case, 3)
    give(case, assessor(), officer)

    assert open_kinds(attempt(case)) == (MarkingStage.PROCEDURE, frozenset({AllocationKind.SECOND}))


def test_an_event_that_was_named_needs_a_confirming_assessor(case):
    submission = at_state(case, "procedure_marking")
    marks(submission, PROCEDURE, events={"A1": "Both labels show the same cartridge."})

    assert open_kinds(submission) == (MarkingStage.PROCEDURE, frozenset({AllocationKind.CONFIRM}))


@pytest.mark.parametrize("state", ["draft", "returned", "assessed", "quality_hold", "released"])
def test_nothing_is_given_out_of_a_case_that_is_not_being_marked(state):
    assert open_kinds(attempt(ready_case(state=state))) is None


def test_nothing_is_given_out_while_healed_photographs_are_awaited(case):
    submission = at_state(case, "procedure_marking")
    marks(submission, PROCEDURE)
    advance(submission, at=AT)

    assert (submission.state, open_kinds(submission)) == ("healed_awaited", None)


def test_an_attempt_waits_while_nobody_has_it_in_hand(case, officer):
    assert list(assigning.waiting()) == [attempt(case)]

    give(case, assessor(), officer)

    assert list(assigning.waiting()) == []


def test_choices_name_everybody_the_free_and_idle_first(case):
    busy, idle, unknown = assessor(), assessor(), person(Role.ASSESSOR)
    allocation(attempt(handed_in(person(Role.CERTIFICATION_OFFICER))), to=busy)

    found = choices(attempt(case), stage="procedure", kind="first", at=AT)

    assert [(each.assessor, each.live) for each in found] == [(idle, 0), (busy, 1), (unknown, 0)]
    assert [each.reasons for each in found] == [
        (),
        (),
        (ExclusionReason.PLACE_UNKNOWN, ExclusionReason.NOT_AUTHORISED),
    ]


# Offering -----------------------------------------------------------------------------------------


def test_marking_is_offered_for_seven_days(case, officer):
    asked = assessor()

    made = give(case, asked, officer)

    assert (made.assessor, made.kind, made.marking_stage, made.round) == (asked, "first", "procedure", 1)
    assert (made.state, made.offered_by, made.due_at) == ("offered", officer, AT + WEEK)
    assert attempt(case).state == "handed_in"


def test_an_offer_keeps_who_was_not_asked_and_why(case, officer):
    asked, unknown, same = assessor(), person(Role.ASSESSOR), assessor(works_at="north street  STUDIO")
    workplace = same.workplaces.get()
    workplace.town = "Leeds"
    save_as(workplace, actor=same, reason=REASON)

    made = give(case, asked, officer)

    assert set(made.exclusions.values_list("assessor", "reason")) == {
        (unknown.pk, "place_unknown"),
        (unknown.pk, "not_authorised"),
        (same.pk, "same_place"),
    }


def test_the_assessor_gets_a_mail_without_a_name(case, officer):
    asked = assessor()

    give(case, asked, officer)

    (mail,) = mails("marking_offered")
    assert (mail.user, mail.subject) == (asked, f"Marking for you: case {case.ref}")
    assert "11 May 2026, 10:00 (Europe/London)" in mail.text
    assert case.practitioner.legal_name not in mail.subject + mail.text


def test_only_an_officer_offers(case):
    for role in (Role.QUALITY_ASSURER, Role.ASSESSOR, Role.TRAINEE):
        with pytest.raises(AllocationRefused, match=r"^Only a certification officer allocates marking\.$"):
            give(case, assessor(), person(role))


def test_an_officer_offers_nothing_in_their_own_file(case, officer):
    own = handed_in(officer)
    candidate = own.practitioner
    roles.grant(candidate, Role.CERTIFICATION_OFFICER, actor=None, reason=REASON)

    with pytest.raises(AllocationRefused, match="This file is your own"):
        give(own, assessor(), candidate)


def test_an_officer_with_a_declared_conflict_offers_nothing(case, officer):
    colleague = person(Role.CERTIFICATION_OFFICER)
    conflicts.declare(case.case_file, officer, reason="My neighbour.", declared_by=colleague, at=AT)

    with pytest.raises(AllocationRefused, match="declared between you and this file"):
        give(case, assessor(), officer)


def test_nobody_offers_to_themselves(case, officer):
    with pytest.raises(AllocationRefused, match="Nobody allocates marking to themselves"):
        give(case, officer, officer)


def test_an_excluded_assessor_is_refused_with_the_reason(case, officer):
    unauthorised = assessor(ends_on=TODAY - dt.timedelta(days=1))

    with pytest.raises(AllocationRefused) as refusal:
        give(case, unauthorised, officer)

    assert str(refusal.value) == (
        f"{unauthorised.name} cannot be asked. They are not authorised to assess today. Choose somebody else."
    )
    assert not Allocation.objects.exists()


def test_somebody_who_is_no_assessor_is_refused(case, officer):
    with pytest.raises(AllocationRefused, match="not authorised"):
        give(case, person(Role.TRAINEE), officer)


@pytest.mark.parametrize(("stage", "kind"), [("procedure", "second"), ("healed", "first"), ("procedure", "third")])
def test_a_kind_that_is_not_needed_is_refused(case, officer, stage, kind):
    with pytest.raises(AllocationRefused, match="is not to be allocated at the stage"):
        give(case, assessor(), officer, stage=stage, kind=kind)


def test_one_kind_is_offered_to_one_assessor(case, officer):
    give(case, assessor(), officer)

    with pytest.raises(AllocationRefused, match="somebody has it"):
        give(case, assessor(), officer)


def test_the_database_holds_one_marker_of_a_kind(case, officer):
    give(case, assessor(), officer)

    with pytest.raises(IntegrityError), transaction.atomic():
        allocation(attempt(case), state="offered")


def test_papers_are_read_before_marking_is_offered(officer):
    unread = ready_case()
    hand_in(unread, actor=unread.practitioner, at=AT, on=TODAY)

    with pytest.raises(AllocationRefused) as refusal:
        give(unread, assessor(), officer)

    assert str(refusal.value) == "Read and confirm the papers of this case first: treatment consent."


@pytest.mark.parametrize("state", ["returned", "assessed", "released"])
def test_a_case_that_is_not_being_marked_is_not_offered(officer, state):
    with pytest.raises(AllocationRefused, match="Nothing of it is to be allocated now"):
        give(ready_case(state=state), assessor(), officer)


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_the_second_is_refused(case, officer):
    other = person(Role.CERTIFICATION_OFFICER)
    one, two = assessor(), assessor()

    outcomes = together(lambda: give(case, one, officer), lambda: give(case, two, other))

    assert sorted(type(each).__name__ for each in outcomes) == ["Allocation", "AllocationRefused"]
    assert Allocation.objects.count() == 1


def while_under_way(first, second):
    """What ``second`` comes to when it begins after ``first`` was done and before that is committed."""
    begun = threading.Event()

    def under_way():
        with transaction.atomic():
            first()
            begun.set()
            time.sleep(0.3)

    def meanwhile():
        begun.wait(10)
        return second()

    return together(under_way, meanwhile)[1]


@pytest.mark.django_db(transaction=True)
def test_an_offer_waits_for_a_return_that_is_under_way(case, officer):
    asked = assessor()

    outcome = while_under_way(
        lambda: return_for_evidence(attempt(case), note="The label is cut off.", officer=officer, at=AT),
        lambda: give(case, asked, officer),
    )

    assert "Nothing of it is to be allocated now" in str(outcome)
    assert not Allocation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_declaration_waits_for_an_offer_that_is_under_way(case, officer):
    asked = assessor()

    outcome = while_under_way(
        lambda: give(case, asked, officer),
        lambda: conflicts.declare(case.case_file, asked, reason="Friends.", declared_by=officer, at=AT),
    )

    assert "in hand. Recall it first" in str(outcome)
    assert not ConflictDeclaration.objects.exists()


# Taking back --------------------------------------------------------------------------------------


def test_an_officer_recalls_what_is_offered_or_in_hand(case, officer):
    asked = assessor()
    made = accept(give(case, asked, officer), actor=asked, at=AT)

    ended = recall(made, reason="On sick leave.", officer=officer, at=AT)

    assert (ended.state, ended.note, ended.ended_at) == ("lapsed", "On sick leave.", AT)
    assert [mail.user for mail in mails("marking_recalled")] == [asked]
    with pytest.raises(AllocationRefused, match="in the state “Lapsed”"):
        recall(made, reason="Again.", officer=officer, at=AT)


def test_only_an_officer_recalls(case, officer):
    made = give(case, assessor(), officer)

    with pytest.raises(AllocationRefused, match="Only a certification officer"):
        recall(made, reason="Why not.", officer=person(Role.QUALITY_ASSURER), at=AT)


def test_an_officer_with_a_declared_conflict_recalls_nothing(case, officer):
    made = give(case, assessor(), officer)
    conflicts.declare(case.case_file, officer, reason="Cousins.", declared_by=officer, at=AT)

    with pytest.raises(AllocationRefused, match="declared between you and this file"):
        recall(made, reason="Not in time.", officer=officer, at=AT)


def test_submitted_marks_are_not_recalled(case, officer):
    made = allocation(at_state(case, "procedure_marking"), state="submitted")

    with pytest.raises(AllocationRefused, match="in the state “Marks submitted”"):
        recall(made, reason="Not in time.", officer=officer, at=AT)


def test_a_return_ends_the_offers(case, officer):
    place_in_file(case, 3)
    pieces = [give(case, assessor(), officer, kind=kind) for kind in ("first", "second")]

    return_for_evidence(attempt(case), note="The label is cut off.", officer=officer, at=AT)

    for piece in pieces:
        piece.refresh_from_db()
        assert (piece.state, piece.ended_at) == ("lapsed", AT)
    assert len(mails("marking_recalled")) == 2


# The healed stage ---------------------------------------------------------------------------------


def procedure_marked(officer, *, by, double: bool = False) -> Submission:
    """A case whose procedure is marked, with its healed photographs handed in."""
    case = handed_in(officer)
    if double:
        place_in_file(case, 3)
    submission = at_state(case, "procedure_marking")
    for kind, each in zip(("first", "second"), by, strict=False):
        marks(submission, PROCEDURE, kind=kind, stage="procedure", by=each)
    advance(submission, at=AT)
    add_healed(case)
    return hand_in_healed(case, actor=case.practitioner, at=AT, on=TODAY)


def test_the_healed_stage_goes_to_the_same_assessor(officer):
    asked = assessor()

    submission = procedure_marked(officer, by=[asked])

    offered = submission.allocations.live().get()
    assert (offered.assessor, offered.marking_stage, offered.kind) == (asked, "healed", "first")
    assert (offered.state, offered.offered_by, offered.due_at) == ("offered", None, AT + WEEK)
    assert [mail.user for mail in mails("marking_offered")] == [asked]


def test_of_two_markers_each_gets_their_own_kind(officer):
    one, two = assessor(), assessor()

    submission = procedure_marked(officer, by=[one, two], double=True)

    offered = submission.allocations.live()
    assert set(offered.values_list("kind", "assessor")) == {("first", one.pk), ("second", two.pk)}


def test_the_healed_stage_is_open_when_something_speaks_against_the_same_assessor(officer):
    asked = assessor(ends_on=TODAY - dt.timedelta(days=1))

    submission = procedure_marked(officer, by=[asked])

    assert not submission.allocations.live().exists()
    assert open_kinds(submission) == (MarkingStage.HEALED, frozenset({AllocationKind.FIRST}))


def test_what_came_back_is_not_offered_to_the_same_assessor_again(officer):
    asked = assessor()
    submission = procedure_marked(officer, by=[asked])
    decline(submission.allocations.live().get(), reason="On holiday.", actor=asked, at=AT)

    advance(Submission.objects.get(pk=submission.pk), at=AT)

    assert not submission.allocations.live().exists()


def test_the_healed_stage_is_not_offered_twice(officer):
    submission = procedure_marked(officer, by=[assessor()])

    advance(Submission.objects.get(pk=submission.pk), at=AT)

    assert submission.allocations.live().count() == 1


# Different people ---------------------------------------------------------------------------------


def test_whoever_named_an_event_does_not_confirm_it(case, officer):
    submission = at_state(case, "procedure_marking")
    named = assessor()
    marks(submission, PROCEDURE, by=named, events={"A1": "Both labels show the same cartridge."})

    with pytest.raises(AllocationRefused, match="another part in this case"):
        give(case, named, officer, kind="confirm")


def test_whoever_confirmed_does_not_mark_as_third(officer):
    case = handed_in(officer, healed=True)
    submission = at_state(case, "healed_marking")
    marks(submission, PROCEDURE, events={"A1": "Both labels show the same cartridge."})
    confirmed = answer(submission, "A1", confirmed=False).allocation.assessor

    assert open_kinds(submission) == (MarkingStage.HEALED, frozenset({AllocationKind.THIRD}))
    with pytest.raises(AllocationRefused, match="another part in this case"):
        give(case, confirmed, officer, stage="healed", kind="third")


def test_an_exclusion_is_never_changed(case, officer):
    person(Role.ASSESSOR)
    give(case, assessor(), officer)

    with pytest.raises(IntegrityError), transaction.atomic():
        Exclusion.objects.filter(pk=Exclusion.objects.first().pk).update(reason="self")


def test_an_authorisation_under_another_scheme_is_none(case, officer):
    elsewhere = person(Role.ASSESSOR)
    made = authorisation(elsewhere)
    other = type(made.scheme)(key="other", title="Other", prefix="OTH", course_key="other")
    save_as(other, actor=None, reason=REASON)
    made.scheme = other
    save_as(made, actor=None, reason=REASON)

    found = {
        each.assessor: each.reasons for each in choices(attempt(case), stage="procedure", kind="first", at=AT)
    }

    assert ExclusionReason.NOT_AUTHORISED in found[elsewhere]
