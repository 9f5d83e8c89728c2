"""Practice: who trains whom, what the trainee logs, what the trainer signs off."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from courses.models.enrolment import Enrolment
from training_site.common.history import tracked
from training_site.common.storage import private_storage


class TrainerRelationQuerySet(models.QuerySet["TrainerRelation"]):
    def current(self, *, on: dt.date) -> Self:
        """Relations that hold on that day: from ``started_on`` to ``ended_on``, both included."""
        return self.filter(started_on__lte=on).filter(Q(ended_on=None) | Q(ended_on__gte=on))


class TrainerRelation(models.Model):
    """A trainer trains a trainee, from day to day. The day matters: a trainer may not assess later (K1)."""

    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trains")
    trainee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trained_by")
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    history = tracked()
    objects = TrainerRelationQuerySet.as_manager()

    class Meta:
        ordering = ("-started_on", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(trainer=F("trainee")), name="nobody_trains_themselves"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="trainer_relation_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["trainer", "trainee"], condition=Q(ended_on=None), name="trainer_relation_is_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trainer} trains {self.trainee}"


class PracticeExercise(models.Model):
    """One of the exercises on practice skin. Lists hold plain sentences."""

    course_key = models.SlugField(max_length=60)
    code = models.CharField(max_length=10)
    title = models.CharField(max_length=120)
    aim = models.CharField(max_length=300)
    material = models.JSONField()
    steps = models.JSONField()
    good = models.JSONField("what good work looks like")
    faults = models.JSONField("common faults", help_text="Values of FaultCode.")
    sign_off = models.JSONField("what the trainer confirms")
    review = models.CharField(max_length=160)

    history = tracked()

    class Meta:
        ordering = ("course_key", "code")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["course_key", "code"], name="practice_exercise_code_is_unique")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class PracticeEntryQuerySet(models.QuerySet["PracticeEntry"]):
    def waiting(self) -> Self:
        """Entries that no trainer has answered."""
        return self.filter(sign_offs=None)

    def signed_off(self) -> Self:
        """Entries whose newest answer is a sign-off."""
        newest = SignOff.objects.filter(entry=models.OuterRef("pk")).order_by("-signed_at", "-pk")
        return self.alias(newest=models.Subquery(newest.values("result")[:1])).filter(
            newest=SignOff.Result.SIGNED_OFF
        )


class PracticeEntry(models.Model):
    """What a trainee did: an exercise on practice skin, or a live procedure assisted or supervised."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", "Practice-skin exercise"
        LIVE_ASSISTED = "live_assisted", "Live procedure, assisted"
        LIVE_SUPERVISED = "live_supervised", "Live procedure, supervised"

    LIVE: ClassVar[list[str]] = [Kind.LIVE_ASSISTED, Kind.LIVE_SUPERVISED]

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="practice_entries")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    exercise = models.ForeignKey(
        PracticeExercise, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    treatment = models.CharField(
        max_length=30, blank=True, help_text="Value of TreatmentType; live procedures only."
    )
    client_code = models.CharField(max_length=20, blank=True, help_text="Never a name; live procedures only.")
    done_on = models.DateField("day")
    note = models.TextField("what you did and saw", max_length=2000)
    logged_at = models.DateTimeField()

    history = tracked()
    objects = PracticeEntryQuerySet.as_manager()

    class Meta:
        ordering = ("-done_on", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="practice_entry_names_exercise_or_procedure",
                condition=Q(kind="practice", exercise__isnull=False, treatment="", client_code="")
                | (
                    Q(kind__in=["live_assisted", "live_supervised"], exercise=None)
                    & ~Q(treatment="")
                    & ~Q(client_code="")
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.done_on}"


class PracticePhoto(models.Model):
    """A cleaned picture of practice work; private."""

    entry = models.ForeignKey(PracticeEntry, on_delete=models.PROTECT, related_name="photos")
    picture = models.FileField(storage=private_storage, max_length=120)
    thumbnail = models.FileField(storage=private_storage, max_length=120)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    history = tracked()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["entry", "sha256"], name="practice_photo_is_added_once")
        ]

    def __str__(self) -> str:
        return f"Photo of {self.entry}"


class SignOff(models.Model):
    """A trainer's answer to an entry. Append-only: a change of mind is a new answer, the newest counts."""

    class Result(models.TextChoices):
        SIGNED_OFF = "signed_off", "Signed off"
        REPEAT = "repeat", "To be repeated"

    entry = models.ForeignKey(PracticeEntry, on_delete=models.PROTECT, related_name="sign_offs")
    relation = models.ForeignKey(TrainerRelation, on_delete=models.PROTECT, related_name="sign_offs")
    result = models.CharField(max_length=20, choices=Result.choices)
    seen = models.JSONField("points confirmed", default=list)
    note = models.TextField("note to the trainee", max_length=2000, blank=True)
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ("-signed_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(result__in=["signed_off", "repeat"]), name="sign_off_result_is_known"
            ),
            models.CheckConstraint(
                condition=Q(result="signed_off") | ~Q(note=""), name="sign_off_repeat_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()}: {self.entry}"
