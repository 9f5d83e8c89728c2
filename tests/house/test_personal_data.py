"""Every model that holds something about people says what, why and for how long."""

from django.apps import apps
from django.conf import settings
from django.db import models

from training_site.common import personal_data

OURS = ("training_site.", "courses", "certification", "portfolio", "allauth.")


def tells_of_people(model: type[models.Model]) -> bool:
    """A person or an e-mail address stands in one of its own columns."""
    return any(
        isinstance(field, models.EmailField)
        or (field.is_relation and field.related_model._meta.label == settings.AUTH_USER_MODEL)
        for field in model._meta.local_fields
    )


def test_every_model_about_people_is_described():
    described = {row.model for row in personal_data.described()}
    about_people = {
        model
        for model in apps.get_models()
        if model.__module__.startswith(OURS)
        and tells_of_people(model)
        and not model.__name__.startswith("Historical")  # Kept with the model whose history it is.
    }

    assert sorted(model.__name__ for model in about_people - described) == []


def test_what_is_said_is_a_phrase_without_a_full_stop():
    said = [text for row in personal_data.described() for text in (row.what, row.why, row.kept)]

    assert [text for text in said if text.endswith(".") or not text] == []
