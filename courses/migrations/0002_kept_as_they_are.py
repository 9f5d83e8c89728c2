"""Releases, question wording, sign-offs and completions are written once (C2, C5, C6)."""

from django.db import migrations

from training_site.common.triggers import append_only, frozen


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]

    operations = [
        append_only("courses_courserelease"),
        append_only("courses_releaseitem"),
        append_only("courses_releaseimage"),
        append_only("courses_releasedocument"),
        append_only("courses_answerkey"),
        append_only("courses_completionrecord"),
        append_only("courses_signoff"),
        frozen(
            "courses_questionversion",
            columns=("question_id", "number", "kind", "difficulty", "text", "options"),
        ),
        frozen("courses_attemptquestion", columns=("attempt_id", "position", "version_id", "order")),
        frozen("courses_examattempt", when="OLD.ended_at IS NOT NULL"),
    ]
