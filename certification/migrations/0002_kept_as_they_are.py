"""Rubrics, approved schemes, observations and what was handed in are written once (K2)."""

from django.db import migrations

from training_site.common.triggers import append_only, frozen


class Migration(migrations.Migration):
    dependencies = [("certification", "0001_initial")]

    operations = [
        append_only("certification_rubricversion"),
        append_only("certification_criterion"),
        append_only("certification_level"),
        append_only("certification_observation"),
        append_only("certification_manifest"),
        append_only("certification_manifestphoto"),
        frozen(
            "certification_schemeversion",
            columns=(
                "scheme_id",
                "number",
                "rubric_id",
                "rules",
                "slots",
                "questions",
                "fee_amount",
                "fee_currency",
                "content_hash",
                "approved_at",
            ),
            when="OLD.state <> 'draft'",
        ),
        frozen(
            "certification_imageconsent",
            columns=(
                "case_id",
                "photo_id",
                "purpose",
                "method",
                "text_version",
                "given_at",
                "expires_on",
            ),
        ),
    ]
