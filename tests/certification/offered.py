"""Cases that are handed in with their papers read, and marking offered of them."""

from certification import paper_checks
from certification.assigning import offer
from certification.models import Allocation, ProcedureCase
from certification.submitting import hand_in
from tests.factories.certification import AT, TODAY, add_healed, ready_case
from tests.factories.marking import attempt


def handed_in(officer=None, of=None, *, healed: bool = False, **facts) -> ProcedureCase:
    """Handed in; with ``officer`` its papers are read."""
    made = ready_case(of, **facts)
    if healed:
        add_healed(made)
    hand_in(made, actor=made.practitioner, at=AT, on=TODAY)
    for paper in made.documents.all() if officer else ():
        paper_checks.check(paper, officer=officer, at=AT)
    return ProcedureCase.objects.get(pk=made.pk)


def give(case, to, officer, *, stage="procedure", kind="first", at=AT) -> Allocation:
    return offer(attempt(case), stage=stage, kind=kind, assessor=to, officer=officer, at=at)
