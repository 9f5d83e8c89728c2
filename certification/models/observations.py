"""Signed observations: somebody qualified was there and says what they saw."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from certification.models.cases import SessionLog
from training_site.common import crypto
from training_site.common.history import tracked


class ObserverAppointment(models.Model):
    """An officer appoints somebody without an account to observe one visit; they sign by a one-time link."""

    visit = models.ForeignKey(SessionLog, on_delete=models.PROTECT, related_name="appointments")
    name = models.CharField(max_length=150)
    qualification = models.CharField(max_length=300)
    sealed_email = models.TextField()
    appointed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    appointed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    history = tracked(excluded_fields=["sealed_email"])

    class Meta:
        ordering = ("-appointed_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["visit"], condition=Q(ended_at=None), name="visit_has_one_appointed_observer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} observes {self.visit}"

    @property
    def email(self) -> str:
        return crypto.decrypt(self.sealed_email)


class Observation(models.Model):
    """What an observer saw at one visit. Written once: the database refuses any change.

    Assessors see role and day, never who it was. ``items`` are the points seen, ``signature`` the name typed by
    the observer when signing.
    """

    class Role(models.TextChoices):
        TRAINER = "trainer", "The candidate's trainer"
        APPOINTED = "appointed", "An appointed observer"

    visit = models.OneToOneField(SessionLog, on_delete=models.PROTECT, related_name="observation")
    role = models.CharField(max_length=20, choices=Role.choices)
    observer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="observations"
    )
    appointment = models.OneToOneField(
        ObserverAppointment, on_delete=models.PROTECT, null=True, blank=True, related_name="observation"
    )
    observed_on = models.DateField()
    items = models.JSONField("points seen")
    statement = models.TextField(max_length=3000)
    signature = models.CharField(max_length=150)
    signed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(role="trainer", observer__isnull=False, appointment=None)
                | Q(role="appointed", observer=None, appointment__isnull=False),
                name="observation_has_one_observer",
            ),
            models.CheckConstraint(
                condition=~Q(statement="") & ~Q(signature=""), name="observation_is_stated_and_signed"
            ),
        ]

    def __str__(self) -> str:
        return f"Observation of {self.visit}"
