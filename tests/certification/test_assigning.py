"""Who is asked to assess what: offers, acceptance, leases, and what comes back."""

import datetime as dt
import threading
import time

import pytest
import time_machine
from django.db import IntegrityError, transaction

from certification import assigning, conflicts, paper_checks
from certification.advancing import advance
from certification.assigning import accept, choices, decline, lapse, offer, open_kinds, recall, recuse
from certification.errors import AllocationRefused
from certification.models import (
    Allocation,
    Assessment,
    ConflictDeclaration,
    Exclusion,
    ProcedureCase,
    Submission,
)
from certification.submitting import hand_in, hand_in_healed, return_for_evidence
from certification.values import AllocationKind, ExclusionReason, MarkingStage
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


def handed_in(officer, *, healed: bool = False, **facts) -> ProcedureCase:
    made = ready_case(**facts)
    if healed:
        add_healed(made)
    hand_in(made, actor=made.practitioner, at=AT, on=TODAY)
    for paper in made.documents.all():
        paper_checks.check(paper, officer=officer, at=AT)
    return ProcedureCase.objects.get(pk=made.pk)


def give(case, to, officer, *, stage="procedure", kind="first", at=AT) -> Allocation:
    return offer(attempt(case), stage=stage, kind=kind, assessor=to, officer=officer, at=at)


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


# Accepting ----------------------------------------------------------------------------------------


def test_acceptance_begins_lease_draft_and_marking(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    taken = accept(made, actor=asked, at=AT)

    assert (taken.state, taken.accepted_at, taken.due_at) == ("accepted", AT, AT + WEEK)
    assert (taken.assessment.state, taken.assessment.draft) == ("draft", {})
    assert attempt(case).state == "procedure_marking"


def test_the_history_of_an_attempt_names_no_assessor(case, officer):
    asked = assessor()
    accept(give(case, asked, officer), actor=asked, at=AT)

    assert asked.pk not in attempt(case).history.values_list("history_user", flat=True)


def test_whoever_confirms_gives_no_marks_and_gets_no_draft(case, officer):
    submission = at_state(case, "procedure_marking")
    marks(submission, PROCEDURE, events={"A1": "Both labels show the same cartridge."})
    asked = assessor()

    accept(give(case, asked, officer, kind="confirm"), actor=asked, at=AT)

    assert not Assessment.objects.filter(allocation__assessor=asked).exists()


def test_only_the_assessor_who_was_asked_accepts(case, officer):
    made = give(case, assessor(), officer)

    with pytest.raises(AllocationRefused, match="Only the assessor who was asked"):
        accept(made, actor=assessor(), at=AT)


def test_an_offer_is_accepted_once(case, officer):
    asked = assessor()
    made = give(case, asked, officer)
    accept(made, actor=asked, at=AT)

    with pytest.raises(AllocationRefused, match="in the state “Accepted”"):
        accept(made, actor=asked, at=AT)


@pytest.mark.parametrize(
    ("at", "may"),
    [(AT + WEEK - SECOND_OF_TIME, True), (AT + WEEK, False)],
    ids=["last second", "a moment too late"],
)
def test_an_offer_is_accepted_before_it_lapses(case, officer, at, may):
    asked = assessor()
    made = give(case, asked, officer)

    if may:
        assert accept(made, actor=asked, at=at).state == "accepted"
    else:
        with pytest.raises(AllocationRefused, match=r"lapsed on 11 May 2026, 10:00"):
            accept(made, actor=asked, at=at)


def test_whoever_is_excluded_meanwhile_does_not_learn_why(case, officer):
    asked = assessor()
    made = give(case, asked, officer)
    ConflictDeclaration.objects.create(
        case_file=case.case_file, person=asked, declared_by=officer, reason="Friends.", declared_at=AT
    )

    with pytest.raises(AllocationRefused) as refusal:
        accept(made, actor=asked, at=AT)

    assert str(refusal.value) == (
        "This case cannot be given to you any more. Decline it; the office asks somebody else."
    )


def test_whoever_left_every_place_says_first_where_they_work(case, officer):
    asked = assessor()
    made = give(case, asked, officer)
    place = asked.workplaces.get()
    place.left_at = AT
    save_as(place, actor=asked, reason=REASON)

    with pytest.raises(AllocationRefused, match="Say first where you work"):
        accept(made, actor=asked, at=AT)


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_the_second_finds_it_accepted(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    outcomes = together(*[lambda: accept(made, actor=asked, at=AT)] * 2)

    assert sorted(type(each).__name__ for each in outcomes) == ["Allocation", "AllocationRefused"]
    assert Assessment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_return_and_an_acceptance_at_once_do_not_both_happen(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    outcomes = together(
        lambda: accept(made, actor=asked, at=AT),
        lambda: return_for_evidence(attempt(case), note="The label is cut off.", officer=officer, at=AT),
    )

    made.refresh_from_db()
    ended = (made.state, attempt(case).state)
    assert ended in {("accepted", "procedure_marking"), ("lapsed", "returned")}
    assert sum(isinstance(each, Exception) for each in outcomes) == 1


# Giving back --------------------------------------------------------------------------------------


def test_an_offer_is_declined_with_a_reason(case, officer):
    asked = assessor()

    ended = decline(give(case, asked, officer), reason=" On holiday. ", actor=asked, at=AT)

    assert (ended.state, ended.note, ended.ended_at) == ("declined", "On holiday.", AT)
    assert open_kinds(attempt(case)) == (MarkingStage.PROCEDURE, frozenset({AllocationKind.FIRST}))


def test_the_officer_who_offered_it_hears_of_it(case, officer):
    asked = assessor()

    decline(give(case, asked, officer), reason="On holiday.", actor=asked, at=AT)

    (mail,) = mails("marking_given_back")
    assert (mail.user, mail.subject) == (officer, f"Declined: case {case.ref}")
    assert "On holiday." in mail.text


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_no_reason_or_an_endless_one_is_refused(case, officer, reason):
    asked = assessor()
    made = give(case, asked, officer)

    for answer_it in (decline, recuse):
        with pytest.raises(AllocationRefused):
            answer_it(made, reason=reason, actor=asked, at=AT)
    with pytest.raises(AllocationRefused):
        recall(made, reason=reason, officer=officer, at=AT)
    assert Allocation.objects.get().state == "offered"


def test_only_the_assessor_who_was_asked_declines_or_stands_down(case, officer):
    made = give(case, assessor(), officer)

    for answer_it in (decline, recuse):
        with pytest.raises(AllocationRefused, match="Only the assessor who was asked"):
            answer_it(made, reason="Not mine.", actor=assessor(), at=AT)


def test_what_is_accepted_is_not_declined_any_more(case, officer):
    asked = assessor()
    made = accept(give(case, asked, officer), actor=asked, at=AT)

    with pytest.raises(AllocationRefused, match="in the state “Accepted”"):
        decline(made, reason="Too much to do.", actor=asked, at=AT)


@pytest.mark.parametrize("accepted", [False, True])
def test_standing_down_declares_the_conflict_for_the_whole_file(case, officer, accepted):
    asked = assessor()
    made = give(case, asked, officer)
    if accepted:
        accept(made, actor=asked, at=AT)

    ended = recuse(made, reason="I know these hands.", actor=asked, at=AT)

    declared = ConflictDeclaration.objects.get()
    assert (ended.state, ended.note) == ("recused", "I know these hands.")
    assert (declared.case_file, declared.person, declared.declared_by) == (case.case_file, asked, asked)
    with pytest.raises(AllocationRefused, match="A conflict of interest is declared"):
        give(case, asked, officer)


def test_standing_down_ends_everything_else_of_the_file(case, officer):
    asked = assessor()
    other = handed_in(officer, of=case.case_file)
    elsewhere = give(handed_in(officer), asked, officer)
    also, made = give(other, asked, officer), give(case, asked, officer)

    recuse(made, reason="I know these hands.", actor=asked, at=AT)

    for piece, state in ((also, "recused"), (elsewhere, "offered")):
        piece.refresh_from_db()
        assert piece.state == state


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


# Lapsing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state"),
    [(AT + WEEK - SECOND_OF_TIME, "offered"), (AT + WEEK, "lapsed"), (AT + WEEK + SECOND_OF_TIME, "lapsed")],
    ids=["second before", "due", "second after"],
)
def test_an_offer_lapses_after_seven_days(case, officer, at, state):
    made = give(case, assessor(), officer)

    lapse(at)

    made.refresh_from_db()
    assert made.state == state


@pytest.mark.parametrize(
    ("after", "state"),
    [(WEEK - SECOND_OF_TIME, "accepted"), (WEEK, "lapsed")],
    ids=["second before", "due"],
)
def test_a_lease_lapses_seven_days_after_acceptance(case, officer, after, state):
    asked, accepted_at = assessor(), AT + dt.timedelta(days=2)
    made = accept(give(case, asked, officer), actor=asked, at=accepted_at)

    lapse(accepted_at + after)

    made.refresh_from_db()
    assert made.state == state


def test_lapsing_counts_and_tells_once(case, officer):
    asked = assessor()
    give(case, asked, officer)

    assert [lapse(AT + WEEK), lapse(AT + WEEK)] == [1, 0]
    (mail,) = mails("marking_lapsed")
    assert (mail.user, mail.subject) == (asked, f"Lapsed: case {case.ref}")


def test_a_draft_outlives_its_lease(case, officer):
    """K16."""
    asked = assessor()
    made = accept(give(case, asked, officer), actor=asked, at=AT)
    draft = {"levels": {"R01": {"level": 3, "reason": "", "faults": [], "comment": ""}}}
    Assessment.objects.filter(allocation=made).update(draft=draft)
    later = AT + WEEK
    lapse(later)

    again = accept(give(case, asked, officer, at=later), actor=asked, at=later)

    assert again.assessment.draft == draft


def test_a_draft_is_nobody_elses(case, officer):
    asked, other = assessor(), assessor()
    made = accept(give(case, asked, officer), actor=asked, at=AT)
    Assessment.objects.filter(allocation=made).update(draft={"feedback": "Fine."})
    recall(made, reason="On sick leave.", officer=officer, at=AT)

    taken = accept(give(case, other, officer), actor=other, at=AT)

    assert taken.assessment.draft == {}


@pytest.mark.django_db(transaction=True)
def test_a_lapse_and_an_acceptance_at_once_leave_one_of_them(case, officer):
    asked = assessor()
    made = give(case, asked, officer)

    together(
        lambda: accept(made, actor=asked, at=AT + WEEK - SECOND_OF_TIME),
        lambda: lapse(AT + WEEK),
    )

    made.refresh_from_db()
    assert (made.state, Assessment.objects.count()) in {("accepted", 1), ("lapsed", 0)}


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
