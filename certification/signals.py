"""What this app announces, and what it asks without knowing who answers."""

from django.dispatch import Signal

consent_withdrawn = Signal()
"""A client took a consent back: ``consent``, ``at``. Sent within the transaction."""

case_handed_in = Signal()
"""A case was handed in: ``submission``, ``marking_stage``, ``at``. Sent within the transaction."""

jurisdictions_asked = Signal()
"""Which places of licensing are known? Receivers return pairs of key and label."""
