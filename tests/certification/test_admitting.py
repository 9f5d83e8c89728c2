import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.storage import storages
from django.db import transaction

from certification import admitting
from certification.errors import ApplicationRefused
from certification.models import Application, CaseFile, SchemeVersion
from tests.certification import prepared
from tests.factories import certification as rows
from tests.factories.courses import relation
from tests.people import person
from tests.together import together
from training_site.accounts import people
from training_site.accounts.roles import Role
from training_site.common.history import save_as
from training_site.common.models import Notice
from training_site.common.uploads import CleanDocument

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT, TODAY, DAY = rows.AT, rows.TODAY, dt.timedelta(days=1)
State = Application.State


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def candidate():
    return person(Role.TRAINEE)


@pytest.fixture
def draft(candidate):
    return admitting.begin(candidate, rows.scheme_version())


def document(content: bytes = b"%PDF-1.7\n%%EOF", sha256: str = "a" * 64) -> CleanDocument:
    return CleanDocument(content, "application/pdf", "pdf", 1, None, sha256, "b" * 64)


STATED = {
    "training_issuer": "Safe Hands Training",
    "training_completed_on": dt.date(2026, 2, 10),
    "training_ends_on": None,
    "studio": "North Street Studio",
    "street": "1 North Street",
    "town": "Leeds",
    "postcode": "LS1 1AA",
    "country": "GB",
    "time_zone": "Europe/London",
    "jurisdiction_key": "gb-eng",
}


def in_state(state: str) -> Application:
    """An application of a prepared person in that state."""
    facts = {
        State.DRAFT: {"submitted_at": None},
        State.MORE_INFO: {"answer": "A clearer scan."},
        State.ADMITTED: {"decided_at": AT},
        State.REJECTED: {"decided_at": AT, "answer": "Too early."},
    }
    return prepared.application(state=state, **facts.get(state, {}))


# Begin ----------------------------------------------------------------------------------------------


def test_an_application_begins_as_a_draft_under_the_version(candidate):
    version = rows.scheme_version()

    made = admitting.begin(candidate, version)

    assert (made.state, made.candidate, made.scheme, made.scheme_version) == (
        State.DRAFT,
        candidate,
        version.scheme,
        version,
    )
    assert made.history.get().history_user == candidate


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.MORE_INFO])
def test_the_open_application_is_found_again(state):
    open_one = in_state(state)

    assert admitting.begin(open_one.candidate, open_one.scheme_version) == open_one
    assert Application.objects.count() == 1


def test_who_was_rejected_applies_again_from_the_same_place():
    former = in_state(State.REJECTED)

    again = admitting.begin(former.candidate, former.scheme_version)

    assert (again.state, again.studio, again.postcode) == (State.DRAFT, "North Street Studio", "LS1 1AA")
    assert (again.training_proof.name, again.training_completed_on, again.identity_seen_on) == ("", None, None)


def test_who_is_admitted_does_not_apply_again():
    admitted = in_state(State.ADMITTED)

    with pytest.raises(ApplicationRefused, match="You are admitted already"):
        admitting.begin(admitted.candidate, admitted.scheme_version)


def test_only_a_trainee_applies():
    with pytest.raises(ApplicationRefused, match="Only a trainee applies"):
        admitting.begin(person(Role.TRAINER), rows.scheme_version())


def test_nobody_applies_under_a_version_that_is_not_in_force(candidate):
    version = rows.scheme_version()
    version.state = SchemeVersion.State.SUPERSEDED
    save_as(version, actor=None, reason=rows.REASON, fields=["state"])

    with pytest.raises(ApplicationRefused, match="not in force"):
        admitting.begin(candidate, version)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_begin_one_application(candidate):
    version = rows.scheme_version()

    first, second = together(*[lambda: admitting.begin(candidate, version)] * 2)

    assert first == second == Application.objects.get()


# Write down -----------------------------------------------------------------------------------------


def test_a_draft_may_have_gaps(draft, candidate):
    kept = admitting.save_draft(draft, {"studio": "North Street Studio"}, actor=candidate)

    assert (kept.studio, kept.town, kept.state) == ("North Street Studio", "", State.DRAFT)


def test_only_what_an_applicant_states_is_written(draft, candidate):
    asked = {"state": "admitted", "identity_seen_on": TODAY, "fee_paid_on": TODAY, "town": "Leeds"}

    admitting.save_draft(draft, asked, actor=candidate)

    draft.refresh_from_db()
    assert (draft.town, draft.state, draft.identity_seen_on, draft.fee_paid_on) == ("Leeds", "draft", None, None)


def test_the_certificate_is_kept_under_a_name_that_tells_nothing(draft, candidate):
    kept = admitting.save_draft(draft, {}, proof=document(), actor=candidate)

    assert kept.training_proof.read() == b"%PDF-1.7\n%%EOF"
    folder, _, name = kept.training_proof.name.split("/")
    assert (folder, len(name), kept.training_proof_sha256) == ("applications", len("0" * 32 + ".pdf"), "a" * 64)


def test_the_certificate_stays_when_no_other_is_sent(draft, candidate):
    first = admitting.save_draft(draft, {}, proof=document(), actor=candidate).training_proof.name

    admitting.save_draft(draft, {"town": "Leeds"}, actor=candidate)
    kept = admitting.save_draft(draft, {}, proof=document(), actor=candidate)

    assert kept.training_proof.name == first


def test_another_certificate_replaces_the_first(draft, candidate, django_capture_on_commit_callbacks):
    first = admitting.save_draft(draft, {}, proof=document(), actor=candidate).training_proof.name

    with django_capture_on_commit_callbacks(execute=True):
        kept = admitting.save_draft(draft, {}, proof=document(b"%PDF-1.7 2", "c" * 64), actor=candidate)

    assert kept.training_proof.read() == b"%PDF-1.7 2"
    assert not storages["private"].exists(first)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.ADMITTED, State.REJECTED])
def test_what_is_handed_in_is_not_rewritten(state):
    closed = in_state(state)

    with pytest.raises(ApplicationRefused):
        admitting.save_draft(closed, {"town": "York"}, actor=closed.candidate)
    closed.refresh_from_db()
    assert closed.town == "Leeds"


def test_nobody_writes_into_anothers_application(draft, officer):
    for stranger in (officer, person(Role.TRAINEE)):
        with pytest.raises(ApplicationRefused, match="Only the applicant"):
            admitting.save_draft(draft, {"town": "York"}, actor=stranger)
        with pytest.raises(ApplicationRefused, match="Only the applicant"):
            admitting.submit(draft, actor=stranger, at=AT)


# Hand in --------------------------------------------------------------------------------------------


def test_an_application_is_handed_in_with_training_and_place(draft, candidate):
    admitting.save_draft(draft, STATED, proof=document(), actor=candidate)

    handed_in = admitting.submit(draft, actor=candidate, at=AT)

    assert (handed_in.state, handed_in.submitted_at) == (State.SUBMITTED, AT)


@pytest.mark.parametrize("name", admitting.NEEDED)
def test_each_fact_is_needed_to_hand_in(name):
    empty = None if name == "training_completed_on" else ""
    made = rows.application(state="draft", submitted_at=None, **{name: empty})

    with pytest.raises(ApplicationRefused) as refused:
        admitting.submit(made, actor=made.candidate, at=AT)

    assert str(refused.value) == f"Something is missing. {admitting.NEEDED[name]}"


def test_an_application_given_back_is_handed_in_again():
    given_back = in_state(State.MORE_INFO)

    again = admitting.submit(given_back, actor=given_back.candidate, at=AT + DAY)

    assert (again.state, again.submitted_at, again.answer) == (State.SUBMITTED, AT + DAY, "A clearer scan.")


# What an officer saw --------------------------------------------------------------------------------


def test_an_officer_records_what_they_saw(officer):
    waiting = rows.application()

    admitting.record_identity(waiting, seen_on=TODAY, actor=officer, at=AT)
    admitting.record_age(waiting, seen_on=TODAY - DAY, actor=officer, at=AT)

    waiting.refresh_from_db()
    assert (waiting.identity_seen_on, waiting.age_seen_on) == (TODAY, TODAY - DAY)
    assert [(row.history_user, row.history_change_reason) for row in waiting.history.all()[:2]] == [
        (officer, "Proof of age seen. Day: 3 May 2026."),
        (officer, "Identity document seen. Day: 4 May 2026."),
    ]


def test_nothing_is_seen_in_the_future(officer):
    with pytest.raises(ApplicationRefused, match="lies in the future"):
        admitting.record_identity(rows.application(), seen_on=TODAY + DAY, actor=officer, at=AT)


@pytest.mark.parametrize("state", [State.DRAFT, State.ADMITTED, State.REJECTED])
def test_nothing_is_recorded_on_what_is_not_with_the_office(officer, state):
    with pytest.raises(ApplicationRefused, match="not with the office"):
        admitting.record_age(in_state(state), seen_on=TODAY, actor=officer, at=AT)


def test_a_fee_is_recorded_with_how_it_was_paid(officer):
    rows.scheme_version(fee_amount=Decimal("250.00"), fee_currency="GBP")
    waiting = rows.application()

    admitting.record_fee(waiting, paid_on=TODAY, note="Bank transfer 17", actor=officer, at=AT)

    waiting.refresh_from_db()
    assert (waiting.fee_paid_on, waiting.fee_note) == (TODAY, "Bank transfer 17")


def test_no_fee_is_recorded_where_none_is_asked(officer):
    with pytest.raises(ApplicationRefused, match="asks no fee"):
        admitting.record_fee(rows.application(), paid_on=TODAY, note="Cash", actor=officer, at=AT)


# The office answers ---------------------------------------------------------------------------------


def test_admission_opens_the_case_file_under_the_applications_version(officer):
    waiting = prepared.application()

    admitted = admitting.admit(waiting, reason="All seen.", actor=officer, at=AT)

    opened = CaseFile.objects.get()
    assert (admitted.state, admitted.decided_at) == (State.ADMITTED, AT)
    assert (opened.candidate, opened.scheme_version, opened.application, opened.opened_at, opened.kind) == (
        waiting.candidate,
        waiting.scheme_version,
        waiting,
        AT,
        "initial",
    )
    assert admitted.history.latest().history_change_reason == "Admitted. All seen."


def test_nobody_is_admitted_while_something_is_missing(officer):
    with pytest.raises(ApplicationRefused, match=r"^Not every prerequisite holds today\. Course completed: Not"):
        admitting.admit(rows.application(), reason="All seen.", actor=officer, at=AT)

    assert not CaseFile.objects.exists()


@pytest.mark.parametrize(
    ("at", "admitted"),
    [
        (dt.datetime(2027, 2, 11, 7, 59, tzinfo=dt.UTC), True),
        (dt.datetime(2027, 2, 11, 8, 0, tzinfo=dt.UTC), False),
    ],
    ids=["last minute of the last day", "day after begins"],
)
def test_prerequisites_hold_on_the_day_it_is_at_the_place_of_work(officer, at, admitted):
    waiting = prepared.application(time_zone="America/Los_Angeles")

    if admitted:
        assert admitting.admit(waiting, reason="All seen.", actor=officer, at=at).state == State.ADMITTED
    else:
        with pytest.raises(ApplicationRefused, match="Counted until 10 February 2027"):
            admitting.admit(waiting, reason="All seen.", actor=officer, at=at)


def test_a_closed_account_is_not_admitted(officer):
    waiting = prepared.application()
    people.close(waiting.candidate, actor=person(Role.ADMINISTRATOR), reason="Asked for it.")

    with pytest.raises(ApplicationRefused, match="no active account as a trainee"):
        admitting.admit(waiting, reason="All seen.", actor=officer, at=AT)


def test_the_office_asks_for_more(officer):
    asked = admitting.ask_for_more(rows.application(), answer="A clearer scan.", actor=officer, at=AT)

    assert (asked.state, asked.answer, asked.decided_at) == (State.MORE_INFO, "A clearer scan.", None)


def test_a_rejection_says_why(officer):
    rejected = admitting.reject(rows.application(), answer="Too early.", actor=officer, at=AT)

    assert (rejected.state, rejected.answer, rejected.decided_at) == (State.REJECTED, "Too early.", AT)


@pytest.mark.parametrize("move", [admitting.ask_for_more, admitting.reject])
def test_an_answer_is_never_empty(officer, move):
    with pytest.raises(ApplicationRefused, match=r"^Say "):
        move(rows.application(), answer="  ", actor=officer, at=AT)


def answer(move: str, application: Application, officer: object, *, at: dt.datetime = AT) -> Application:
    words = {"reason": "All seen."} if move == "admit" else {"answer": "A clearer scan."}
    return getattr(admitting, move)(application, actor=officer, at=at, **words)


MOVES = ["ask_for_more", "admit", "reject"]
REACHED = {"ask_for_more": State.MORE_INFO, "admit": State.ADMITTED, "reject": State.REJECTED}
MAY = {(State.SUBMITTED, move) for move in MOVES} | {(State.MORE_INFO, "reject")}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", State.values)
def test_an_application_is_answered_only_from_where_it_may_be(officer, state, move):
    application = in_state(state)

    if (state, move) in MAY:
        assert answer(move, application, officer).state == REACHED[move]
    else:
        with pytest.raises(ApplicationRefused, match=r"^This application is "):
            answer(move, application, officer)
        application.refresh_from_db()
        assert application.state == state
        assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("move", "subject"),
    [
        ("ask_for_more", "Your application for SMP practitioner: more is needed"),
        ("admit", "You are admitted to assessment: SMP practitioner"),
        ("reject", "Your application for SMP practitioner was not accepted"),
    ],
)
def test_a_mail_tells_the_applicant(officer, move, subject):
    waiting = prepared.application()

    answer(move, waiting, officer)

    notice = Notice.objects.get()
    assert (notice.user, notice.to, notice.subject) == (waiting.candidate, waiting.candidate.email, subject)
    assert "/cases/application/" in notice.text
    assert ("A clearer scan." in notice.text) is (move != "admit")


def test_a_move_that_fails_leaves_neither_mail_nor_file(officer):
    waiting = prepared.application()

    def admit_and_fail() -> None:
        with transaction.atomic():
            answer("admit", waiting, officer)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        admit_and_fail()

    waiting.refresh_from_db()
    assert (waiting.state, CaseFile.objects.count(), Notice.objects.count()) == (State.SUBMITTED, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_open_one_case_file(officer):
    waiting = prepared.application()
    officers = [officer, person(Role.CERTIFICATION_OFFICER)]

    outcomes = together(*[lambda who=who: answer("admit", waiting, who) for who in officers])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Application", "ApplicationRefused"]
    assert (CaseFile.objects.count(), Notice.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_an_admission_and_a_rejection_at_once_give_one_answer(officer):
    waiting = prepared.application()
    other = person(Role.CERTIFICATION_OFFICER)

    outcomes = together(lambda: answer("admit", waiting, officer), lambda: answer("reject", waiting, other))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Application", "ApplicationRefused"]
    waiting.refresh_from_db()
    assert CaseFile.objects.exists() is (waiting.state == State.ADMITTED)
    assert Notice.objects.count() == 1


# Who decides ----------------------------------------------------------------------------------------


OFFICE = [
    *MOVES,
    "record_identity",
]


def act(move: str, application: Application, actor: object, *, at: dt.datetime = AT) -> Application:
    if move == "record_identity":
        return admitting.record_identity(application, seen_on=TODAY, actor=actor, at=at)
    return answer(move, application, actor, at=at)


@pytest.mark.parametrize("move", OFFICE)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CERTIFICATION_OFFICER], ids=str)
def test_nobody_but_an_officer_decides(move, role):
    with pytest.raises(ApplicationRefused, match="Only a certification officer"):
        act(move, rows.application(), person(role))


@pytest.mark.parametrize("move", OFFICE)
def test_nobody_decides_on_their_own_application(move):
    both = person(Role.TRAINEE, Role.CERTIFICATION_OFFICER)

    with pytest.raises(ApplicationRefused, match="their own application"):
        act(move, rows.application(both), both)


@pytest.mark.parametrize("move", OFFICE)
@pytest.mark.parametrize(
    ("ended_on", "refused"),
    [
        (None, True),
        (TODAY, True),
        (dt.date(2024, 5, 4), True),
        (dt.date(2024, 5, 3), False),
    ],
    ids=["trains now", "until today", "two years ago", "two years and a day ago"],
)
def test_a_trainer_of_the_applicant_does_not_decide_for_two_years(officer, move, ended_on, refused):
    waiting = prepared.application()
    relation(officer, waiting.candidate, started_on=dt.date(2023, 1, 1), ended_on=ended_on)

    if refused:
        with pytest.raises(ApplicationRefused, match="You trained"):
            act(move, waiting, officer)
    else:
        assert act(move, waiting, officer).pk == waiting.pk


@pytest.mark.parametrize(
    ("on", "since"),
    [
        (dt.date(2026, 6, 30), dt.date(2024, 6, 30)),
        (dt.date(2026, 7, 1), dt.date(2024, 7, 1)),
        (dt.date(2026, 2, 28), dt.date(2024, 2, 28)),
        (dt.date(2026, 3, 1), dt.date(2024, 3, 1)),
        (dt.date(2028, 2, 28), dt.date(2026, 2, 28)),
        (dt.date(2028, 2, 29), dt.date(2026, 3, 1)),
    ],
)
def test_two_years_are_counted_by_the_calendar(on, since):
    assert admitting.trainer_since(on) == since
