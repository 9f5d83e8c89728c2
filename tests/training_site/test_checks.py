"""House rules that Django checks."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps
from simple_history.models import HistoricalRecords
from wagtail.images.models import AbstractImage

from training_site.common import checks
from training_site.common.history import tracked
from training_site.common.storage import private_storage


class App:
    """An app with one model, as far as a check looks at it."""

    def __init__(self, model, *, beside="common"):
        self.path, self.model = apps.get_app_config(beside).path, model

    def get_models(self):
        return [self.model]


def made(name, *bases, **attributes):
    meta = type("Meta", (), {"app_label": "common"})
    return type(name, bases or (models.Model,), {"__module__": __name__, "Meta": meta, **attributes})


def found(check, model, **options):
    return [message.id for message in check([App(model, **options)])]


def test_this_project_breaks_none_of_its_rules():
    assert run_checks(tags=["house"]) == []


@isolate_apps("training_site.common")
@pytest.mark.parametrize(
    ("history", "ids"), [(HistoricalRecords, ["house.E001"]), (tracked, [])], ids=["its own", "ours"]
)
def test_a_history_that_cuts_reasons_is_an_error(history, ids):
    model = made("Case", history=history())

    assert found(checks.tracked_models_keep_whole_reasons, model) == ids


@isolate_apps("training_site.common")
def test_a_model_without_history_has_no_reason_to_cut():
    assert found(checks.tracked_models_keep_whole_reasons, made("Case")) == []


@isolate_apps("training_site.common")
@pytest.mark.parametrize("field", [models.FileField, models.ImageField])
def test_a_file_that_would_be_public_by_omission_is_an_error(field):
    assert found(checks.files_name_their_storage, made("Case", scan=field())) == ["house.E002"]
    assert found(checks.files_name_their_storage, made("Other", scan=field(storage=private_storage))) == []


@isolate_apps("training_site.common")
def test_pictures_of_public_pages_may_be_public():
    assert found(checks.files_name_their_storage, made("Picture", AbstractImage, file=models.ImageField())) == []


@isolate_apps("training_site.common")
@pytest.mark.parametrize(
    ("name", "field", "ids"),
    [
        ("sent_at", models.DateTimeField(), []),
        ("sent", models.DateTimeField(), ["house.W003"]),
        ("valid_until", models.DateTimeField(), ["house.W003"]),
        ("valid_until", models.DateField(), []),
        ("decided_on", models.DateField(), []),
        ("decided_at", models.DateField(), ["house.W003"]),
        ("seen_at", models.CharField(max_length=9), []),
    ],
)
def test_a_name_tells_an_instant_from_a_day(name, field, ids):
    assert found(checks.instants_and_days_are_told_apart, made("Case", **{name: field})) == ids


@isolate_apps("training_site.common")
def test_other_peoples_apps_are_left_alone():
    model = made("Case", sent=models.DateTimeField(), scan=models.FileField(), history=HistoricalRecords())

    for check in (
        checks.tracked_models_keep_whole_reasons,
        checks.files_name_their_storage,
        checks.instants_and_days_are_told_apart,
    ):
        assert found(check, model, beside="simple_history") == []
