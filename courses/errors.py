"""Refusals of this app: each is a sentence that says what to do."""


class CourseRefusal(ValueError):
    """Something cannot be done now; the message is shown to the person."""


class EnrolmentRefused(CourseRefusal):
    """No enrolment, and why."""


class ReleaseRefused(CourseRefusal):
    """No release, and why."""


class ExamRefused(CourseRefusal):
    """No attempt, no answer, and why."""


class PracticeRefused(CourseRefusal):
    """No log, no sign-off, and why."""


class QuestionRefused(CourseRefusal):
    """No question, no version, no review, and why."""
