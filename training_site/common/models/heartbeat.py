"""Signs of life of what runs by itself."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class Heartbeat(models.Model):
    """When a scheduled step, the scheduler itself or the worker of a queue was last seen at work.

    For a step the row is also its lock: whoever sets ``claim_ends_at`` runs it, and a claim that was never
    given back (the process was killed) ends by itself.
    """

    name = models.CharField("name", max_length=80, primary_key=True)
    started_at = models.DateTimeField("started", null=True)
    finished_at = models.DateTimeField("finished", null=True)
    claim_ends_at = models.DateTimeField("claim ends", null=True)
    count = models.PositiveIntegerField("things done", default=0)
    error = models.CharField(
        "error", max_length=200, blank=True, help_text="Kind of the last failure; the log tells more."
    )

    class Meta:
        verbose_name = "heartbeat"
        verbose_name_plural = "heartbeats"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(claim_ends_at=None) | Q(started_at__isnull=False),
                name="heartbeat_claim_has_a_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name
