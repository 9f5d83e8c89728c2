"""An officer reads the papers of a case before it is marked: assessors see what is stated, never the papers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from certification import conflicts, schemes
from certification.errors import AuthorisationRefused
from certification.manifests import OF_PAPER
from certification.models import CaseDocument, PaperCheck, ProcedureCase
from training_site.accounts.roles import Role


def digest_of(paper: CaseDocument) -> str:
    """Over the file and everything that is stated about it: when one changes, an earlier check counts no more."""
    return schemes.digest({name: str(getattr(paper, name)) for name in OF_PAPER})


def check(paper: CaseDocument, *, officer: Any, at: dt.datetime, seen: str | None = None) -> PaperCheck:
    """An officer confirms that a paper is what the candidate states. Doing it twice changes nothing.

    ``seen`` is the ``digest_of`` what they had before them; without it, the paper as it is now. Raises
    AuthorisationRefused.
    """
    fresh = CaseDocument.objects.select_related("case__case_file").filter(pk=paper.pk).first()
    if fresh is None:
        raise AuthorisationRefused("The candidate took this paper out. Read the case again.")
    if not officer.holds(Role.CERTIFICATION_OFFICER):
        raise AuthorisationRefused("Only a certification officer confirms a paper.")
    if sentence := conflicts.officer_obstacle(officer, fresh.case.case_file):
        raise AuthorisationRefused(sentence)
    if not fresh.case.submissions.filter(handed_in_at__isnull=False).exists():
        raise AuthorisationRefused("This case was never handed in. Its papers are read once it is.")
    digest = digest_of(fresh)
    if seen is not None and seen != digest:
        raise AuthorisationRefused("This paper was changed after you opened it. Read it again, then confirm it.")
    made, _ = PaperCheck.objects.get_or_create(
        document=fresh, digest=digest, defaults={"officer": officer, "checked_at": at}
    )
    return made


def checks_of(case: ProcedureCase) -> list[tuple[CaseDocument, PaperCheck | None]]:
    """Each paper of a case with the check that counts for it as it is now. Two queries."""
    papers = CaseDocument.objects.filter(case=case).prefetch_related("checks__officer")
    return [(paper, _counting(paper)) for paper in papers]


def unchecked(case: ProcedureCase) -> list[CaseDocument]:
    """Papers that no officer has confirmed as they are now."""
    return [paper for paper, counts in checks_of(case) if counts is None]


def _counting(paper: CaseDocument) -> PaperCheck | None:
    digest = digest_of(paper)
    return next((each for each in paper.checks.all() if each.digest == digest), None)
