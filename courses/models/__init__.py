"""Reading order: ``pages`` (what editors write) · ``releases`` (what trainees read, fixed for ever) ·
``questions`` and ``exams`` · ``enrolment`` and ``progress`` · ``practice`` (trainers and sign-offs).
"""

from courses.models.enrolment import Enrolment
from courses.models.exams import AttemptQuestion, ExamAttempt, ExamBlueprint, ExtraAttempts
from courses.models.pages import CourseIndexPage, CoursePage, LessonPage, ModulePage
from courses.models.practice import PracticeEntry, PracticeExercise, PracticePhoto, SignOff, TrainerRelation
from courses.models.progress import CompletionRecord, ItemProgress
from courses.models.questions import AnswerKey, Question, QuestionVersion
from courses.models.releases import CourseRelease, ReleaseDocument, ReleaseImage, ReleaseItem

__all__ = [
    "AnswerKey",
    "AttemptQuestion",
    "CompletionRecord",
    "CourseIndexPage",
    "CoursePage",
    "CourseRelease",
    "Enrolment",
    "ExamAttempt",
    "ExamBlueprint",
    "ExtraAttempts",
    "ItemProgress",
    "LessonPage",
    "ModulePage",
    "PracticeEntry",
    "PracticeExercise",
    "PracticePhoto",
    "Question",
    "QuestionVersion",
    "ReleaseDocument",
    "ReleaseImage",
    "ReleaseItem",
    "SignOff",
    "TrainerRelation",
]
