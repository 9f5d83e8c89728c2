"""What learning keeps about a person: enrolments, progress and exams. Practice is in ``practice_photos``."""

from typing import Any

from courses.models import CompletionRecord, CourseRelease, Enrolment, ExamAttempt, ExtraAttempts, ItemProgress
from training_site.common import personal_data

KEPT = "As long as you have an account; what a certification rests on stays with the certification"


def _learning(user: Any) -> list[dict[str, Any]]:
    return [
        {
            "course": str(enrolment.release),
            "state": enrolment.get_state_display(),
            "enrolled": enrolment.enrolled_at,
            "lessons": list(enrolment.item_progress.values("item__title", "opened_at", "finished_at")),
            "exam attempts": list(
                enrolment.exam_attempts.values("number", "started_at", "ended_at", "points", "passed")
            ),
            "history": list(enrolment.history.values("history_date", "history_change_reason")),
        }
        for enrolment in Enrolment.objects.for_user(user).select_related("release")
    ]


personal_data.register(
    "learning",
    export=_learning,
    erase=None,
    note="Your courses, how far you read, and your exams. A certification rests on it, so erasure leaves it.",
)
personal_data.describe(
    Enrolment,
    what="The courses you take, on which edition, and whether you finished or left",
    why="Finishing the course is needed before the assessment",
    kept=KEPT,
)
personal_data.describe(
    ItemProgress,
    what="Which lessons you opened and finished, and when",
    why="You go on where you stopped",
    kept=KEPT,
)
personal_data.describe(
    CompletionRecord, what="When you finished a course", why="It opens the way to the assessment", kept=KEPT
)
personal_data.describe(
    ExamAttempt,
    what="Your exam attempts: questions put, what you picked, points, times",
    why="To mark the exam, and to show later how it was marked",
    kept=KEPT,
)
personal_data.describe(
    ExtraAttempts,
    what="Further attempts an officer opened, and what was agreed with your trainer",
    why="To show why more attempts were given",
    kept=KEPT,
)
personal_data.describe(
    CourseRelease,
    what="Which editor released an edition of a course",
    why="To show who answers for its content",
    kept="As long as the edition",
)
