"""Tables of certification, by topic."""

from certification.models.applications import Application
from certification.models.cases import CaseDocument, CaseFile, ProcedureCase, SessionLog
from certification.models.consents import ClientContact, ImageConsent
from certification.models.observations import Observation, ObserverAppointment
from certification.models.photos import Photo
from certification.models.rubrics import Criterion, Level, Rubric, RubricVersion
from certification.models.schemes import Scheme, SchemeVersion
from certification.models.submissions import Manifest, ManifestPhoto, Submission

__all__ = [
    "Application",
    "CaseDocument",
    "CaseFile",
    "ClientContact",
    "Criterion",
    "ImageConsent",
    "Level",
    "Manifest",
    "ManifestPhoto",
    "Observation",
    "ObserverAppointment",
    "Photo",
    "ProcedureCase",
    "Rubric",
    "RubricVersion",
    "Scheme",
    "SchemeVersion",
    "SessionLog",
    "Submission",
]
