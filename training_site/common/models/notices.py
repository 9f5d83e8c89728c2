"""The outbox."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from training_site.common import crypto

# From this many failures on somebody should look (a quarter of an hour after the first). After the last
# attempt, three days later, only a person sends it again.
FAILING_FROM = 5
LAST_ATTEMPT = 20


def digest_of(address: str) -> str:
    """Keyed digest by which the mail of one address is found although addresses are stored sealed."""
    return salted_hmac("common.notices", address.casefold(), algorithm="sha256").hexdigest()


class NoticeQuerySet(models.QuerySet["Notice"]):
    def due(self, *, at: dt.datetime) -> Self:
        """Unsent mail whose next attempt may begin, the longest waiting first."""
        unclaimed = Q(claim_ends_at=None) | Q(claim_ends_at__lte=at)
        return self.filter(unclaimed, sent_at=None, next_try_at__lte=at).order_by("next_try_at", "pk")

    def failing(self) -> Self:
        """Unsent mail that has failed so often that somebody should look."""
        return self.filter(sent_at=None, attempts__gte=FAILING_FROM)

    def addressed_to(self, address: str) -> Self:
        """Mail to one address, in whatever case it was written."""
        return self.filter(address_digest=digest_of(address))


class Notice(models.Model):
    """A mail that must go out, written in the transaction that gave the reason for it.

    The address is stored sealed, because clients' contacts must not be read from a stolen database.
    ``next_try_at`` None means that nothing more will be tried: it was sent, or given up until somebody asks
    for another attempt.
    """

    kind = models.CharField("kind", max_length=80)
    sealed_to = models.TextField("sealed address")
    address_digest = models.CharField("digest of the address", max_length=64, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="notices"
    )
    subject = models.CharField("subject", max_length=255)
    text = models.TextField("text", blank=True)
    html = models.TextField("HTML", blank=True)
    forget_text = models.BooleanField("forget the text once sent", default=False)
    key = models.CharField("key", max_length=200, unique=True, null=True, blank=True)
    message_id = models.CharField("Message-ID", max_length=255, unique=True)
    posted_at = models.DateTimeField("posted", default=timezone.now)
    sent_at = models.DateTimeField("sent", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("attempts", default=0)
    next_try_at = models.DateTimeField("next attempt", null=True, blank=True, default=timezone.now)
    claim_ends_at = models.DateTimeField("claim ends", null=True, blank=True)
    last_error = models.CharField("last error", max_length=100, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "notice"
        verbose_name_plural = "notices"
        ordering = ("-posted_at", "-pk")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["next_try_at"], condition=Q(sent_at=None), name="notice_unsent"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~Q(sealed_to="") & ~Q(subject=""), name="notice_has_address_and_subject"
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(next_try_at=None, claim_ends_at=None),
                name="notice_is_sent_once",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False) | ~Q(text=""), name="notice_keeps_its_text_until_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"

    @property
    def to(self) -> str:
        """The address, opened."""
        return crypto.decrypt(self.sealed_to)

    @to.setter
    def to(self, address: str) -> None:
        self.sealed_to, self.address_digest = crypto.encrypt(address), digest_of(address)

    @property
    def is_failing(self) -> bool:
        return self.sent_at is None and self.attempts >= FAILING_FROM
