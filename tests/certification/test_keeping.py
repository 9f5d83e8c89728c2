"""Beginning a case and writing it down."""

import datetime as dt
import secrets

import pytest
from django.db import connection

from certification import keeping
from certification.cases import Part
from certification.errors import CaseRefused
from certification.models import ImageConsent, Submission
from certification.values import ScreenOutcome, SubmissionState, TreatedUnder
from courses.treatments import TreatmentType
from tests.factories.certification import AT, PhotoFactory, case, case_file, consent, scheme_version
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate():
    return person(Role.TRAINEE, legal_name="Tara Novák", display_name="Tara N.")


@pytest.fixture
def file(candidate):
    return case_file(candidate)


def begin(file, **facts: object):
    values = {"treatment": "crown", "client_code": "D-041", "actor": file.candidate, "at": AT, **facts}
    return keeping.begin(file, **values)


def write(of, part: Part = Part.PROCEDURE, actor: object = None, **changes: object):
    return keeping.write(of, changes, part=part, actor=actor or of.practitioner, reason="Written.", at=AT)


# Beginning ----------------------------------------------------------------------------------------


def test_a_case_begins_with_a_first_attempt_as_a_draft(file):
    made = begin(file)

    attempt = Submission.objects.get(case=made)
    assert (made.practitioner, made.case_file, made.scheme_version) == (
        file.candidate,
        file,
        file.scheme_version,
    )
    assert (attempt.number, attempt.kind, attempt.state) == (1, "first", "draft")
    assert (made.history.get().history_user, attempt.history.get().history_user) == (file.candidate,) * 2


def test_nothing_is_answered_when_a_case_begins(file):
    made = begin(file)

    assert (made.answers, made.treated_under, made.without_clearance, made.position) == ({}, "", False, None)


def test_a_case_is_begun_by_its_candidate_only(file):
    with pytest.raises(CaseRefused, match=r"Only its candidate adds a case to a file\."):
        begin(file, actor=person(Role.TRAINEE))


def test_somebody_who_is_no_trainee_any_more_begins_no_case():
    file = case_file(person())

    with pytest.raises(CaseRefused, match="Only its candidate"):
        begin(file)


def test_the_same_client_and_treatment_are_one_case(file):
    first = begin(file)

    assert begin(file, client_code="d-041") == first
    assert begin(file, client_code="D-042") != first
    assert begin(file, treatment="beard") != first


def test_two_candidates_may_use_the_same_code(file):
    assert begin(file) != begin(case_file())


def test_a_correction_says_what_it_corrects(file):
    made = begin(file, treatment="correction", corrects="hairline")

    assert (made.corrects, made.shown_treatment) == ("hairline", "hairline")


@pytest.mark.parametrize("corrects", ["", "correction"])
def test_a_correction_of_nothing_is_refused(file, corrects):
    with pytest.raises(CaseRefused, match=r"Say which treatment is corrected\."):
        begin(file, treatment="correction", corrects=corrects)


def test_no_other_treatment_corrects(file):
    assert begin(file, corrects="hairline").corrects == ""


def test_a_reference_that_is_taken_is_drawn_again(file, monkeypatch):
    begin(file, client_code="D-001")
    letters = iter("AAAAAA" + "AAAAAA" + "BBBBBB")
    monkeypatch.setattr(secrets, "choice", lambda alphabet: next(letters))

    refs = [begin(file, client_code=code).ref for code in ("D-002", "D-003")]

    assert refs == ["C-AAAAAA", "C-BBBBBB"]


def test_when_no_reference_is_free_nothing_is_begun(file, monkeypatch):
    monkeypatch.setattr(secrets, "choice", lambda alphabet: "A")
    begin(file)

    with pytest.raises(CaseRefused, match=r"No free reference was found\."):
        begin(file, client_code="D-042")

    assert Submission.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_begin_one_case():
    file = case_file()

    made = together(lambda: begin(file), lambda: begin(file))

    assert made[0] == made[1]
    assert file.procedure_cases.count() == 1


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        ({}, {"client_code": "d-041"}),
        ({"treatment": "beard", "client_code": "D-041"}, {"treatment": "crown"}),
        ({"treatment": "beard"}, {"treatment": "crown", "client_code": "D-041"}),
    ],
    ids=["code", "treatment", "both"],
)
def test_a_case_does_not_become_another_case_of_its_file(file, facts, changes):
    first, second = begin(file), begin(file, **{"client_code": "D-042", **facts})

    with pytest.raises(CaseRefused, match=rf"^Case {first.ref} is about this client and treatment already\."):
        write(second, **changes)

    second.refresh_from_db()
    assert (second.treatment, second.client_code) != ("crown", "D-041")
    assert write(second, plan="One session.", **{name: getattr(second, name) for name in changes}).plan


def test_what_is_corrected_tells_two_corrections_of_a_client_apart(file):
    first = begin(file, treatment="correction", corrects="hairline")
    second = begin(file, treatment="correction", corrects="crown")

    with pytest.raises(CaseRefused, match=f"Case {first.ref} is about"):
        write(second, corrects="hairline")


def test_a_code_may_change_its_capitals_and_stand_in_anothers_file(file):
    others, own = begin(case_file()), begin(file, client_code="D-042")

    assert write(own, client_code="d-042").client_code == "d-042"
    assert write(own, client_code=others.client_code).client_code == "D-041"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_cases_that_take_one_code_at_once_one_is_refused():
    file = case_file()
    first, second = begin(file, client_code="D-042"), begin(file, client_code="D-043")

    outcomes = together(lambda: write(first, client_code="D-041"), lambda: write(second, client_code="D-041"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CaseRefused", "ProcedureCase"]
    assert file.procedure_cases.filter(client_code="D-041").count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_case_renamed_while_the_same_one_is_begun_stays_alone():
    file = case_file()
    renamed = begin(file, client_code="D-042")

    together(lambda: write(renamed, client_code="D-041"), lambda: begin(file))

    assert file.procedure_cases.filter(client_code="D-041").count() == 1


# The client code ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["D-041", "041", "a1b2c3", "X" * 19 + "1", "--1"])
def test_a_code_is_taken(file, code):
    assert begin(file, client_code=code).client_code == code


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041."),
        ("D1", "A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041."),
        ("X" * 20 + "1", "A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041."),
        ("a1@example.org", "A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041."),
        ("John 1", "A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041."),
        ("D-041\n", "A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041."),
        ("D-04١", "A client code has 3 to 20 letters, digits and hyphens. Use a code such as D-041."),
        ("John", "This could be a name. Use a code such as D-041."),
        ("John-Smith", "This could be a name. Use a code such as D-041."),
        ("Tara-1", "Your own name stands in this code. Use a code such as D-041."),
        ("TARA041", "Your own name stands in this code. Use a code such as D-041."),
        ("x-novak-3", "Your own name stands in this code. Use a code such as D-041."),
    ],
)
def test_anything_but_a_code_is_refused(file, code, sentence):
    with pytest.raises(CaseRefused) as refusal:
        begin(file, client_code=code)

    assert str(refusal.value) == sentence
    assert file.procedure_cases.count() == 0


def test_a_code_that_could_be_a_name_is_refused_later_too(file):
    made = begin(file)

    with pytest.raises(CaseRefused, match=r"This could be a name\."):
        write(made, client_code="John")

    made.refresh_from_db()
    assert made.client_code == "D-041"


# Writing ------------------------------------------------------------------------------------------


def test_only_the_named_fields_are_saved():
    made = case()
    made.plan = "Written in another window and never saved."

    write(made, history_summary="Thin for ten years.")

    made.refresh_from_db()
    assert (made.history_summary, made.plan) == ("Thin for ten years.", "")


def test_two_pages_saved_at_once_lose_nothing_of_each_other():
    first = case()
    second = type(first).objects.get(pk=first.pk)

    write(first, plan="Two sessions.")
    write(second, history_summary="Thin for ten years.")

    first.refresh_from_db()
    assert (first.plan, first.history_summary) == ("Two sessions.", "Thin for ten years.")


def test_a_change_is_kept_with_who_made_it():
    made = case()

    write(made, plan="Two sessions.")

    newest = made.history.first()
    assert (newest.history_user, newest.history_change_reason) == (made.practitioner, "Written.")


def test_saving_what_stands_there_already_leaves_no_trace():
    made = case(plan="Two sessions.")

    write(made, plan="Two sessions.")

    assert made.history.count() == 1


def test_nobody_writes_in_somebody_elses_case():
    made = case()

    with pytest.raises(CaseRefused, match=r"Only its owner changes a case\."):
        write(made, actor=person(Role.TRAINEE), plan="Mine.")


@pytest.mark.parametrize(
    "field", ["position", "practitioner", "ref", "replaces", "scheme_version", "retention_note"]
)
def test_other_fields_are_never_written_with_the_procedure(field):
    with pytest.raises(TypeError, match=field):
        write(case(), **{field: None})


@pytest.mark.parametrize(
    ("state", "procedure", "healed"),
    [
        (SubmissionState.DRAFT, True, True),
        (SubmissionState.RETURNED, True, True),
        (SubmissionState.HANDED_IN, False, True),
        (SubmissionState.PROCEDURE_MARKING, False, True),
        (SubmissionState.HEALED_AWAITED, False, True),
        (SubmissionState.HEALED_MARKING, False, False),
        (SubmissionState.ASSESSED, False, False),
        (SubmissionState.QUALITY_HOLD, False, False),
        (SubmissionState.RELEASED, False, False),
    ],
)
def test_what_is_handed_in_stays(state, procedure, healed):
    made = case(state=state)

    def is_open(part: Part, **changes: object) -> bool:
        try:
            write(made, part, **changes)
        except CaseRefused:
            return False
        return True

    assert is_open(Part.PROCEDURE, plan="Changed.") is procedure
    assert is_open(Part.HEALED, retention_note="Changed.") is healed
    made.refresh_from_db()
    assert (made.plan, made.retention_note) == ("Changed." * procedure, "Changed." * healed)


def test_a_treatment_can_change_while_there_is_no_photograph():
    made = case(treatment="correction", corrects="crown")

    write(made, treatment="beard", corrects="")

    made.refresh_from_db()
    assert (made.treatment, made.corrects) == ("beard", "")


def test_a_treatment_that_no_longer_corrects_forgets_what_it_corrected():
    made = case(treatment="correction", corrects="crown")

    write(made, treatment="beard")

    made.refresh_from_db()
    assert (made.treatment, made.corrects) == ("beard", "")


@pytest.mark.parametrize(
    "change", [{"treatment": "beard", "corrects": ""}, {"treatment": "correction", "corrects": "crown"}]
)
def test_a_treatment_with_photographs_stays(change):
    made = case(treatment="correction", corrects="beard")
    PhotoFactory(case=made)

    with pytest.raises(CaseRefused, match="Photographs are in this case"):
        write(made, **change)


def test_the_rest_of_a_page_is_saved_beside_photographs():
    made = case()
    PhotoFactory(case=made)

    write(made, treatment=made.treatment, corrects=made.corrects, sex="man")

    made.refresh_from_db()
    assert made.sex == "man"


def test_photographs_that_were_taken_out_hold_no_treatment():
    made = case()
    PhotoFactory(case=made, removed_at=AT, original="", large="", medium="", small="")

    assert write(made, treatment="beard").treatment == "beard"


# The health screen --------------------------------------------------------------------------------


def answers_for(outcome: ScreenOutcome) -> dict[str, dict[str, str]]:
    """Answers whose outcome this is."""
    screen = scheme_version().screen
    answers = {
        question.key: {"value": next(c.value for c in question.choices if c.outcome == "clear"), "note": ""}
        for question in screen.questions
    }
    hit = next(q for q in screen.questions if any(c.outcome == outcome for c in q.choices))
    value = next(c.value for c in hit.choices if c.outcome == outcome)
    answers[hit.key] = {"value": value, "note": "Told at the first visit."}
    return answers


@pytest.mark.parametrize("outcome", list(ScreenOutcome), ids=str)
@pytest.mark.parametrize("decision", list(TreatedUnder), ids=str)
def test_a_decision_is_recorded_as_it_was_right_or_wrong(outcome, decision):
    made = case()

    write(made, answers=answers_for(outcome))
    write(made, treated_under=decision, without_clearance=True)

    made.refresh_from_db()
    assert made.scheme_version.screen.outcome(made.answers) == outcome
    assert (made.treated_under, made.without_clearance) == (decision, True)


def test_what_a_client_said_of_bloodborne_infection_is_nowhere_in_the_database():
    made = case()

    write(made, answers={"q_bbv": {"value": "asked", "note": "SECRET-HEPATITIS", "said": "SECRET-HEPATITIS"}})

    made.refresh_from_db()
    assert made.answers == {"q_bbv": {"value": "asked", "note": ""}}
    with connection.cursor() as cursor:
        for table in ("certification_procedurecase", "certification_historicalprocedurecase"):
            cursor.execute(f"SELECT * FROM {table}")
            assert "SECRET" not in str(cursor.fetchall())


def test_some_answers_are_kept_before_all_are_given():
    made = case()

    write(made, answers={"q_age": {"value": "yes", "note": ""}, "q_heart": {"value": "yes", "note": ""}})

    made.refresh_from_db()
    assert sorted(made.answers) == ["q_age", "q_heart"]


def test_every_treatment_can_be_begun(file):
    for number, treatment in enumerate(TreatmentType):
        begin(file, treatment=treatment, corrects="crown", client_code=f"D-{number:03}")

    assert file.procedure_cases.count() == len(TreatmentType)


def test_the_day_of_the_beginning_is_the_one_given(file):
    assert begin(file, at=AT + dt.timedelta(days=1)).begun_at == AT + dt.timedelta(days=1)


# What the client allowed ahead --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({"treatment": "crown"}, True),
        ({"corrects": "crown"}, True),
        ({"client_code": "B-777"}, True),
        ({"treatment": "correction", "corrects": "fut_scar", "client_code": "R-009", "plan": "Later."}, False),
    ],
    ids=["treatment", "what is corrected", "client", "none of them"],
)
def test_a_consent_to_later_photographs_ends_when_the_case_becomes_another(changes, ends):
    of = case(treatment="correction", corrects="fut_scar")
    consent(case=of, given_at=AT - dt.timedelta(days=3))

    write(of, **changes)

    standing = ImageConsent.objects.get()
    assert standing.withdrawn_at == (AT if ends else None)
    if ends:
        assert standing.history.first().history_change_reason == "The case is about another client or treatment."
        assert standing.history.first().history_user == of.practitioner


def test_a_consent_to_one_photograph_stays_when_the_clients_code_changes():
    of = case()
    consent(PhotoFactory(case=of))

    write(of, client_code="B-777")

    assert ImageConsent.objects.get().withdrawn_at is None
