"""Tables of certification, by topic."""

from certification.models.allocations import (
    Allocation,
    AssessorAuthorisation,
    ConflictDeclaration,
    Exclusion,
    Workplace,
)
from certification.models.applications import Application
from certification.models.assessments import Annotation, Assessment, Confirmation, Judgement, NamedEvent
from certification.models.cases import CaseFile, ProcedureCase, SessionLog
from certification.models.consents import ClientContact, ImageConsent
from certification.models.observations import Observation, ObserverAppointment
from certification.models.papers import CaseDocument, PaperCheck
from certification.models.photos import Photo
from certification.models.results import Agreement, QualityReview, Result
from certification.models.rubrics import Criterion, Level, Rubric, RubricVersion
from certification.models.schemes import Scheme, SchemeVersion
from certification.models.submissions import Manifest, ManifestPhoto, Submission

__all__ = [
    "Agreement",
    "Allocation",
    "Annotation",
    "Application",
    "Assessment",
    "AssessorAuthorisation",
    "CaseDocument",
    "CaseFile",
    "ClientContact",
    "Confirmation",
    "ConflictDeclaration",
    "Criterion",
    "Exclusion",
    "ImageConsent",
    "Judgement",
    "Level",
    "Manifest",
    "ManifestPhoto",
    "NamedEvent",
    "Observation",
    "ObserverAppointment",
    "PaperCheck",
    "Photo",
    "ProcedureCase",
    "QualityReview",
    "Result",
    "Rubric",
    "RubricVersion",
    "Scheme",
    "SchemeVersion",
    "SessionLog",
    "Submission",
    "Workplace",
]
