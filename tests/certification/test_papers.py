"""Papers of a case."""

import datetime as dt
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from certification import papers
from certification.errors import CaseRefused
from certification.models import CaseDocument, Manifest
from tests.certification.assessed import correction_of, referred_for_real
from tests.factories.certification import AT, LAST_SESSION, REASON, TODAY, case, document, visit
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import signed
from training_site.common.storage import private_storage
from training_site.common.uploads import DocumentRefused

pytestmark = pytest.mark.django_db
CONSENT, CLEARANCE = "treatment_consent", "clearance"


def picture(shade: int = 200) -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("L", (80, 60), shade).save(file, "JPEG")
    return SimpleUploadedFile("Consent of Jane Client.jpg", file.getvalue())


def keep(of, kind=CONSENT, upload=None, **changes):
    facts = {"dated_on": TODAY - DAY, "actor": of.practitioner, "at": AT, "today": TODAY, **changes}
    return papers.keep(of, kind, upload, **facts)


def stored() -> set[str]:
    """Addresses of every paper that the storage holds."""
    root = Path(private_storage().path("papers"))
    return {str(path) for path in root.rglob("*.*")}


def test_a_paper_is_kept_clean_and_under_a_name_that_tells_nothing():
    of = case()

    kept = keep(of, upload=picture(), signed_time=dt.time(9, 30), identity_seen=True)

    assert (kept.kind, kept.media_type, kept.pages, kept.dated_on) == (CONSENT, "image/jpeg", 1, TODAY - DAY)
    assert (kept.signed_time, kept.identity_seen, kept.added_at) == (dt.time(9, 30), True, AT)
    assert kept.file.name.startswith("papers/")
    assert "Jane" not in kept.file.name
    assert kept.history.latest().history_user == of.practitioner


def test_a_new_paper_of_a_kind_replaces_the_earlier_one_and_its_file(django_capture_on_commit_callbacks):
    of, before = case(), stored()
    first = keep(of, upload=picture())

    with django_capture_on_commit_callbacks(execute=True):
        second = keep(of, upload=picture(90))

    assert first.pk == second.pk
    assert first.sha256 != second.sha256
    assert private_storage().exists(second.file.name)
    assert not private_storage().exists(first.file.name)
    assert len(stored() - before) == 1


def test_the_earlier_file_stays_until_the_change_is_certain():
    of = case()
    first = keep(of, upload=picture())

    keep(of, upload=picture(90))  # Nothing is committed inside a test.

    assert private_storage().exists(first.file.name)


def test_the_day_of_a_paper_is_mended_without_sending_it_again():
    of = case()
    first = keep(of, upload=picture())

    mended = keep(of, dated_on=TODAY)

    assert (mended.pk, mended.sha256, mended.dated_on) == (first.pk, first.sha256, TODAY)


def test_each_kind_has_a_paper_of_its_own():
    of = case()
    keep(of, upload=picture())
    keep(of, CLEARANCE, upload=picture(90))

    assert of.documents.count() == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Choose the file: a PDF, or a photograph of the paper."),
        ({"upload": picture(), "dated_on": TODAY + DAY}, "lies in the future"),
    ],
    ids=["no file", "a day to come"],
)
def test_a_paper_that_cannot_be_kept_is_refused(changes, sentence):
    of = case()

    with pytest.raises(CaseRefused, match=sentence):
        keep(of, **changes)
    assert of.documents.count() == 0


def test_a_file_that_is_no_document_is_refused_and_nothing_is_stored():
    of, before = case(), stored()

    with pytest.raises(DocumentRefused):
        keep(of, upload=SimpleUploadedFile("consent.pdf", b"<html><script>alert(1)</script>"))
    assert (of.documents.count(), stored()) == (0, before)


def test_a_failure_leaves_no_file_behind(monkeypatch):
    of, before = case(), stored()
    monkeypatch.setattr(CaseDocument, "save", lambda *args, **kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        keep(of, upload=picture())
    assert stored() == before


def test_only_the_owner_keeps_and_removes_papers():
    of, stranger = case(), person(Role.TRAINEE)
    kept = document(of)

    with pytest.raises(CaseRefused, match="Only its owner"):
        keep(of, dated_on=TODAY, actor=stranger)
    with pytest.raises(CaseRefused, match="Only its owner"):
        papers.remove(kept, actor=stranger)


@pytest.mark.parametrize("state", ["handed_in", "procedure_marking", "released"])
def test_papers_stay_as_they_were_handed_in(state):
    of = case(state=state)
    kept = document(of)

    with pytest.raises(CaseRefused):
        keep(of, upload=picture())
    with pytest.raises(CaseRefused):
        papers.remove(kept, actor=of.practitioner)
    assert of.documents.get().sha256 == kept.sha256


def test_a_returned_case_takes_papers_again():
    of = case(state="returned")

    assert keep(of, upload=picture()).pk


def test_a_paper_is_taken_out_with_its_file(django_capture_on_commit_callbacks):
    of, before = case(), stored()
    kept = keep(of, upload=picture())

    with django_capture_on_commit_callbacks(execute=True):
        papers.remove(kept, actor=of.practitioner)
        papers.remove(kept, actor=of.practitioner)  # Two clicks.

    assert (of.documents.count(), stored()) == (0, before)
    assert CaseDocument.history.latest().history_change_reason == "Paper taken out."


@pytest.mark.parametrize(
    ("dated_on", "signed_time", "sentence"),
    [
        (LAST_SESSION - DAY, dt.time(23, 0), None),
        (LAST_SESSION, None, None),
        (LAST_SESSION, dt.time(9, 59), None),
        (LAST_SESSION, dt.time(10, 0), "Signed after the first pigment, which was that day at 10:00."),
        (LAST_SESSION + DAY, None, "Signed after the first pigment, which was on 10 March 2026."),
    ],
    ids=["day before", "that day, no time", "a minute before", "at the first minute", "day after"],
)
def test_a_consent_signed_after_the_first_pigment_is_kept_and_said(dated_on, signed_time, sentence):
    of = case()
    visits = [visit(of, kind="consultation", on=LAST_SESSION - 9 * DAY), visit(of)]

    kept = keep(of, upload=picture(), dated_on=dated_on, signed_time=signed_time)

    assert papers.late(kept, visits) == sentence


def test_a_clearance_is_never_late():
    of = case()

    assert papers.late(document(of, CLEARANCE, dated_on=TODAY), [visit(of)]) is None


def test_a_paper_is_for_the_owner_and_certification_officers(as_):
    of = case(state="handed_in")
    kept = document(of)
    address = f"/files/case-paper/{kept.pk}/"
    others = [role for role in Role if role is not Role.CERTIFICATION_OFFICER]

    for reader in (of.practitioner, person(Role.CERTIFICATION_OFFICER)):
        answer = as_(reader).get(address)
        assert answer.status_code == 200
        assert answer["Content-Disposition"] == f'attachment; filename="{of.ref}-treatment-consent.pdf"'
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert [as_(person(role)).get(address).status_code for role in others] == [404] * len(others)


def test_officers_open_a_paper_once_its_case_was_handed_in(as_):
    kept = document(case())

    assert as_(person(Role.CERTIFICATION_OFFICER)).get(f"/files/case-paper/{kept.pk}/").status_code == 404


def test_the_owner_opens_a_paper_no_more_when_the_role_is_gone(as_):
    of = case(state="handed_in")
    kept = document(of)
    with signed(of.practitioner, actor=None, reason=REASON):
        of.practitioner.groups.clear()

    reader = type(of.practitioner).objects.get(pk=of.practitioner.pk)
    assert as_(reader).get(f"/files/case-paper/{kept.pk}/").status_code == 404


@pytest.mark.parametrize("change", ["replace", "take out"])
def test_a_file_that_was_handed_in_stays_on_disk_when_the_case_comes_back(
    change, django_capture_on_commit_callbacks
):
    of = case(state="returned")
    kept = keep(of, upload=picture())
    frozen = {"papers": [{"kind": CONSENT, "sha256": kept.sha256}], "photos": []}
    Manifest.objects.create(
        submission=of.submissions.get(),
        marking_stage="procedure",
        number=1,
        content=frozen,
        sha256="0" * 64,
        frozen_at=AT,
    )
    file = kept.file.name

    with django_capture_on_commit_callbacks(execute=True):
        if change == "replace":
            keep(of, upload=picture(90))
        else:
            papers.remove(kept, actor=of.practitioner)

    assert private_storage().exists(file)


def test_a_correction_carries_the_papers():
    of = referred_for_real()
    correction_of(of)
    paper = of.documents.get(kind="treatment_consent")

    with pytest.raises(CaseRefused, match="stay as they were handed in first"):
        papers.remove(paper, actor=of.practitioner)
    with pytest.raises(CaseRefused, match="stay as they were handed in first"):
        keep(of, paper.kind)
