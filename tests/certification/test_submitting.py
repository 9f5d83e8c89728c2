"""Handing a case in: what is asked, what is moved, what is frozen."""

import datetime as dt
import hashlib
import json

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from certification import conflicts, manifests, schemes
from certification.cases import Part
from certification.errors import HandInRefused
from certification.manifests import verify
from certification.models import CaseFile, Manifest, ManifestPhoto, Photo, ProcedureCase, Submission
from certification.readiness import gaps
from certification.signals import case_handed_in
from certification.submitting import hand_in, hand_in_healed, return_for_evidence
from certification.values import MarkingStage
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    REASON,
    TODAY,
    PhotoFactory,
    add_healed,
    application,
    at_state,
    case,
    case_file,
    consent,
    ready_case,
    visit,
)
from tests.factories.marking import AT_STANDARD, marks
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import delete_as, save_as
from training_site.common.models import Notice
from training_site.common.storage import random_name

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NOTE = "The label of the second cartridge cannot be read."


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def ready() -> ProcedureCase:
    return ready_case()


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


def give(of: ProcedureCase, *, at: dt.datetime = AT) -> Submission:
    return hand_in(of, actor=of.practitioner, at=at, on=TODAY)


def give_healed(of: ProcedureCase) -> Submission:
    return hand_in_healed(of, actor=of.practitioner, at=AT, on=TODAY)


def missing(of: ProcedureCase, part: Part = Part.PROCEDURE) -> list[tuple[str, str]]:
    return [(gap.url_name, gap.sentence) for gap in gaps(of, part=part, at=AT, on=TODAY)]


def take_out(photo: Photo) -> None:
    photo.removed_at = AT
    for name in photo.FILES:
        setattr(photo, name, "")
    save_as(photo, actor=None, reason=REASON)


# What is missing ----------------------------------------------------------------------------------


def test_a_whole_case_lacks_nothing(ready):
    assert missing(ready) == []


def test_what_is_not_written_is_missing(ready):
    ready.plan = ""
    save_as(ready, actor=None, reason=REASON)

    assert missing(ready) == [("case_plan", "Write the plan.")]


def test_a_slot_without_its_photographs_is_missing(ready):
    take_out(ready.photos.filter(stage="immediate", view="close").first())

    assert missing(ready) == [
        ("case_photos", "Add a photograph of 10 March 2026: Close-up with scale, immediately after the session.")
    ]


def test_a_photograph_that_was_taken_out_fills_no_slot(ready):
    take_out(ready.photos.get(view="setup"))

    assert [url_name for url_name, _ in missing(ready)] == ["case_photos"]


def test_the_treatment_consent_is_asked(ready):
    delete_as(ready.documents.get(), actor=None, reason=REASON)

    assert missing(ready) == [("case_papers", "Add the treatment consent that the client signed.")]


def test_one_observed_implanting_visit_is_asked():
    unseen = case()
    visit(unseen)

    assert "case_observation" in {url_name for url_name, _ in missing(unseen)}


@pytest.mark.parametrize(
    ("change", "is_covered"),
    [
        ({}, True),
        ({"expires_on": TODAY}, True),
        ({"expires_on": TODAY - DAY}, False),
        ({"withdrawn_at": AT}, False),
        ({"purpose": "teaching"}, False),
    ],
    ids=["alive", "last day", "day after", "withdrawn", "for something else"],
)
def test_a_photograph_needs_the_clients_living_consent(ready, change, is_covered):
    extra = PhotoFactory(case=ready, view="back")
    consent(extra, **change)

    assert missing(ready) == (
        []
        if is_covered
        else [
            (
                "case_consent",
                "The client's consent does not cover one photograph. Ask the client to allow it, or take it out.",
            )
        ]
    )


def test_a_photograph_of_the_work_place_needs_nobodys_consent(ready):
    PhotoFactory(case=ready, stage="record", view="setup")

    assert missing(ready) == []


def test_the_owners_name_is_missing_from_nothing_but_is_in_the_way(ready):
    ready.plan = f"{ready.practitioner.legal_name} plans one session."
    save_as(ready, actor=None, reason=REASON)

    assert [url_name for url_name, _ in missing(ready)] == ["case_plan"]


def test_healed_photographs_are_asked_at_the_healed_stage_only(ready):
    assert [url_name for url_name, _ in missing(ready, Part.HEALED)] == [
        "case_healed",
        "case_photos",
        "case_photos",
    ]


@pytest.mark.parametrize(
    ("day", "counts"),
    [(dt.date(2026, 4, 6), False), (dt.date(2026, 4, 7), True)],
    ids=["day before", "first day"],
)
def test_a_healed_photograph_counts_from_day_28_on(ready, day, counts):
    """T12: the last session was on 10 March 2026."""
    add_healed(ready)
    for photo in ready.photos.filter(stage="healed"):
        photo.taken_on = day
        save_as(photo, actor=None, reason=REASON)

    assert (missing(ready, Part.HEALED) == []) is counts


def test_a_touch_up_makes_healed_photographs_too_early(ready):
    add_healed(ready)
    visit(ready, kind="touch_up", on=dt.date(2026, 4, 20))

    sentences = [sentence for _, sentence in missing(ready, Part.HEALED)]

    assert sentences[-1] == (
        "A photograph of 14 April 2026 counts as healed from 18 May 2026 on only. "
        "Correct its day or its stage, or take it out."
    )


# Handing in ---------------------------------------------------------------------------------------


def test_a_whole_case_is_handed_in(ready):
    submission = give(ready)

    assert (submission.state, submission.handed_in_at, submission.healed_in_at) == ("handed_in", AT, None)
    assert [manifest.marking_stage for manifest in submission.manifests.all()] == ["procedure"]


def test_an_unfinished_case_is_not_handed_in_and_says_what_is_missing():
    unfinished = ready_case(plan="", reflection="")

    with pytest.raises(HandInRefused) as refusal:
        give(unfinished)

    assert str(refusal.value) == "2 things are missing. Nothing was handed in."
    assert refusal.value.missing == ["Write the plan.", "Write the reflection, 150 to 600 words."]
    assert (unfinished.submissions.get().state, Manifest.objects.count()) == ("draft", 0)


def test_only_its_owner_hands_a_case_in(ready):
    with pytest.raises(HandInRefused, match=r"^Only its owner hands in a case\.$"):
        hand_in(ready, actor=person(Role.TRAINEE), at=AT, on=TODAY)


def test_a_case_of_nobody_admitted_is_not_handed_in():
    asked = application()
    of = CaseFile(
        candidate=asked.candidate,
        scheme=asked.scheme,
        scheme_version=asked.scheme_version,
        application=asked,
        opened_at=AT,
    )
    early = ready_case(save_as(of, actor=None, reason=REASON))

    with pytest.raises(HandInRefused, match="once you are admitted"):
        give(early)


def test_a_case_outside_a_file_is_not_handed_in(ready):
    ready.case_file = None
    save_as(ready, actor=None, reason=REASON)

    with pytest.raises(HandInRefused, match="once you are admitted"):
        give(ready)


@pytest.mark.parametrize(("number", "may"), [(3, True), (4, False)], ids=["last attempt", "one too many"])
def test_a_case_is_handed_in_three_times_at_most(ready, number, may):
    attempt = ready.submissions.get()
    attempt.number, attempt.kind = number, "replacement"
    save_as(attempt, actor=None, reason=REASON)

    if may:
        assert give(ready).state == "handed_in"
    else:
        with pytest.raises(HandInRefused, match="3 times at most"):
            give(ready)


@pytest.mark.parametrize(
    "state",
    [
        "handed_in",
        "procedure_marking",
        "healed_awaited",
        "healed_marking",
        "assessed",
        "quality_hold",
        "released",
    ],
)
def test_what_is_handed_in_is_not_handed_in_again(state):
    with pytest.raises(HandInRefused):
        give(ready_case(state=state))

    assert Manifest.objects.count() == 0


def test_the_owner_gets_a_mail(ready):
    submission = give(ready)

    notice = Notice.objects.get(user=ready.practitioner)
    assert notice.subject == f"Handed in: case {ready.ref}"
    assert "with 11 photographs" in notice.text
    assert f"/cases/{ready.ref}/" in notice.text
    assert notice.key == f"case_handed_in:{submission.pk}:1"


def test_whoever_listens_hears_of_each_stage(ready):
    heard = []

    def listen(sender, **facts):
        heard.append((facts["submission"].pk, facts["marking_stage"], facts["at"]))

    case_handed_in.connect(listen)
    try:
        add_healed(ready)
        submission = give(ready)
    finally:
        case_handed_in.disconnect(listen)

    assert heard == [(submission.pk, MarkingStage.PROCEDURE, AT), (submission.pk, MarkingStage.HEALED, AT)]


# The place in the file ----------------------------------------------------------------------------


def test_cases_take_their_places_in_the_order_of_first_hand_in():
    of = case_file()
    first, second = ready_case(of), ready_case(of)

    give(second)
    give(first)

    assert [ProcedureCase.objects.get(pk=each.pk).position for each in (second, first)] == [1, 2]


def test_the_first_place_of_another_file_is_its_own():
    give(ready_case())
    other = ready_case()
    give(other)

    assert ProcedureCase.objects.get(pk=other.pk).position == 1


def test_a_returned_case_keeps_its_place(ready, officer):
    return_for_evidence(give(ready), note=NOTE, officer=officer, at=AT)
    give(ready_case(ready.case_file))
    give(ready)

    assert ProcedureCase.objects.get(pk=ready.pk).position == 1


def test_a_replacement_takes_the_place_of_what_it_replaces():
    of = case_file()
    give(ready_case(of))
    failed = ready_case(of)
    give(failed)
    instead = ready_case(of, replaces=ProcedureCase.objects.get(pk=failed.pk))
    give(instead)

    assert ProcedureCase.objects.get(pk=instead.pk).position == 2


@pytest.mark.django_db(transaction=True)
def test_two_cases_handed_in_at_once_take_two_places():
    of = case_file()
    both = [ready_case(of), ready_case(of)]

    together(*[lambda each=each: give(each) for each in both])

    assert sorted(ProcedureCase.objects.values_list("position", flat=True)) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_twenty_hand_ins_at_once_freeze_one_manifest(ready):
    outcomes = together(*[lambda: give(ready) for _ in range(20)])

    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["HandInRefused"] * 19 + ["Submission"]
    assert (Manifest.objects.count(), Notice.objects.filter(kind="case_handed_in").count()) == (1, 1)


# Healed evidence ----------------------------------------------------------------------------------


def test_complete_healed_evidence_goes_along(ready):
    add_healed(ready)

    submission = give(ready)

    assert (submission.state, submission.healed_in_at) == ("handed_in", AT)
    assert [manifest.marking_stage for manifest in submission.manifests.all()] == ["healed", "procedure"]
    assert "went along" in Notice.objects.get(kind="case_handed_in").text


def test_incomplete_healed_evidence_stays_behind(ready):
    photo = PhotoFactory(case=ready, stage="healed", view="area", taken_on=dt.date(2026, 4, 14))

    submission = give(ready)

    assert submission.healed_in_at is None
    assert not ManifestPhoto.objects.filter(photo=photo).exists()


@pytest.mark.parametrize(
    ("state", "then"),
    [
        ("handed_in", "handed_in"),
        ("procedure_marking", "procedure_marking"),
        ("healed_awaited", "healed_marking"),
    ],
)
def test_healed_evidence_follows(ready, state, then):
    give(ready)
    attempt = at_state(ready, state)
    if state == "healed_awaited":
        marks(attempt, {code: 2 for code in AT_STANDARD if code != "R11"})
    add_healed(ready)

    submission = give_healed(ready)

    assert (submission.state, submission.healed_in_at) == (then, AT)
    frozen = submission.manifests.get(marking_stage="healed")
    assert (frozen.number, frozen.photos.count()) == (1, 5)
    assert Notice.objects.get(kind="healed_handed_in").user == ready.practitioner


@pytest.mark.parametrize("state", ["handed_in", "procedure_marking", "healed_awaited"])
def test_an_incomplete_healed_set_moves_nothing(ready, state):
    give(ready)
    at_state(ready, state)
    add_healed(ready)
    withdrawn = ready.photos.filter(stage="healed", view="close").first().consents.get()
    withdrawn.withdrawn_at = AT
    save_as(withdrawn, actor=None, reason=REASON, fields=["withdrawn_at"])

    with pytest.raises(HandInRefused) as refusal:
        give_healed(ready)

    assert refusal.value.missing == [
        "The client's consent does not cover one photograph. Ask the client to allow it, or take it out."
    ]
    assert (ready.submissions.get().state, ready.submissions.get().healed_in_at) == (state, None)


@pytest.mark.parametrize("state", ["draft", "returned"])
def test_healed_evidence_does_not_come_first(state):
    with pytest.raises(HandInRefused, match=r"^Hand in the case first\."):
        give_healed(ready_case(state=state))


@pytest.mark.parametrize("state", ["healed_marking", "assessed", "quality_hold", "released"])
def test_healed_evidence_does_not_come_later(state):
    late = ready_case(state=state)
    add_healed(late)

    with pytest.raises(HandInRefused):
        give_healed(late)


def test_healed_evidence_is_handed_in_once(ready):
    give(ready)
    add_healed(ready)
    give_healed(ready)

    with pytest.raises(HandInRefused, match="handed in with its healed photographs"):
        give_healed(ready)


def test_only_its_owner_hands_healed_evidence_in(ready):
    give(ready)

    with pytest.raises(HandInRefused, match="Only its owner"):
        hand_in_healed(ready, actor=person(Role.TRAINEE), at=AT, on=TODAY)


@pytest.mark.django_db(transaction=True)
def test_healed_evidence_handed_in_twice_at_once_is_frozen_once(ready):
    give(ready)
    add_healed(ready)

    outcomes = together(*[lambda: give_healed(ready) for _ in range(4)])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["HandInRefused"] * 3 + ["Submission"]
    assert Manifest.objects.filter(marking_stage="healed").count() == 1


# Returning ----------------------------------------------------------------------------------------


def test_an_officer_returns_a_case_and_its_owner_reads_why(ready, officer):
    returned = return_for_evidence(give(ready), note=f"  {NOTE} ", officer=officer, at=AT)

    assert (returned.state, returned.note) == ("returned", NOTE)
    notice = Notice.objects.get(kind="case_returned")
    assert notice.user == ready.practitioner
    assert NOTE in notice.text


@pytest.mark.parametrize("note", ["", "  \n"])
def test_a_case_is_not_returned_without_a_word(ready, officer, note):
    submission = give(ready)

    with pytest.raises(HandInRefused, match=r"^Say what is missing"):
        return_for_evidence(submission, note=note, officer=officer, at=AT)


@pytest.mark.parametrize("role", [Role.TRAINEE, Role.TRAINER, Role.QUALITY_ASSURER])
def test_nobody_else_returns_a_case(ready, role):
    submission = give(ready)

    with pytest.raises(HandInRefused, match="Only a certification officer"):
        return_for_evidence(submission, note=NOTE, officer=person(role), at=AT)


def test_an_officer_does_not_return_their_own_case():
    both = person(Role.TRAINEE, Role.CERTIFICATION_OFFICER)
    submission = give(ready_case(case_file(both)))

    with pytest.raises(HandInRefused, match="your own"):
        return_for_evidence(submission, note=NOTE, officer=both, at=AT)


@pytest.mark.parametrize(
    "state", ["draft", "returned", "procedure_marking", "healed_awaited", "healed_marking", "assessed", "released"]
)
def test_only_what_is_handed_in_and_unmarked_is_returned(officer, state):
    submission = ready_case(state=state).submissions.get()

    with pytest.raises(HandInRefused, match="Only a case that is handed in"):
        return_for_evidence(submission, note=NOTE, officer=officer, at=AT)


def test_a_returned_case_is_handed_in_again_and_frozen_anew(ready, officer):
    add_healed(ready)
    return_for_evidence(give(ready), note=NOTE, officer=officer, at=AT)
    PhotoFactory(case=ready, stage="record", view="labels", taken_on=LAST_SESSION)

    submission = give(ready, at=AT + dt.timedelta(hours=2))

    assert (submission.number, submission.state) == (1, "handed_in")
    assert list(submission.manifests.values_list("marking_stage", "number")) == [
        ("healed", 1),
        ("healed", 2),
        ("procedure", 1),
        ("procedure", 2),
    ]
    counts = [each.photos.count() for each in submission.manifests.filter(marking_stage="procedure")]
    assert counts == [11, 12]
    assert Notice.objects.filter(kind="case_handed_in").count() == 2


# What is frozen -----------------------------------------------------------------------------------


def frozen(of: ProcedureCase, stage: str = "procedure") -> Manifest:
    return Manifest.objects.get(submission__case=of, marking_stage=stage)


def test_the_procedure_is_frozen_word_for_word(ready):
    give(ready)

    content = frozen(ready).content

    assert set(content) == {
        "layout",
        "marking_stage",
        "scheme",
        "case",
        "answers",
        "visits",
        "papers",
        "observations",
        "consents",
        "photos",
    }
    version = ready.scheme_version
    assert content["layout"] == 1
    assert content["scheme"] == {"key": version.scheme.key, "version": 1, "sha256": version.content_hash}
    assert content["case"]["plan"] == "One session in the scar and three centimetres around it."
    assert content["case"]["client_agreed_on"] == "2026-02-26"
    assert "retention_note" not in content["case"]
    assert content["answers"] == ready.answers
    assert [(row["kind"], row["visited_on"], row["began"]) for row in content["visits"]] == [
        ("session", "2026-03-10", "10:00:00")
    ]
    assert content["papers"] == [
        {
            "kind": "treatment_consent",
            "sha256": "0" * 64,
            "dated_on": "2026-02-26",
            "signed_time": "09:30:00",
            "identity_seen": True,
            "pages": 1,
        }
    ]
    assert content["consents"] == {"given_on": ["2026-05-04"], "ahead": True}
    assert {row["id"] for row in content["photos"]} == set(ready.photos.values_list("pk", flat=True))
    assert {row["stage"] for row in content["photos"]} == {"record", "before", "immediate"}


def test_the_healed_result_is_frozen_by_itself(ready):
    add_healed(ready)
    give(ready)

    content = frozen(ready, "healed").content

    assert content["case"] == {
        "ref": ready.ref,
        "client_code": "R-009",
        "treatment": "fut_scar",
        "corrects": "",
        "retention_note": "Even hold; a touch-up is not needed.",
        "faults_seen": [],
    }
    assert {row["stage"] for row in content["photos"]} == {"healed"}
    assert "answers" not in content


def test_nobody_is_named_in_what_is_frozen(ready):
    give(ready)

    text = json.dumps(frozen(ready).content)

    observer = ready.visits.get().observation
    for name in (
        ready.practitioner.legal_name,
        ready.practitioner.email,
        observer.signature,
        "client@example.org",
    ):
        assert name not in text
    assert frozen(ready).content["observations"] == [
        {
            "role": "trainer",
            "observed_on": "2026-03-10",
            "items": ["Clean field"],
            "statement": "I was there from set-up to tear-down.",
        }
    ]


def test_decimals_are_frozen_as_text(ready):
    session = ready.visits.get()
    session.numbing_percent = "5.0"
    save_as(session, actor=None, reason=REASON)
    give(ready)

    assert frozen(ready).content["visits"][0]["numbing_percent"] == "5.0"
    assert verify(frozen(ready)) == []


def test_every_photograph_is_on_record_twice(ready):
    give(ready)

    rows = dict(ManifestPhoto.objects.values_list("photo", "sha256"))

    assert rows == {row["id"]: row["sha256"] for row in frozen(ready).content["photos"]}
    assert len(rows) == 11


def test_the_hash_is_over_the_canonical_text(ready):
    give(ready)

    text = json.dumps(frozen(ready).content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert frozen(ready).sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert frozen(ready).sha256 == schemes.digest(frozen(ready).content)


def test_what_is_frozen_is_never_changed(ready):
    give(ready)

    with pytest.raises(IntegrityError), transaction.atomic():
        Manifest.objects.update(sha256="0" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        ManifestPhoto.objects.update(sha256="0" * 64)


def test_the_text_of_the_case_moves_on_and_what_is_frozen_stays(ready, officer):
    return_for_evidence(give(ready), note=NOTE, officer=officer, at=AT)
    changed = ProcedureCase.objects.get(pk=ready.pk)
    changed.plan = "Two sessions."
    save_as(changed, actor=None, reason=REASON)

    assert frozen(ready).content["case"]["plan"] == "One session in the scar and three centimetres around it."
    assert verify(frozen(ready)) == []


# Checking it later --------------------------------------------------------------------------------


def test_another_hash_of_a_photograph_is_noticed(ready):
    give(ready)
    photo = ready.photos.first()
    photo.sha256 = "f" * 64
    save_as(photo, actor=None, reason=REASON)

    assert verify(frozen(ready)) == [f"The hash of photograph {photo.pk} is not the one that was handed in."]


def test_another_text_is_noticed(ready):
    give(ready)
    manifest = frozen(ready)
    manifest.content["case"]["plan"] = "Something else."

    assert verify(manifest) == ["The written record does not match its hash."]


def test_a_photograph_more_or_less_is_noticed(ready):
    give(ready)
    manifest = frozen(ready)
    gone = manifest.content["photos"].pop()
    manifest.content["photos"].append({**gone, "id": 0})
    manifest.sha256 = schemes.digest(manifest.content)

    assert verify(manifest) == [
        "Photograph 0 is in the record and not in the list.",
        f"Photograph {gone['id']} is in the list and not in the record.",
    ]


def test_a_changed_file_is_noticed(ready):
    storage = ready.photos.first().original.storage
    for photo in ready.photos.all():
        photo.original = storage.save(random_name("cases", "jpg"), ContentFile(f"photo {photo.pk}".encode()))
        photo.sha256 = hashlib.sha256(f"photo {photo.pk}".encode()).hexdigest()
        save_as(photo, actor=None, reason=REASON)
    give(ready)
    assert verify(frozen(ready), files=True) == []

    changed, lost = ready.photos.all()[:2]
    with storage.open(changed.original.name, "wb") as file:
        file.write(b"something else")
    storage.delete(lost.original.name)

    assert verify(frozen(ready)) == []
    assert sorted(verify(frozen(ready), files=True)) == sorted(
        f"The file of photograph {photo.pk} is not the one that was handed in." for photo in (changed, lost)
    )


def test_every_field_of_a_visit_and_of_a_case_is_frozen():
    """A field that is added is frozen, too, or is named here as one that is not."""
    facts = {*manifests.ALWAYS, *manifests.OF_PROCEDURE, *manifests.OF_HEALED}
    left_out = {"id", "practitioner", "case_file", "scheme_version", "position", "replaces", "begun_at", "answers"}

    assert {field.name for field in ProcedureCase._meta.concrete_fields} - left_out == facts


def test_an_officer_with_a_declared_conflict_returns_no_case(ready):
    submission = give(ready)
    officer = person(Role.CERTIFICATION_OFFICER)
    conflicts.write_down(ready.case_file, officer, reason="Cousin.", declared_by=officer, at=AT)

    with pytest.raises(HandInRefused, match="conflict of interest is declared"):
        return_for_evidence(submission, note=NOTE, officer=officer, at=AT)
