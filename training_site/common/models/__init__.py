"""Rows of the mechanisms: the outbox, links, proposals, heartbeats."""

from training_site.common.models.approvals import Proposal
from training_site.common.models.heartbeat import Heartbeat
from training_site.common.models.links import Link
from training_site.common.models.notices import Notice

__all__ = ["Heartbeat", "Link", "Notice", "Proposal"]
