import copy
import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from certification import admitting, schemes
from certification.errors import SchemeRefused
from certification.models import Criterion, Level, Rubric, RubricVersion, Scheme, SchemeVersion
from tests.factories import certification as rows
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common.history import save_as
from training_site.starter import scheme as starter
from training_site.starter.files import read

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT, TODAY, REASON = rows.AT, rows.TODAY, rows.REASON
State = SchemeVersion.State


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def draft():
    return starter.load(course_key=rows.COURSE, at=AT)


def following(version: SchemeVersion, **changes: object) -> SchemeVersion:
    """The next draft of the same scheme."""
    facts = {name: getattr(version, name) for name in ("rubric", "rules", "slots", "questions")}
    return schemes.draft(version.scheme, **{**facts, **changes}, actor=None, reason=REASON)


def approved(version: SchemeVersion, officer: object) -> SchemeVersion:
    return schemes.approve(version, actor=officer, reason=REASON, at=AT)


def in_force(version: SchemeVersion, officer: object, *, on: dt.date = TODAY) -> SchemeVersion:
    return schemes.put_into_force(approved(version, officer), on=on, actor=officer, reason=REASON)


# Loading ------------------------------------------------------------------------------------------


def test_the_starter_brings_a_draft(draft):
    assert (draft.number, draft.state, draft.fee_amount, draft.content_hash) == (1, State.DRAFT, None, "")
    assert (draft.scheme.key, draft.scheme.prefix) == ("smp-practitioner", "SMP")
    assert draft.rubric.criteria.count() == 14
    assert schemes.faults(draft) == []


def test_loading_twice_changes_nothing(draft):
    def kept() -> list[object]:
        models = (Scheme, SchemeVersion, Rubric, RubricVersion, Criterion, Level)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = kept()
    assert starter.load(course_key="other", at=AT + dt.timedelta(days=1)) == draft
    assert kept() == before
    assert (draft.history.count(), draft.scheme.history.count()) == (1, 1)


def test_loading_leaves_what_is_approved_as_it_is(draft, officer):
    in_force(draft, officer)

    assert starter.load(course_key=rows.COURSE, at=AT).state == State.EFFECTIVE
    assert SchemeVersion.objects.count() == 1


def test_weights_add_up_to_a_hundred():
    rubric = copy.deepcopy(read("rubric.json"))
    rubric["criteria"][0]["weight"] += 1

    with pytest.raises(SchemeRefused, match=r"add up to 101\. They must add up to 100\."):
        schemes.add_rubric("smp", "SMP", rubric, at=AT)
    assert not Rubric.objects.exists()


# Approval -----------------------------------------------------------------------------------------


def test_approval_hashes_what_it_freezes(draft, officer):
    frozen = approved(draft, officer)

    assert (frozen.state, frozen.approved_at) == (State.APPROVED, AT)
    assert frozen.content_hash == schemes.content_hash(SchemeVersion.objects.get(pk=draft.pk))
    assert frozen.history.latest().history_user == officer


def test_every_part_of_a_version_is_in_its_hash(draft):
    changes = [
        {"rules": {**draft.rules, "title": "Another"}},
        {"slots": {**draft.slots, "version": 99}},
        {"questions": {**draft.questions, "version": 99}},
        {"fee_amount": Decimal("250.00"), "fee_currency": "GBP"},
        {"fee_amount": Decimal("250.00"), "fee_currency": "EUR"},
        {"number": 2},
    ]
    hashes = {schemes.content_hash(draft)}
    for change in changes:
        other = SchemeVersion.objects.get(pk=draft.pk)
        for name, value in change.items():
            setattr(other, name, value)
        hashes.add(schemes.content_hash(other))

    assert len(hashes) == len(changes) + 1


def test_equal_content_has_one_hash_whatever_its_order():
    assert schemes.digest({"a": 1, "b": ["é"]}) == schemes.digest({"b": ["é"], "a": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"rules": {}},
        {"slots": {}},
        {"questions": {}},
        {"fee_amount": "1.00", "fee_currency": "GBP"},
        {"number": 7},
        {"content_hash": "0" * 64},
        {"approved_at": AT + dt.timedelta(days=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_database_keeps_an_approved_version_as_it_is(draft, officer, change):
    approved(draft, officer)

    with pytest.raises(IntegrityError), transaction.atomic():
        SchemeVersion.objects.filter(pk=draft.pk).update(**change)


def test_a_version_is_approved_once(draft, officer):
    approved(draft, officer)

    with pytest.raises(SchemeRefused, match=r"^This version is approved, so it cannot be approved\."):
        approved(draft, officer)


@pytest.mark.parametrize(
    ("name", "spoil", "sentence"),
    [
        (
            "rules",
            lambda data: data["prerequisites"].pop("guided_hours"),
            "The rules cannot be read: “guided_hours” is missing. Correct the data",
        ),
        (
            "rules",
            lambda data: data["cases"]["passed_min"].update(value="four"),
            "The rules cannot be read: 'four' is no whole number. Correct the data",
        ),
        ("slots", lambda data: data["slots"][0].update(stage="later"), "The rules cannot be read: 'later'"),
        (
            "questions",
            lambda data: data["questions"][0].pop("answers"),
            "The rules cannot be read: “answers” is missing. Correct",
        ),
        (
            "slots",
            lambda data: data["slots"][0].update(serves=["R01", "R99"]),
            "The evidence names criteria that the rubric does not have: R99.",
        ),
    ],
    ids=["a number is missing", "a number is a word", "unknown stage", "no answers", "unknown criterion"],
)
def test_rules_that_cannot_be_read_are_not_approved(draft, officer, name, spoil, sentence):
    data = copy.deepcopy(getattr(draft, name))
    spoil(data)
    broken = following(draft, **{name: data})

    with pytest.raises(SchemeRefused) as refused:
        approved(broken, officer)

    assert str(refused.value).startswith(sentence)
    broken.refresh_from_db()
    assert broken.state == State.DRAFT


# Fee ----------------------------------------------------------------------------------------------


def test_a_draft_may_ask_a_fee_or_none(draft, officer):
    asked = schemes.set_fee(draft, (Decimal("250.00"), "GBP"), actor=officer, reason=REASON)
    assert (asked.fee_amount, asked.fee_currency) == (Decimal("250.00"), "GBP")

    free = schemes.set_fee(draft, None, actor=officer, reason=REASON)
    assert (free.fee_amount, free.fee_currency) == (None, "")


def test_a_fee_is_hashed_as_it_is_kept(draft, officer):
    schemes.set_fee(draft, (Decimal(250), "GBP"), actor=officer, reason=REASON)

    frozen = approved(draft, officer)

    assert frozen.content_hash == schemes.content_hash(SchemeVersion.objects.get(pk=draft.pk))


def test_the_fee_of_an_approved_version_stays(draft, officer):
    approved(draft, officer)

    with pytest.raises(SchemeRefused, match="so it cannot be changed"):
        schemes.set_fee(draft, (Decimal("250.00"), "GBP"), actor=officer, reason=REASON)


@pytest.mark.parametrize("fee", [(Decimal(0), "GBP"), (Decimal("-1.00"), "GBP"), (Decimal("1.00"), "")])
def test_the_database_refuses_a_fee_that_is_none(draft, fee):
    draft.fee_amount, draft.fee_currency = fee

    with pytest.raises(IntegrityError), transaction.atomic():
        save_as(draft, actor=None, reason=REASON)


# In force -----------------------------------------------------------------------------------------


def test_a_version_in_force_supersedes_the_one_before(draft, officer):
    first = in_force(draft, officer, on=dt.date(2026, 1, 1))

    second = in_force(following(first), officer)

    first.refresh_from_db()
    assert (first.state, first.effective_on) == (State.SUPERSEDED, dt.date(2026, 1, 1))
    assert (second.state, second.effective_on) == (State.EFFECTIVE, TODAY)
    assert schemes.in_force("smp-practitioner") == second
    assert first.history.latest().history_change_reason == "Superseded by version 2."


def test_a_draft_is_approved_before_it_comes_into_force(draft, officer):
    with pytest.raises(SchemeRefused, match="This version is draft, so it cannot be put into force"):
        schemes.put_into_force(draft, on=TODAY, actor=officer, reason=REASON)


def test_a_superseded_version_does_not_come_back(draft, officer):
    first = in_force(draft, officer, on=dt.date(2026, 1, 1))
    in_force(following(first), officer)

    with pytest.raises(SchemeRefused, match="This version is superseded since 1 January 2026"):
        schemes.put_into_force(first, on=TODAY, actor=officer, reason=REASON)


@pytest.mark.django_db(transaction=True)
def test_versions_put_into_force_at_once_leave_one(draft, officer):
    in_force(draft, officer)
    versions = [approved(following(draft), officer) for _ in range(4)]

    outcomes = together(
        *[lambda one=one: schemes.put_into_force(one, on=TODAY, actor=officer, reason=REASON) for one in versions]
    )

    assert [type(outcome) for outcome in outcomes] == [SchemeVersion] * 4
    assert sorted(SchemeVersion.objects.values_list("state", flat=True)) == ["effective"] + ["superseded"] * 4


def test_the_database_holds_one_version_in_force(draft, officer):
    in_force(draft, officer)
    second = approved(following(draft), officer)

    with pytest.raises(IntegrityError), transaction.atomic():
        SchemeVersion.objects.filter(pk=second.pk).update(state="effective", effective_on=TODAY)


def test_applications_and_case_files_stay_with_their_version(draft, officer):
    first = in_force(draft, officer)
    application, file = rows.application(), rows.case_file()

    second = in_force(following(first), officer)

    application.refresh_from_db()
    file.refresh_from_db()
    assert (application.scheme_version, file.scheme_version) == (first, first)
    assert admitting.begin(application.candidate, second) == application
    assert admitting.begin(person(Role.TRAINEE), second).scheme_version == second


# Who ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CERTIFICATION_OFFICER], ids=str)
def test_only_officers_decide_on_schemes(draft, role):
    by = {"actor": person(role), "reason": REASON}

    for decide in (
        lambda: schemes.set_fee(draft, None, **by),
        lambda: schemes.approve(draft, at=AT, **by),
        lambda: schemes.put_into_force(draft, on=TODAY, **by),
    ):
        with pytest.raises(SchemeRefused, match="Only a certification officer decides on schemes"):
            decide()


@pytest.mark.parametrize(
    ("column", "path", "value"),
    [
        ("rules", ("agreement",), {}),
        ("rules", ("outcomes", "pass", "total_min"), {}),
        ("rules", ("stages", "healed", "earliest_days", "value"), 30),
        ("slots", ("slots", 0, "min_count"), "1"),
        ("slots", ("slots", 0, "per"), "sesion"),
        ("slots", ("slots", 0, "treatments"), ["crwon"]),
        ("slots", ("slots", 0, "views"), []),
        ("slots", ("defaults", "max_photos_per_slot"), "6"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_a_version_that_could_not_be_used_is_not_approved(draft, officer, column, path, value):
    data = copy.deepcopy(getattr(draft, column))
    part = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value

    with pytest.raises(SchemeRefused):
        approved(following(draft, **{column: data}), officer)
