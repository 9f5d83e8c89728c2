"""Attempts whose marks are in, and the attempts that follow them."""

from certification.advancing import advance
from certification.models import ProcedureCase, Result, Submission
from tests.factories.certification import AT, REASON, at_state, ready_case
from tests.factories.marking import attempt, marks, place_in_file
from training_site.common.history import save_as

AT_STANDARD = {f"R{number:02}": 2 for number in range(1, 15)}
AT_PROCEDURE = {code: level for code, level in AT_STANDARD.items() if code != "R11"}


def being_marked(*, position: int = 1, healed_in: bool = False) -> Submission:
    """A first attempt whose procedure is being marked; from position 3 on by two."""
    case = place_in_file(ready_case(), position)
    if healed_in:
        hand_healed_in(attempt(case))
    return at_state(case, "procedure_marking")


def hand_healed_in(submission: Submission) -> None:
    submission.healed_in_at = AT
    save_as(submission, actor=None, reason=REASON, fields=["healed_in_at"])


def released(submission: Submission, *sets: dict[str, int], third: dict[str, int] | None = None) -> Result:
    """The attempt was marked by one or two, perhaps by a third as well, and its result is out."""
    for kind, levels in zip(("first", "second"), sets, strict=False):
        marks(submission, levels, kind=kind)
    advance(submission, at=AT)
    if third:
        marks(submission, third, kind="third", stage="healed")
        advance(submission, at=AT)
    at_state(submission.case, "released")
    return submission.results.get(round=submission.round)


def following(case: ProcedureCase, kind: str = "correction", *, of: ProcedureCase | None = None) -> Submission:
    """The next attempt, handed in: at the same case, or at ``case`` as a replacement ``of`` another."""
    former = attempt(of or case)
    made = Submission(
        case=case, number=former.number + 1, kind=kind, state="handed_in", begun_at=AT, handed_in_at=AT
    )
    return save_as(made, actor=None, reason=REASON)
