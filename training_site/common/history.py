"""Who changed what, when and why: the only module that knows django-simple-history's internals.

Rules write with ``save_as`` (and ``delete_as``); a write without a reason is refused. What a library writes
for a person at their own request (a new password, a changed e-mail address) takes the name of the page as
its reason. History misses ``update()`` and ``bulk_*``: neither is used on tracked models.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import models, transaction
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record

M = TypeVar("M", bound=models.Model)


class ReasonMissing(RuntimeError):
    """A tracked row was about to change without a word on why."""


def tracked(**options: Any) -> HistoricalRecords:
    """The ``history`` attribute of a tracked model. ``options`` go to ``HistoricalRecords``."""
    options.setdefault("history_change_reason_field", models.TextField(null=True))
    return HistoricalRecords(**options)


@contextmanager
def signed(obj: M, *, actor: models.Model | None, reason: str) -> Iterator[M]:
    """Whatever is written of ``obj`` inside bears this actor and reason (``user.groups.add`` too)."""
    if not reason.strip():
        raise ReasonMissing(f"A change of {obj._meta.verbose_name} needs a reason.")
    obj._history_user, obj._change_reason = actor, reason  # type: ignore[attr-defined]
    try:
        yield obj
    finally:
        del obj._history_user, obj._change_reason  # type: ignore[attr-defined]


def save_as(
    obj: M,
    *,
    actor: models.Model | None,
    reason: str,
    fields: Iterable[str] | None = None,
    force_insert: bool = False,
) -> M:
    """Save ``obj`` and keep who did it and why in the same transaction.

    ``actor`` is the person who acts, None for the system itself (a scheduled step, a migration).
    ``fields`` limits the write to those columns. Returns ``obj``.
    """
    with signed(obj, actor=actor, reason=reason), transaction.atomic():
        if fields is None:
            obj.save(force_insert=force_insert)
        else:
            obj.save(update_fields=[*fields])
    return obj


def delete_as(obj: models.Model, *, actor: models.Model | None, reason: str) -> None:
    """Delete ``obj``; its history stays, ending with who deleted it and why."""
    with signed(obj, actor=actor, reason=reason), transaction.atomic():
        obj.delete()


def connect() -> None:
    """Refuse every history row without a reason. Called once, when the app is ready."""
    pre_create_historical_record.connect(_require_reason, dispatch_uid="common.history.require_reason")


def _require_reason(sender: Any, *, instance: models.Model, history_instance: Any, **kwargs: Any) -> None:
    if history_instance.history_change_reason:
        return
    match = getattr(getattr(HistoricalRecords.context, "request", None), "resolver_match", None)
    if match is None:
        raise ReasonMissing(f"A change of {instance._meta.verbose_name} needs a reason: write it with save_as.")
    history_instance.history_change_reason = f"At {match.view_name}"
