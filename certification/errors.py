"""Refusals of this app: each is a sentence that says what to do."""

from collections.abc import Iterable


class CertificationRefusal(ValueError):
    """Something cannot be done now; the message is shown to the person."""


class SchemeRefused(CertificationRefusal):
    """A version of a scheme cannot be approved or put into force, and why."""


class ApplicationRefused(CertificationRefusal):
    """No application, no admission, and why."""


class CaseRefused(CertificationRefusal):
    """A case cannot be made or changed, and why."""


class PhotoNotTaken(CertificationRefusal):
    """A photograph does not belong here, and why. What is wrong with the file itself is ``PhotoRefused``."""


class ConsentRefused(CertificationRefusal):
    """A client cannot be asked, or their answer not be taken, and why."""


class ObservationRefused(CertificationRefusal):
    """No observation, no observer, and why."""


class AuthorisationRefused(CertificationRefusal):
    """A person is not authorised to assess, or a paper not confirmed, and why."""


class AllocationRefused(CertificationRefusal):
    """Marking is not given, taken or given back, and why."""


class AssessmentRefused(CertificationRefusal):
    """Marks are not kept or not submitted. ``missing`` holds one sentence for each thing to do."""

    def __init__(self, message: str, missing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.missing = list(missing)


class ReleaseRefused(CertificationRefusal):
    """A result is not released, held or given back for marking, and why."""


class AttemptRefused(CertificationRefusal):
    """No further attempt of this kind, and why."""


class HandInRefused(CertificationRefusal):
    """A case is not ready. ``missing`` holds one sentence for each thing to do."""

    def __init__(self, message: str, missing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.missing = list(missing)
