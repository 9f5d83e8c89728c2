"""Content, enrolment, progress and practice sign-offs."""
