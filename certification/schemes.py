"""Versions of a scheme: drafted from data, approved, put into force. What is approved cannot change (K2)."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from certification.agreement import Tolerance
from certification.errors import SchemeRefused
from certification.evidence import EvidenceRules
from certification.grading import PassRule
from certification.models import Criterion, Level, Rubric, RubricVersion, Scheme, SchemeVersion
from certification.screening import Screen
from certification.terms import Terms
from certification.values import PhotoStage
from training_site.accounts.roles import Role
from training_site.common.days import in_words
from training_site.common.history import save_as

State = SchemeVersion.State


@transaction.atomic
def add_rubric(key: str, title: str, data: Mapping[str, Any], *, at: dt.datetime) -> RubricVersion:
    """A rubric version from ``rubric.json``; the same version twice is kept once.

    Raises SchemeRefused when the weights do not add up to 100.
    """
    rubric, _ = Rubric.objects.get_or_create(key=key, defaults={"title": title})
    if existing := rubric.versions.filter(number=data["version"]).first():
        return existing
    weights = sum(row["weight"] for row in data["criteria"])
    if weights != 100:
        raise SchemeRefused(f"The weights of the criteria add up to {weights}. They must add up to 100.")
    version = RubricVersion.objects.create(
        rubric=rubric,
        number=data["version"],
        autofail=data["autofail"],
        reasons=data["reasons"],
        content_hash=digest({name: data[name] for name in ("levels", "criteria", "autofail", "reasons")}),
        frozen_at=at,
    )
    for row in data["criteria"]:
        criterion = Criterion.objects.create(
            version=version,
            **{name: row[name] for name in ("code", "name", "weight", "critical", "stage", "evidence")},
        )
        for level in data["levels"]:
            Level.objects.create(criterion=criterion, descriptor=row["descriptors"][str(level["level"])], **level)
    return version


@transaction.atomic
def draft(
    scheme: Scheme,
    *,
    rubric: RubricVersion,
    rules: Mapping[str, Any],
    slots: Mapping[str, Any],
    questions: Mapping[str, Any],
    actor: Any,
    reason: str,
    fee: tuple[Decimal, str] | None = None,
) -> SchemeVersion:
    """The next version of a scheme. ``fee`` is an amount and a currency; None when none is asked."""
    newest = scheme.versions.order_by("-number").first()
    version = SchemeVersion(
        scheme=scheme,
        number=newest.number + 1 if newest else 1,
        rubric=rubric,
        rules=rules,
        slots=slots,
        questions=questions,
        fee_amount=fee[0] if fee else None,
        fee_currency=fee[1] if fee else "",
    )
    return save_as(version, actor=actor, reason=reason)


@transaction.atomic
def set_fee(version: SchemeVersion, fee: tuple[Decimal, str] | None, *, actor: Any, reason: str) -> SchemeVersion:
    """Change what a draft asks for an application. Raises SchemeRefused once it is approved."""
    _refuse_stranger(actor)
    locked = _locked(version, State.DRAFT, "changed")
    locked.fee_amount, locked.fee_currency = fee or (None, "")
    return save_as(locked, actor=actor, reason=reason, fields=["fee_amount", "fee_currency"])


@transaction.atomic
def approve(version: SchemeVersion, *, actor: Any, reason: str, at: dt.datetime) -> SchemeVersion:
    """Freeze a draft. Raises SchemeRefused when its rules cannot be read, or its slots name unknown criteria."""
    _refuse_stranger(actor)
    locked = _locked(version, State.DRAFT, "approved")
    for fault in faults(locked):
        raise SchemeRefused(fault)
    locked.state, locked.approved_at, locked.content_hash = State.APPROVED, at, content_hash(locked)
    return save_as(locked, actor=actor, reason=reason, fields=["state", "approved_at", "content_hash"])


@transaction.atomic
def put_into_force(version: SchemeVersion, *, on: dt.date, actor: Any, reason: str) -> SchemeVersion:
    """From today (``on``) people apply under this version; the one before is superseded and keeps its files."""
    _refuse_stranger(actor)
    # Of two versions put into force at once the second waits here and finds the first.
    Scheme.objects.select_for_update().get(pk=version.scheme_id)
    locked = _locked(version, State.APPROVED, "put into force")
    if former := SchemeVersion.objects.in_force().filter(scheme=locked.scheme_id).first():
        former.state = State.SUPERSEDED
        save_as(former, actor=actor, reason=f"Superseded by version {locked.number}.", fields=["state"])
    locked.state, locked.effective_on = State.EFFECTIVE, on
    return save_as(locked, actor=actor, reason=reason, fields=["state", "effective_on"])


def in_force(key: str) -> SchemeVersion | None:
    """The version of a scheme under which people apply now."""
    return SchemeVersion.objects.in_force().filter(scheme__key=key).select_related("scheme", "rubric").first()


def faults(version: SchemeVersion) -> list[str]:
    """What keeps a draft from being approved, in sentences."""
    try:
        terms = Terms.of(version.rules)
        evidence = EvidenceRules.of(version.slots)
        Screen.of(version.questions)
        PassRule.of(version.rules["outcomes"])
        Tolerance.of(version.rules["agreement"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        fault = f"“{error.args[0]}” is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
        return [f"The rules cannot be read: {fault}. Correct the data and draft the version again."]
    known = set(version.rubric.criteria.values_list("code", flat=True))
    named = {code for slot in evidence.slots for code in slot.serves}
    if strange := sorted(named - known):
        return [f"The evidence names criteria that the rubric does not have: {', '.join(strange)}."]
    windows = {slot.days_min for slot in evidence.slots if slot.stage == PhotoStage.HEALED}
    if windows != {terms.healed_days}:
        return [f"Healed photographs count from day {terms.healed_days} on, and some slots say otherwise."]
    return []


def content_hash(version: SchemeVersion) -> str:
    """SHA-256 of everything that approval freezes."""
    return digest(
        {
            "scheme": version.scheme.key,
            "number": version.number,
            "rubric": version.rubric.content_hash,
            "rules": version.rules,
            "slots": version.slots,
            "questions": version.questions,
            "fee": [str(version.fee_amount) if version.fee_amount else None, version.fee_currency],
        }
    )


def digest(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """SHA-256 (hex) of canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(version: SchemeVersion, state: str, what: str) -> SchemeVersion:
    locked = (
        SchemeVersion.objects.select_for_update(of=("self",)).select_related("scheme", "rubric").get(pk=version.pk)
    )
    if locked.state != state:
        since = f" since {in_words(locked.effective_on)}" if locked.effective_on else ""
        raise SchemeRefused(
            f"This version is {locked.get_state_display().lower()}{since}, so it cannot be {what}. "
            "Draft a new version for another change."
        )
    return locked


def _refuse_stranger(actor: Any) -> None:
    if not actor.holds(Role.CERTIFICATION_OFFICER):
        raise SchemeRefused("Only a certification officer decides on schemes.")
