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


class HandInRefused(CertificationRefusal):
    """A case is not ready. ``missing`` holds one sentence for each thing to do."""

    def __init__(self, message: str, missing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.missing = list(missing)
