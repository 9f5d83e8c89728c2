"""Submitted marks, results and what led to them are written once."""

from django.db import migrations

from training_site.common.triggers import append_only, frozen


class Migration(migrations.Migration):
    dependencies = [("certification", "0003_assess")]

    operations = [
        append_only("certification_conflictdeclaration"),
        append_only("certification_exclusion"),
        append_only("certification_judgement"),
        append_only("certification_namedevent"),
        append_only("certification_annotation"),
        append_only("certification_confirmation"),
        append_only("certification_agreement"),
        append_only("certification_result"),
        frozen("certification_allocation", when="OLD.ended_at IS NOT NULL"),
        frozen("certification_assessment", when="OLD.state = 'submitted'"),
        frozen("certification_qualityreview", when="OLD.ended_at IS NOT NULL"),
    ]
