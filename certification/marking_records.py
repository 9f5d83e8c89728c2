"""What marking keeps about people: assessors, quality assurers, and whose work was marked."""

from certification.models import (
    Allocation,
    Annotation,
    Assessment,
    AssessorAuthorisation,
    ConflictDeclaration,
    Exclusion,
    Judgement,
    PaperCheck,
    QualityReview,
    Result,
    Workplace,
)
from training_site.common import personal_data

WITH_THE_RESULT = "As long as the result that rests on it is on record"


def describe() -> None:
    """Declare it all. Called once, when the app is ready."""
    personal_data.describe(
        AssessorAuthorisation,
        what="That a person may assess, since when, on what basis and proof",
        why="Nobody marks without authorisation",
        kept="As long as results that they marked are on record",
    )
    personal_data.describe(
        Workplace,
        what="Where an assessor works, as they state it",
        why="Nobody judges the work of their own studio",
        kept="As long as results that they marked are on record",
    )
    personal_data.describe(
        ConflictDeclaration,
        what="That a person must have no part in a case file, who said so and why",
        why="Nobody judges whom they know",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        Allocation,
        what="Which assessor was asked to mark which case, what they answered and when",
        why="Marking is shared out fairly and finished in time",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        Exclusion,
        what="Which assessor was not asked about a case, and why",
        why="So that the fairness of an allocation can be checked later",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        PaperCheck,
        what="Which officer read a client's consent or clearance, and when",
        why="Assessors never see these papers and rely on the check",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        Assessment,
        what="An assessor's marks: levels, reasons, faults, and the note to the candidate",
        why="A result rests on them, and an appeal may ask for them",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        Judgement,
        what="The level that a candidate's work was given for each criterion, and why",
        why="A candidate is told what to do better",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        Annotation,
        what="Notes that an assessor pinned to photographs of a client",
        why="They show a candidate what is meant",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        QualityReview,
        what="Which quality assurer held a result back, why, and what they found",
        why="Marks are sampled, so that all assessors mark alike",
        kept=WITH_THE_RESULT,
    )
    personal_data.describe(
        Result,
        what="What a candidate's attempt came to: levels, total and outcome",
        why="Certification is decided on results",
        kept="As long as the certification that rests on it is on record",
    )
