"""Which photographs a case needs and has, against the data of the starter."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.evidence import EvidenceRules, first_pigment, last_session, too_late
from certification.values import PhotoStage, PhotoView, views_of
from training_site.common.days import DAY, body_day, day_of, midnight
from training_site.starter.files import read

DATA = read("evidence_slots.json")
RULES = EvidenceRules.of(DATA)
DATES = {row["code"]: row for row in read("dates.json")["rules"]}
TREATMENTS = [value["value"] for value in read("enums.json")["enums"]["TreatmentType"]["values"]]
SESSION = dt.date.fromisoformat(DATES["T12"]["example"]["inputs"]["last_session_on"])
LATER = SESSION + dt.timedelta(days=60)


@dataclass(frozen=True)
class Visit:
    kind: str
    visited_on: dt.date


@dataclass
class Picture:
    stage: str
    view: str
    taken_on: dt.date = SESSION


SESSIONS = [Visit("session", SESSION)]


def obstacle(stage: str, view: str = "front", *, on: dt.date, treatment: str = "hairline", **facts) -> str | None:
    asked = {"visits": SESSIONS, "today": on, **facts}
    return RULES.obstacle(treatment=treatment, stage=stage, view=view, taken_on=on, **asked)


def places(treatment: str, photos: Iterable[Picture] = (), visits: Iterable[Visit] = SESSIONS) -> dict:
    found = RULES.places(treatment, visits=visits, photos=photos)
    return {(place.slot.key, place.on): place for place in found}


# The data -----------------------------------------------------------------------------------------


def test_every_slot_of_the_data_is_read():
    assert [slot.key for slot in RULES.slots] == [row["key"] for row in DATA["slots"]]
    assert [slot.count for slot in RULES.slots] == [row["min_count"] for row in DATA["slots"]]
    assert {slot.long_edge for slot in RULES.slots} == {RULES.long_edge} == {1600}
    assert RULES.most == 6


@pytest.mark.parametrize("treatment", [each for each in TREATMENTS if each != "correction"])
def test_every_treatment_asks_for_the_work_place_before_after_and_healed(treatment):
    stages = {slot.stage for slot in RULES.for_treatment(treatment) if slot.required}

    assert {"record", "before", "immediate", "healed"} <= stages


def test_every_view_of_a_slot_exists_in_its_stage():
    assert [slot.key for slot in RULES.slots if not set(slot.views) <= set(views_of(slot.stage))] == []


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_no_view_of_a_stage_is_asked_for_by_two_slots_of_a_treatment(treatment):
    asked = [(slot.stage, view) for slot in RULES.for_treatment(treatment) for view in slot.views]

    assert len(asked) == len(set(asked))


def test_marking_stages_of_slots_are_those_of_the_data():
    stages = {name: set(row["photo_stages"]) for name, row in DATA["marking_stages"].items()}

    assert [slot.key for slot in RULES.slots if slot.stage not in stages[slot.marking_stage]] == []


def test_a_correction_asks_for_what_the_corrected_treatment_asks():
    assert RULES.for_treatment("correction") == []
    assert "scar.before.area" in {slot.key for slot in RULES.for_treatment("fut_scar")}


def test_design_photographs_are_welcome_for_every_treatment():
    assert PhotoStage.DESIGN in RULES.stages("fut_scar")
    assert obstacle("design", on=SESSION, treatment="fut_scar") is None


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("line.before.front", "Front, neutral"),
        ("scar.before.area", "Whole treated area or back / crown"),
        ("vertex.before.back_or_side", "Back / crown, left profile or right profile"),
    ],
)
def test_a_slot_is_called_by_its_views(key, label):
    assert RULES.slot(key).label == label


# Places -------------------------------------------------------------------------------------------


def test_labels_are_asked_for_on_the_day_of_each_session():
    visits = [*SESSIONS, Visit("session", LATER), Visit("touch_up", LATER + DAY), Visit("consultation", SESSION)]
    asked = [on for key, on in places("fut_scar", visits=visits) if key == "record.labels"]

    assert asked == [SESSION, LATER]


def test_two_sessions_on_one_day_ask_once():
    asked = [on for key, on in places("fut_scar", visits=SESSIONS * 2) if key == "record.labels"]

    assert asked == [SESSION]


def test_a_touch_up_moves_the_photographs_after_the_last_session():
    photo = Picture("immediate", "front")
    before, after = (
        places("hairline", [photo], visits) for visits in (SESSIONS, [*SESSIONS, Visit("touch_up", LATER)])
    )

    assert before["line.immediate.front", SESSION].photos == [photo]
    assert after["line.immediate.front", LATER].photos == []


@pytest.mark.parametrize("kind", ["consultation", "patch_test", "test_area", "healed_review"])
def test_other_visits_do_not_move_the_last_session(kind):
    assert last_session([*SESSIONS, Visit(kind, LATER)]) == SESSION


def test_before_a_session_is_logged_every_slot_asks_once_for_no_day():
    days = {on for _, on in places("fut_scar", visits=[])}

    assert days == {None}
    assert last_session([]) is None


@pytest.mark.parametrize(
    ("kind", "first"),
    [("test_area", SESSION), ("session", SESSION), ("touch_up", SESSION), ("patch_test", None)],
)
def test_the_first_pigment_is_that_of_the_first_visit_that_implants(kind, first):
    assert first_pigment([Visit(kind, SESSION), Visit("session", LATER)]) == (first or LATER)


def test_a_slot_of_several_views_is_filled_by_any_of_them():
    photos = [Picture("before", "area"), Picture("before", "back")]
    place = places("fut_scar", photos)["scar.before.area", None]

    assert (place.photos, place.missing, place.is_filled) == (photos, 0, True)


def test_a_photograph_of_another_day_than_its_session_is_extra():
    photo = Picture("record", "labels", SESSION - DAY)

    assert places("fut_scar", [photo])["record.labels", SESSION].photos == []
    assert RULES.extras("fut_scar", visits=SESSIONS, photos=[photo]) == [photo]


def test_a_view_that_no_slot_asks_for_is_extra():
    photos = [Picture("before", "front"), Picture("before", "left")]

    assert RULES.extras("hairline", visits=SESSIONS, photos=photos) == photos[1:]


def test_healed_photographs_count_no_more_when_a_touch_up_follows():
    photo = Picture("healed", "front", SESSION + dt.timedelta(days=28))
    visits = [*SESSIONS, Visit("touch_up", LATER)]

    assert places("hairline", [photo])["line.healed.front", None].photos == [photo]
    assert places("hairline", [photo], visits)["line.healed.front", None].photos == []
    assert RULES.extras("hairline", visits=visits, photos=[photo]) == [photo]


def test_healed_photographs_do_not_count_without_a_session():
    photo = Picture("healed", "front", LATER)

    assert places("hairline", [photo], [])["line.healed.front", None].photos == []


def test_what_is_missing_is_said_in_a_sentence():
    place = places("fut_scar", [Picture("immediate", "close")])["scar.immediate.close", SESSION]

    assert place.missing == 2
    assert place.sentence == (
        "Add 2 photographs of 10 March 2026: Close-up with scale, immediately after the session."
    )


def test_an_optional_slot_misses_nothing():
    place = places("fut_scar")["scar.long_term.close", None]

    assert (place.missing, place.is_filled) == (0, False)


# How many -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("here", "full"), [(5, False), (6, True), (7, True)], ids=["five", "six", "seven"])
@pytest.mark.parametrize("view", ["area", "left"], ids=["in a slot", "outside the slots"])
def test_a_day_has_room_for_six(here, full, view):
    photos = [Picture("before", view)] * here

    assert RULES.is_full("fut_scar", stage="before", view=view, taken_on=SESSION, photos=photos) is full


def test_views_of_one_slot_share_its_room():
    photos = [Picture("before", "area")] * 3 + [Picture("before", "back")] * 3

    assert RULES.is_full("fut_scar", stage="before", view="back", taken_on=SESSION, photos=photos)


@pytest.mark.parametrize("other", [Picture("before", "area", SESSION - DAY), Picture("healed", "area")])
def test_another_day_or_stage_takes_no_room(other):
    assert not RULES.is_full("fut_scar", stage="before", view="area", taken_on=SESSION, photos=[other] * 6)


# Obstacles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "stage"), [("T12", "healed"), ("T13", "long_term")])
@pytest.mark.parametrize("kind", ["session", "touch_up"])
def test_healed_photographs_count_from_the_day_of_the_table(code, stage, kind):
    row = DATES[code]["example"]
    visits = [Visit("session", SESSION - dt.timedelta(days=30)), Visit(kind, SESSION)]
    days = {dt.date.fromisoformat(day["on"]): day["holds"] for day in row["days"]}

    for day, holds in days.items():
        assert (obstacle(stage, on=day, visits=visits) is None) is holds
        assert bool(
            places("hairline", [Picture(stage, "front", day)], visits)[f"line.{stage}.front", None].photos
        ) is (holds)
    assert RULES.earliest(stage, visits) == next(day for day, holds in days.items() if holds)


@pytest.mark.parametrize("code", ["T12", "T13"])
def test_the_first_day_begins_at_its_midnight_in_the_candidates_zone(code):
    stage = {"T12": "healed", "T13": "long_term"}[code]
    first = RULES.earliest(stage, SESSIONS)
    for row in DATES[code]["example"]["instants"]:
        zone, starts = ZoneInfo(row["time_zone"]), dt.datetime.fromisoformat(row["starts_at"])

        assert midnight(first, zone) == starts
        assert obstacle(stage, on=first, today=day_of(starts, zone)) is None
        assert "future" in obstacle(stage, on=first, today=day_of(starts - dt.timedelta(microseconds=1), zone))


def test_a_zone_ahead_of_the_body_takes_the_photograph_of_its_own_today():
    at = dt.datetime(2026, 4, 6, 14, 0, tzinfo=dt.UTC)
    first = RULES.earliest("healed", SESSIONS)

    assert obstacle("healed", on=first, today=day_of(at, ZoneInfo("Pacific/Auckland"))) is None
    assert "future" in obstacle("healed", on=first, today=body_day(at))


@pytest.mark.parametrize(
    ("late", "refused"), [(-1, False), (0, False), (1, True)], ids=["before", "today", "after"]
)
def test_a_photograph_is_not_of_tomorrow(late, refused):
    sentence = obstacle("before", on=SESSION + late * DAY, today=SESSION)

    assert sentence == ("The day lies in the future. Give the day on which it was taken." if refused else None)


def test_too_early_says_from_which_day():
    assert obstacle("healed", on=SESSION + 27 * DAY) == (
        "Too early: a healed photograph counts from 7 April 2026 on, 28 days after the last session on "
        "10 March 2026. Take it again from that day on."
    )


@pytest.mark.parametrize("stage", ["healed", "long_term"])
def test_without_a_session_nothing_is_healed(stage):
    assert "No treatment session is logged yet" in obstacle(stage, on=LATER, visits=[])


@pytest.mark.parametrize("stage", ["record", "before", "design", "immediate"])
def test_other_stages_need_no_session(stage):
    view = "labels" if stage == "record" else "front"

    assert obstacle(stage, view, on=SESSION, visits=[]) is None


@pytest.mark.parametrize("stage", ["record", "before"])
@pytest.mark.parametrize("view", list(PhotoView))
def test_a_view_belongs_to_the_work_place_or_to_the_client(stage, view):
    sentence = obstacle(stage, view, on=SESSION)

    assert (sentence is None) is ((view in {"setup", "teardown", "labels"}) is (stage == "record"))


def test_a_stage_that_does_not_exist_is_refused():
    assert "Choose another stage" in obstacle("someday", on=SESSION)


# Every photograph lies in exactly one place -------------------------------------------------------

DAYS = st.dates(SESSION - dt.timedelta(days=20), SESSION + dt.timedelta(days=300))
VISITS = st.lists(st.builds(Visit, st.sampled_from(["session", "touch_up", "healed_review"]), DAYS), max_size=4)
PICTURES = st.lists(
    st.sampled_from(list(PhotoStage)).flatmap(
        lambda stage: st.builds(Picture, st.just(stage), st.sampled_from(views_of(stage)), DAYS)
    ),
    max_size=12,
)


@given(treatment=st.sampled_from(TREATMENTS), visits=VISITS, photos=PICTURES)
def test_every_photograph_lies_in_one_place_or_outside_all(treatment, visits, photos):
    placed = [photo for place in places(treatment, photos, visits).values() for photo in place.photos]
    extras = RULES.extras(treatment, visits=visits, photos=photos)

    assert sorted(map(id, [*placed, *extras])) == sorted(map(id, photos))
    last = last_session(visits)
    assert [photo for photo in placed if photo.stage == "healed" and photo.taken_on - last < 28 * DAY] == []


@pytest.mark.parametrize(
    ("taken_on", "counts"),
    [(SESSION - DAY, True), (SESSION, True), (SESSION + DAY, False)],
    ids=["day before", "same day", "day after"],
)
def test_a_before_photograph_was_taken_no_later_than_the_first_pigment(taken_on, counts):
    assert (too_late("before", taken_on, SESSIONS) is None) is counts
    assert (obstacle("before", on=taken_on) is None) is counts


def test_a_design_may_be_drawn_again_before_a_later_session():
    assert too_late("design", SESSION + DAY, SESSIONS) is None
