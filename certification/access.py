"""Who may see which private file of this app."""

import re
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.files import FieldFile

from certification import papers, table_photos
from certification.models import Allocation, Application, CaseDocument, Photo, ProcedureCase, Submission
from certification.values import AllocationState, SubmissionState
from training_site.accounts.roles import Role
from training_site.common import private_files

PHOTO = re.compile(r"(?P<pk>[1-9][0-9]{0,17})-(?P<size>large|medium|small|original)", re.ASCII)
"""How a photograph is asked for: its key, and which of its files."""

MARKING_PHOTO = re.compile(r"(?P<pk>[1-9][0-9]{0,17})-(?P<size>large|medium|small)", re.ASCII)
"""How those who mark a case ask for one: never the original."""


def opened_to(user: Any) -> QuerySet[ProcedureCase]:
    """Cases whose photographs and papers this person sees.

    Their own while they are a trainee; for certification officers every case that was handed in once.
    """
    found = ProcedureCase.objects.none()
    if user.holds(Role.TRAINEE):
        found |= ProcedureCase.objects.filter(practitioner=user)
    if user.holds(Role.CERTIFICATION_OFFICER):
        handed_in = Submission.objects.filter(case=OuterRef("pk"), handed_in_at__isnull=False)
        found |= ProcedureCase.objects.filter(Exists(handed_in))
    return found


def find_photo(user: Any, pk: str) -> FieldFile | None:
    """A file of a photograph for whom its case is open; None for everybody else."""
    if not (asked := PHOTO.fullmatch(pk)):
        return None
    photo = Photo.objects.kept().filter(case__in=opened_to(user), pk=asked["pk"]).first()
    return getattr(photo, asked["size"]) if photo else None


def looked_at_by(user: Any) -> QuerySet[Allocation]:
    """Pieces of marking whose case this assessor may look at: accepted, or handed in and not released yet."""
    if not user.holds(Role.ASSESSOR):
        return Allocation.objects.none()
    mine = Allocation.objects.for_user(user)
    handed_in = mine.filter(state=AllocationState.SUBMITTED).exclude(submission__state=SubmissionState.RELEASED)
    return mine.filter(state=AllocationState.ACCEPTED) | handed_in


def find_marking_photo(user: Any, pk: str) -> FieldFile | None:
    """A photograph of a case that this assessor may look at, if it was handed in; None for everybody else.

    What was handed in stays to be seen until the client takes the consent back.
    """
    if not (asked := MARKING_PHOTO.fullmatch(pk)):
        return None
    photo = table_photos.shown().filter(pk=asked["pk"]).first()
    if photo is None:
        return None
    pieces = looked_at_by(user).filter(submission__case=photo.case_id).select_related("submission")
    attempts = {piece.submission_id: piece.submission for piece in pieces}.values()
    if not any(photo.pk in table_photos.photos_in(table_photos.manifests_of(each)) for each in attempts):
        return None
    file: FieldFile = getattr(photo, asked["size"])
    return file


def find_paper(user: Any, pk: str) -> FieldFile | None:
    """A paper for whom its case is open; None for everybody else."""
    paper = CaseDocument.objects.select_related("case").filter(case__in=opened_to(user), pk=pk).first()
    return paper.file if paper else None


def find_proof(user: Any, pk: str) -> FieldFile | None:
    """An applicant's certificate of training, for themselves; for certification officers once it was handed in."""
    proofs = Application.objects.for_user(user)
    if user.holds(Role.CERTIFICATION_OFFICER):
        proofs = proofs | Application.objects.exclude(state=Application.State.DRAFT)
    found = proofs.filter(pk=pk).first()
    return found.training_proof if found else None


def register() -> None:
    """Tell the site. Called once, when the app is ready."""
    private_files.register("application-proof", find=find_proof, as_attachment=True)
    private_files.register("case-photo", find=find_photo, as_attachment=False)
    private_files.register("marking-photo", find=find_marking_photo, as_attachment=False)
    private_files.register("case-paper", find=find_paper, as_attachment=True, filename=papers.filename)
