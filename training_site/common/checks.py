"""House rules that Django checks whenever a command starts; each prevents a failure that shows late.

E001: a tracked model whose reason for a change is cut at 100 characters.
E002: a file of ours in the public storage without saying so.
W003: an instant whose name does not end in ``_at``, or a day whose name does.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.core.files.storage import default_storage
from django.db import models
from simple_history.models import HistoricalChanges
from simple_history.utils import get_history_model_for_model
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition

# Their files are content of the public site.
PUBLIC = (AbstractDocument, AbstractImage, AbstractRendition)


@register("house")
def tracked_models_keep_whole_reasons(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """The reason that django-simple-history makes by itself holds 100 characters."""
    return [
        Error(
            f"The history of {model._meta.label} cuts reasons at 100 characters.",
            hint="Declare it with common.history.tracked().",
            obj=model,
            id="house.E001",
        )
        for model in _own_models(app_configs)
        if hasattr(model._meta, "simple_history_manager_attribute")
        and not isinstance(_reason_field(model), models.TextField)
    ]


@register("house")
def files_name_their_storage(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The default storage is public. Only Wagtail's documents and images may be there by omission."""
    return [
        Error(
            f"{model._meta.label}.{field.name} would be stored where everybody can read it.",
            hint="Give the field storage=private_storage, or a storage that says it is public.",
            obj=field,
            id="house.E002",
        )
        for model in _own_models(app_configs)
        if not issubclass(model, PUBLIC)
        for field in model._meta.local_fields
        if isinstance(field, models.FileField) and field.storage is default_storage
    ]


@register("house")
def instants_and_days_are_told_apart(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``_at`` is an instant and nothing else is: a day compared with an instant is off by one somewhere."""
    return [
        Warning(
            f"{model._meta.label}.{field.name} does not say whether it is an instant or a day.",
            hint="Names of instants end in _at, names of days in _on or _until.",
            obj=field,
            id="house.W003",
        )
        for model in _own_models(app_configs)
        for field in model._meta.local_fields
        if isinstance(field, models.DateField)
        and isinstance(field, models.DateTimeField) is not field.name.endswith("_at")
    ]


def _own_models(app_configs: Sequence[AppConfig] | None) -> Iterator[type[models.Model]]:
    """Models of this project, without the history tables that follow them."""
    for config in apps.get_app_configs() if app_configs is None else app_configs:
        if _is_own(config):
            for model in config.get_models():
                if not issubclass(model, HistoricalChanges):
                    yield model


def _is_own(config: AppConfig) -> bool:
    path = Path(config.path)
    return path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts


def _reason_field(model: type[models.Model]) -> models.Field[Any, Any]:
    return get_history_model_for_model(model)._meta.get_field("history_change_reason")
