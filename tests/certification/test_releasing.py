"""Releasing a result, holding it back, ending a quality review."""

import datetime as dt
from functools import partial

import pytest
import time_machine

from certification import advancing, conflicts, releasing
from certification.errors import ReleaseRefused
from certification.models import ConflictDeclaration, QualityReview, Result, Submission
from certification.releasing import complete_on, due_on, end_review, hold, release
from certification.terms import Terms
from certification.values import SubmissionState
from tests.certification.assessed import CASE_C, assessed, in_marking, officer, quality_assurer
from tests.factories import courses as learning
from tests.factories.certification import AT, REASON, case, case_file, scheme_version
from tests.factories.marking import AT_STANDARD, allocation, frozen, marks
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as
from training_site.common.models import Notice
from training_site.starter.files import read

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HELD = "The levels of R06 and R07 do not fit the photographs."


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def marked() -> Submission:
    return assessed()


def now(of: Submission) -> Submission:
    return Submission.objects.get(pk=of.pk)


def name_assurer(of: Submission, who: object) -> None:
    file = of.case.case_file
    file.quality_assurer = who
    save_as(file, actor=None, reason=REASON, fields=["quality_assurer"])


def held(of: Submission) -> QualityReview:
    return hold(of, reason=HELD, actor=quality_assurer(), at=AT)


# Release ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [officer, quality_assurer])
def test_an_officer_or_a_quality_assurer_releases(marked, who):
    actor = who()

    release(marked, actor=actor, at=AT)

    told = now(marked)
    assert (told.state, told.released_at, told.released_by) == ("released", AT, actor)
    last = told.history.first()
    assert (last.history_user, last.history_change_reason) == (actor, "The result is released.")


@pytest.mark.parametrize("role", [Role.TRAINEE, Role.TRAINER, Role.ASSESSOR, Role.REGISTRAR, Role.ADMINISTRATOR])
def test_nobody_else_releases(marked, role):
    with pytest.raises(ReleaseRefused, match=r"^Only a certification officer or a quality assurer"):
        release(marked, actor=person(role), at=AT)

    assert now(marked).state == "assessed"


def test_the_candidate_learns_by_mail_that_the_result_is_out_and_not_what_it_is(marked):
    release(marked, actor=officer(), at=AT)

    mail = Notice.objects.get(kind="result_released")
    assert mail.to == marked.case.practitioner.email
    assert mail.subject == f"The result of case {marked.case.ref} is out"
    assert f"/cases/{marked.case.ref}/result/" in mail.text
    for told in ("pass", "60", "merit", "referred"):
        assert told not in f"{mail.subject} {mail.text}".lower()


def test_a_release_that_is_rolled_back_sends_nothing(marked):
    with pytest.raises(ReleaseRefused):
        release(marked, actor=person(), at=AT)

    assert Notice.objects.filter(kind="result_released").count() == 0


@pytest.mark.parametrize(
    "state", [each for each in SubmissionState if each not in {"assessed", "quality_hold", "released"}]
)
def test_what_is_not_marked_is_not_released(state):
    attempt = case(state=state).submissions.get()

    with pytest.raises(ReleaseRefused, match=r"^This case is not marked yet\."):
        release(attempt, actor=officer(), at=AT)


def test_a_result_is_released_once(marked):
    release(marked, actor=officer(), at=AT)

    with pytest.raises(ReleaseRefused, match=r"^This result was released on 4 May 2026\."):
        release(marked, actor=officer(), at=AT + DAY)


def test_without_a_result_of_the_present_round_nothing_is_released(marked):
    marked.round = 2
    save_as(marked, actor=None, reason=REASON, fields=["round"])

    with pytest.raises(ReleaseRefused, match=r"^There is no result of the present round"):
        release(marked, actor=officer(), at=AT)


def test_a_held_result_is_not_released(marked):
    held(marked)

    with pytest.raises(ReleaseRefused, match=r"^This result is held for a quality review already\."):
        release(marked, actor=officer(), at=AT)


def test_an_open_review_keeps_a_result_back_whatever_its_state(marked):
    review = QualityReview(
        submission=marked, round=1, quality_assurer=quality_assurer(), reason=HELD, placed_at=AT
    )
    save_as(review, actor=None, reason=REASON)

    with pytest.raises(ReleaseRefused, match=r"^A quality review of this result is open\."):
        release(marked, actor=officer(), at=AT)


@pytest.mark.parametrize("state", ["offered", "accepted"])
def test_while_an_assessor_has_the_case_nothing_is_released(marked, state):
    allocation(marked, kind="confirm", state=state)

    with pytest.raises(ReleaseRefused, match=r"^An assessor still has this case\."):
        release(marked, actor=officer(), at=AT)


def test_where_a_quality_assurer_is_named_only_they_release(marked):
    named = person(Role.QUALITY_ASSURER, legal_name="Quinn Adler", display_name="")
    name_assurer(marked, named)

    for other in (officer(), quality_assurer()):
        with pytest.raises(ReleaseRefused, match=r"is named as quality assurer of this file"):
            release(marked, actor=other, at=AT)
    assert release(marked, actor=named, at=AT).released_by == named


def test_nobody_releases_the_result_of_their_own_case():
    both = person(Role.TRAINEE, Role.CERTIFICATION_OFFICER)
    own = assessed(case(case_file(both)))

    with pytest.raises(ReleaseRefused, match=r"^This case is your own\."):
        release(own, actor=both, at=AT)


@pytest.mark.parametrize("who", [officer, quality_assurer])
def test_a_declared_conflict_keeps_apart(marked, who):
    actor = who()
    ConflictDeclaration.objects.create(
        case_file=marked.case.case_file, person=actor, declared_by=actor, reason="A friend.", declared_at=AT
    )

    with pytest.raises(ReleaseRefused, match=r"^A conflict of interest is declared"):
        release(marked, actor=actor, at=AT)


@pytest.mark.parametrize(
    ("ended_on", "apart"),
    [
        (dt.date(2024, 5, 3), False),
        (dt.date(2024, 5, 4), True),
        (dt.date(2024, 5, 5), True),
        (None, True),
    ],
    ids=["day before", "first day", "day after", "still"],
)
def test_a_quality_assurer_who_trained_the_candidate_is_kept_apart(marked, ended_on, apart):
    """Two years before the first hand-in of the file on 4 May 2026 (T22)."""
    frozen(marked)
    former = quality_assurer()
    learning.relation(
        trainer=former, trainee=marked.case.practitioner, started_on=dt.date(2023, 1, 1), ended_on=ended_on
    )

    why = releasing.release_obstacle(marked, actor=former, at=AT)

    assert (why or "").startswith("You trained the candidate within two years") is apart
    assert (why is None) is not apart


def test_a_quality_assurer_who_marked_in_the_file_is_kept_apart(marked):
    other = case(marked.case.case_file, state="procedure_marking").submissions.get()
    former = quality_assurer()
    allocation(other, to=former, state="submitted")

    with pytest.raises(ReleaseRefused, match=r"^You had a part in the marking of this file\."):
        release(marked, actor=former, at=AT)


def test_an_officer_releases_even_after_having_trained(marked):
    """K1 keeps trainers from quality assurance and from the decision; a release decides nothing."""
    former = officer()
    learning.relation(trainer=former, trainee=marked.case.practitioner, started_on=dt.date(2023, 1, 1))

    assert release(marked, actor=former, at=AT).state == "released"


@pytest.mark.django_db(transaction=True)
def test_of_two_releases_at_once_the_second_is_refused():
    marked = assessed()
    calls = [partial(release, marked, actor=officer(), at=AT) for _ in range(2)]

    found = together(*calls)

    assert sorted(type(each).__name__ for each in found) == ["ReleaseRefused", "Submission"]
    assert Notice.objects.filter(kind="result_released").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_release_and_a_hold_never_cross():
    marked = assessed()

    found = together(
        partial(release, marked, actor=officer(), at=AT),
        partial(hold, marked, reason=HELD, actor=quality_assurer(), at=AT),
    )

    assert [type(each) for each in found].count(ReleaseRefused) == 1
    assert now(marked).state in {"released", "quality_hold"}


# Hold ---------------------------------------------------------------------------------------------


def test_a_quality_assurer_holds_a_result_with_a_reason(marked):
    actor = quality_assurer()

    review = hold(marked, reason=f"  {HELD} ", actor=actor, at=AT)

    assert (review.quality_assurer, review.reason, review.round, review.ended_at) == (actor, HELD, 1, None)
    assert now(marked).state == "quality_hold"
    assert now(marked).history.first().history_user == actor


@pytest.mark.parametrize("role", [Role.CERTIFICATION_OFFICER, Role.ASSESSOR, Role.TRAINEE])
def test_nobody_else_holds(marked, role):
    with pytest.raises(ReleaseRefused, match=r"^Only a quality assurer holds a result\."):
        hold(marked, reason=HELD, actor=person(role), at=AT)


def test_a_hold_says_why(marked):
    with pytest.raises(ReleaseRefused, match=r"^Say why"):
        hold(marked, reason="  ", actor=quality_assurer(), at=AT)

    assert now(marked).state == "assessed"


@pytest.mark.parametrize("state", ["handed_in", "procedure_marking", "healed_marking", "released", "quality_hold"])
def test_only_a_marked_and_unreleased_result_is_held(state):
    with pytest.raises(ReleaseRefused):
        hold(case(state=state).submissions.get(), reason=HELD, actor=quality_assurer(), at=AT)


def test_a_quality_assurer_with_a_conflict_does_not_hold(marked):
    actor = quality_assurer()
    ConflictDeclaration.objects.create(
        case_file=marked.case.case_file, person=actor, declared_by=actor, reason="A friend.", declared_at=AT
    )

    with pytest.raises(ReleaseRefused, match=r"^A conflict of interest"):
        hold(marked, reason=HELD, actor=actor, at=AT)


# The end of a review ------------------------------------------------------------------------------


@pytest.mark.parametrize("found", ["agreed", "advice"])
def test_a_result_that_is_agreed_waits_for_its_release_again(marked, found):
    review, actor = held(marked), quality_assurer()

    ended = end_review(review, result=found, note="Levels fit.", actor=actor, at=AT + DAY)

    assert (ended.result, ended.note, ended.ended_at, ended.ended_by) == (found, "Levels fit.", AT + DAY, actor)
    assert (now(marked).state, now(marked).round) == ("assessed", 1)
    assert release(marked, actor=officer(), at=AT + DAY).state == "released"


def test_a_result_to_be_marked_again_opens_another_round(marked):
    end_review(held(marked), result="re_mark", note="Another view is needed.", actor=quality_assurer(), at=AT)

    assert (now(marked).state, now(marked).round) == ("procedure_marking", 2)
    assert Result.objects.filter(submission=marked).count() == 1
    assert list(Result.objects.standing().filter(submission=marked)) == []


def test_the_new_marker_alone_decides_the_second_round(marked):
    end_review(held(marked), result="re_mark", note="Another view is needed.", actor=quality_assurer(), at=AT)
    again = now(marked)
    marks(again, CASE_C)
    advancing.advance(again, at=AT)

    [standing] = Result.objects.standing().filter(submission=marked)
    assert (standing.round, standing.outcome) == (2, "referred")
    assert again.state == "assessed"


@pytest.mark.parametrize("role", [Role.CERTIFICATION_OFFICER, Role.ASSESSOR])
def test_only_a_quality_assurer_ends_a_review(marked, role):
    with pytest.raises(ReleaseRefused, match=r"^Only a quality assurer ends"):
        end_review(held(marked), result="agreed", note="Fits.", actor=person(role), at=AT)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"note": " "}, "Say what the review found"),
        ({"result": ""}, "Choose what the review found"),
        ({"result": "nonsense"}, "Choose what the review found"),
    ],
)
def test_a_review_ends_with_what_was_found(marked, facts, says):
    review = held(marked)

    with pytest.raises(ReleaseRefused, match=f"^{says}"):
        end_review(review, **{"result": "agreed", "note": "Fits.", **facts}, actor=quality_assurer(), at=AT)

    assert now(marked).state == "quality_hold"


def test_a_review_ends_once(marked):
    review = held(marked)
    end_review(review, result="agreed", note="Fits.", actor=quality_assurer(), at=AT)

    with pytest.raises(ReleaseRefused, match=r"^This review ended on 4 May 2026: agreed\."):
        end_review(review, result="re_mark", note="No.", actor=quality_assurer(), at=AT)


@pytest.mark.django_db(transaction=True)
def test_of_two_ends_at_once_the_second_is_refused():
    marked = assessed()
    review = held(marked)
    calls = [
        partial(end_review, review, result="re_mark", note="Again.", actor=quality_assurer(), at=AT) for _ in "12"
    ]

    found = together(*calls)

    assert [type(each) for each in found].count(ReleaseRefused) == 1
    assert now(marked).round == 2


# In time ------------------------------------------------------------------------------------------

T20 = next(row for row in read("dates.json")["rules"] if row["code"] == "T20")["example"]
COMPLETE = dt.date.fromisoformat(T20["inputs"]["complete_on"])


@pytest.mark.parametrize("row", T20["days"], ids=[row["what"] for row in T20["days"]])
def test_the_result_is_due_on_the_last_day_of_the_data(row):
    attempt = Submission(
        state="healed_marking",
        handed_in_at=dt.datetime.combine(COMPLETE, dt.time(9), tzinfo=dt.UTC),
        healed_in_at=dt.datetime.combine(COMPLETE, dt.time(9), tzinfo=dt.UTC),
    )
    due = due_on(attempt, scheme_version().terms)

    assert (complete_on(attempt) <= dt.date.fromisoformat(row["on"]) <= due) is row["holds"]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (dt.datetime(2026, 5, 5, 22, 59, tzinfo=dt.UTC), dt.date(2026, 5, 19)),
        (dt.datetime(2026, 5, 5, 23, 0, tzinfo=dt.UTC), dt.date(2026, 5, 20)),
    ],
    ids=["last minute of the day", "midnight in London"],
)
def test_the_day_is_that_of_the_certification_body(at, day):
    terms: Terms = scheme_version().terms

    assert due_on(Submission(state="healed_marking", handed_in_at=at, healed_in_at=at), terms) == day


@pytest.mark.parametrize(
    ("state", "healed_in", "day"),
    [
        ("handed_in", None, None),
        ("procedure_marking", None, None),
        ("healed_awaited", None, None),
        ("assessed", None, dt.date(2026, 5, 18)),
        ("quality_hold", None, dt.date(2026, 5, 18)),
        ("healed_marking", AT + 3 * DAY, dt.date(2026, 5, 21)),
        ("returned", None, None),
    ],
)
def test_healed_photographs_complete_the_evidence_except_on_a_sure_failure(state, healed_in, day):
    attempt = Submission(state=state, handed_in_at=AT, healed_in_at=healed_in)

    assert due_on(attempt, scheme_version().terms) == day


def test_a_draft_is_due_on_no_day():
    assert complete_on(Submission(state="draft")) is None


def test_a_sure_failure_is_released_without_the_healed_stage():
    attempt = in_marking(case(case_file(person(Role.TRAINEE))), healed=False)
    marks(attempt, {code: 1 if code == "R08" else level for code, level in AT_STANDARD.items() if code != "R11"})
    advancing.advance(attempt, at=AT)

    release(attempt, actor=officer(), at=AT)

    assert Result.objects.get().total is None


def test_marks_of_somebody_in_conflict_are_not_released():
    submission = assessed()
    marker = submission.allocations.filter(state="submitted").first().assessor
    conflicts.declare(submission.case.case_file, marker, reason="Is her brother.", declared_by=officer(), at=AT)

    with pytest.raises(ReleaseRefused, match="marked again by somebody else"):
        release(submission, actor=officer(), at=AT)
