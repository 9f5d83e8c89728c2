import datetime as dt

import pytest
from django.db import IntegrityError, models, transaction

from courses import practice
from courses.errors import PracticeRefused
from courses.models import PracticeEntry, SignOff, TrainerRelation
from tests.factories.courses import AT, PracticePhotoFactory, enrolment, entry, exercise, relation
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TODAY = dt.date(2026, 5, 4)
DAY = dt.timedelta(days=1)


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def trainer():
    return person(Role.TRAINER)


@pytest.fixture
def on(trainer):
    made = enrolment()
    relation(trainer, made.trainee)
    return made


@pytest.fixture
def practised(on):
    logged = entry(on, practised=exercise(on.course_key))
    PracticePhotoFactory.create_batch(2, entry=logged)
    return logged


def answer(logged, trainer, *, result="signed_off", seen=None, note="", today=TODAY) -> SignOff:
    points = practice.points_for(logged) if seen is None else seen
    return practice.answer(logged, trainer=trainer, result=result, seen=points, note=note, at=AT, today=today)


# Relations -----------------------------------------------------------------------------------------


def test_an_officer_names_a_trainer(officer, trainer):
    trainee = person(Role.TRAINEE)

    made = practice.begin_training(
        trainer=trainer, trainee=trainee, started_on=TODAY, actor=officer, reason="Cohort of May."
    )

    assert made.history.get().history_change_reason == "Training began. Cohort of May."


EARLY = pytest.mark.parametrize(
    ("day", "taken"),
    [(dt.date(26, 5, 4), False), (dt.date(1999, 12, 31), False), (dt.date(2000, 1, 1), True)],
    ids=["a slip in the year", "day before", "first day"],
)


@EARLY
def test_training_began_in_this_century(officer, trainer, day, taken):
    def begin() -> TrainerRelation:
        return practice.begin_training(
            trainer=trainer, trainee=person(Role.TRAINEE), started_on=day, actor=officer, reason="Cohort of May."
        )

    if taken:
        assert begin().started_on == day
    else:
        with pytest.raises(PracticeRefused, match=r"^Check the year: .* is before 1 January 2000\.$"):
            begin()


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CERTIFICATION_OFFICER], ids=str)
def test_only_an_officer_names_trainers(trainer, role):
    with pytest.raises(PracticeRefused, match="Only a certification officer"):
        practice.begin_training(
            trainer=trainer, trainee=person(Role.TRAINEE), started_on=TODAY, actor=person(role), reason="A favour."
        )


def test_somebody_without_the_role_cannot_be_named_trainer(officer):
    with pytest.raises(PracticeRefused, match="is no trainer"):
        practice.begin_training(
            trainer=person(), trainee=person(Role.TRAINEE), started_on=TODAY, actor=officer, reason="Friend."
        )


def test_a_running_relation_is_not_opened_twice(officer, trainer, on):
    with pytest.raises(PracticeRefused, match="since 1 January 2026 already"):
        practice.begin_training(
            trainer=trainer, trainee=on.trainee, started_on=TODAY, actor=officer, reason="Again."
        )


def test_nobody_trains_themselves_says_the_database(trainer):
    with pytest.raises(IntegrityError), transaction.atomic():
        relation(trainer, trainer)


@pytest.mark.parametrize(
    ("day", "current"),
    [
        (dt.date(2024, 1, 7), False),
        (dt.date(2024, 1, 8), True),
        (dt.date(2024, 6, 30), True),
        (dt.date(2024, 7, 1), False),
    ],
    ids=["day before", "first day", "last day", "day after"],
)
def test_a_relation_is_current_from_its_first_to_its_last_day(day, current):
    relation(started_on=dt.date(2024, 1, 8), ended_on=dt.date(2024, 6, 30))

    assert TrainerRelation.objects.current(on=day).exists() is current


def test_a_relation_ends_on_its_last_day(officer, on):
    made = TrainerRelation.objects.get()

    practice.end_training(made, ended_on=TODAY, actor=officer, reason="Course over.")

    assert TrainerRelation.objects.current(on=TODAY + DAY).count() == 0


def test_a_relation_does_not_end_before_it_began(officer, on):
    with pytest.raises(PracticeRefused, match="cannot be before the first"):
        practice.end_training(
            TrainerRelation.objects.get(), ended_on=dt.date(2025, 12, 31), actor=officer, reason="Mistake."
        )


def test_a_relation_does_not_end_before_its_trainers_last_sign_off(officer, practised, trainer):
    answer(practised, trainer)

    with pytest.raises(PracticeRefused, match="signed practice off on 4 May 2026"):
        practice.end_training(
            TrainerRelation.objects.get(), ended_on=TODAY - DAY, actor=officer, reason="Mistake."
        )

    practice.end_training(TrainerRelation.objects.get(), ended_on=TODAY, actor=officer, reason="Course over.")
    assert TrainerRelation.objects.get().ended_on == TODAY


# Logging -------------------------------------------------------------------------------------------


def unsaved(on, **facts) -> PracticeEntry:
    values = {"kind": "live_assisted", "treatment": "crown", "client_code": "D-1", "done_on": TODAY, **facts}
    return PracticeEntry(enrolment=on, note="Done.", logged_at=AT, **values)


def test_a_trainee_logs_their_own_practice(on):
    assert practice.log(unsaved(on), actor=on.trainee, today=TODAY).pk


def test_nobody_logs_for_somebody_else(on, trainer):
    with pytest.raises(PracticeRefused, match="own enrolment"):
        practice.log(unsaved(on), actor=trainer, today=TODAY)


@pytest.mark.parametrize(
    ("done_on", "allowed"),
    [(TODAY - DAY, True), (TODAY, True), (TODAY + DAY, False)],
    ids=["yesterday", "today", "tomorrow"],
)
def test_practice_is_logged_after_it_was_done(on, done_on, allowed):
    logged = unsaved(on, done_on=done_on)

    if allowed:
        assert practice.log(logged, actor=on.trainee, today=TODAY).pk
    else:
        with pytest.raises(PracticeRefused, match="future"):
            practice.log(logged, actor=on.trainee, today=TODAY)


@EARLY
def test_practice_was_done_in_this_century(on, day, taken):
    logged = unsaved(on, done_on=day)

    if taken:
        assert practice.log(logged, actor=on.trainee, today=TODAY).done_on == day
    else:
        with pytest.raises(PracticeRefused, match=r"^Check the year: .* is before 1 January 2000\.$"):
            practice.log(logged, actor=on.trainee, today=TODAY)


@pytest.mark.parametrize("state", ["invited", "lapsed", "withdrawn"])
def test_practice_needs_an_active_enrolment(state):
    on = enrolment(state=state)

    with pytest.raises(PracticeRefused, match="not active"):
        practice.log(unsaved(on), actor=on.trainee, today=TODAY)


@pytest.mark.parametrize(
    "facts",
    [{"kind": "practice"}, {"treatment": ""}, {"client_code": ""}, {"kind": "something"}],
    ids=["an exercise that is none", "no treatment", "no client code", "an unknown kind"],
)
def test_an_entry_names_an_exercise_or_a_procedure_says_the_database(on, facts):
    with pytest.raises(IntegrityError), transaction.atomic():
        PracticeEntry.objects.bulk_create([unsaved(on, **facts)])


# Signing off ---------------------------------------------------------------------------------------


def test_the_trainer_signs_an_exercise_off(practised, trainer):
    answer(practised, trainer)

    assert list(PracticeEntry.objects.signed_off()) == [practised]


def test_a_live_procedure_is_signed_off(on, trainer):
    live = entry(on)

    answer(live, trainer)

    assert list(PracticeEntry.objects.signed_off()) == [live]


def test_a_sign_off_confirms_every_point(practised, trainer):
    points = practice.points_for(practised)

    with pytest.raises(PracticeRefused, match=f"Not confirmed yet: {points[-1]}"):
        answer(practised, trainer, seen=points[:-1])


def test_a_sign_off_of_an_exercise_needs_two_photographs(on, trainer):
    logged = entry(on, practised=exercise(on.course_key))
    PracticePhotoFactory(entry=logged)

    with pytest.raises(PracticeRefused, match="Two photographs"):
        answer(logged, trainer)


def test_a_repeat_says_why(practised, trainer):
    with pytest.raises(PracticeRefused, match="differently"):
        answer(practised, trainer, result="repeat", seen=[])


def test_the_newest_answer_counts(practised, trainer):
    answer(practised, trainer)
    later = AT + dt.timedelta(minutes=1)

    practice.answer(
        practised, trainer=trainer, result="repeat", seen=[], note="Looked again.", at=later, today=TODAY
    )

    assert list(PracticeEntry.objects.signed_off()) == []


def test_another_trainer_cannot_sign_off(practised):
    with pytest.raises(PracticeRefused, match="current trainer"):
        answer(practised, person(Role.TRAINER))


def test_the_trainee_cannot_sign_off_themselves(practised):
    with pytest.raises(PracticeRefused, match="current trainer"):
        answer(practised, practised.enrolment.trainee)


def test_a_trainer_who_lost_the_role_cannot_sign_off(on):
    former = person()
    relation(former, on.trainee)

    with pytest.raises(PracticeRefused, match="current trainer"):
        answer(entry(on), former)


@pytest.mark.parametrize(
    ("today", "allowed"),
    [(dt.date(2025, 12, 31), False), (dt.date(2026, 1, 1), True), (TODAY, True), (TODAY + DAY, False)],
    ids=["day before", "first day", "last day", "day after"],
)
def test_a_trainer_signs_off_while_the_relation_lasts(practised, trainer, officer, today, allowed):
    practice.end_training(TrainerRelation.objects.get(), ended_on=TODAY, actor=officer, reason="Course over.")

    if allowed:
        assert answer(practised, trainer, today=today).result == "signed_off"
    else:
        with pytest.raises(PracticeRefused, match="current trainer"):
            answer(practised, trainer, today=today)


def test_a_sign_off_is_kept_by_the_database(practised, trainer):
    signed = answer(practised, trainer)

    with pytest.raises(IntegrityError, match="kept as they are"), transaction.atomic():
        SignOff.objects.filter(pk=signed.pk).update(result="repeat", note="Changed my mind.")
    with pytest.raises((IntegrityError, models.ProtectedError)), transaction.atomic():
        SignOff.objects.all().delete()
