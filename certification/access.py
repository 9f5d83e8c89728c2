"""Who may see which private file of this app."""

import re
from typing import Any

from django.db.models.fields.files import FieldFile

from certification import papers
from certification.models import Application, Photo
from training_site.accounts.roles import Role
from training_site.common import private_files

PHOTO = re.compile(r"(?P<pk>[1-9][0-9]{0,17})-(?P<size>large|medium|small|original)", re.ASCII)
"""How a photograph is asked for: its key, and which of its files."""


def find_photo(user: Any, pk: str) -> FieldFile | None:
    """A file of a photograph for its owner and for certification officers; None for everybody else."""
    if not (asked := PHOTO.fullmatch(pk)):
        return None
    photos = Photo.objects.kept()
    if not user.holds(Role.CERTIFICATION_OFFICER):
        photos = photos.filter(case__practitioner=user)
    photo = photos.filter(pk=asked["pk"]).first()
    return getattr(photo, asked["size"]) if photo else None


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
    private_files.register("case-paper", find=papers.find, as_attachment=True, filename=papers.filename)
