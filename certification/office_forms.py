"""Forms of the office of certification."""

import re
from decimal import Decimal
from typing import Any

from django import forms

from certification.forms.fields import DayField
from certification.models import Application

CURRENCY = re.compile(r"[A-Z]{3}")


def _reason(example: str) -> forms.CharField:
    return forms.CharField(
        label="Reason",
        max_length=500,
        help_text=f"Kept in the history, for example “{example}”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _answer(help_text: str) -> forms.CharField:
    return forms.CharField(
        label="Answer to the applicant",
        max_length=2000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ApplicationFilter(forms.Form):
    """Which applications are shown. Unknown values show those that wait."""

    WHICH = (
        ("", "Waiting for the office"),
        (Application.State.MORE_INFO.value, "More information asked"),
        (Application.State.ADMITTED.value, "Admitted"),
        (Application.State.REJECTED.value, "Rejected"),
        ("all", "All"),
    )

    q = forms.CharField(label="Name or address", required=False, widget=forms.SearchInput)
    which = forms.ChoiceField(label="Which", choices=WHICH, required=False)


class SeenForm(forms.Form):
    seen_on = DayField(label="Seen on")


class FeePaidForm(forms.Form):
    paid_on = DayField(label="Paid on")
    note = forms.CharField(
        label="How it was paid", max_length=200, help_text="For example “Bank transfer, statement 17”."
    )


class AskForMoreForm(forms.Form):
    answer = _answer("What is missing, and how to add it. Sent by mail.")


class RejectForm(forms.Form):
    answer = _answer("Why, and what would help. Sent by mail. The person may apply again.")


class AdmitForm(forms.Form):
    reason = _reason("Passport and certificate seen in a video call")


class FeeForm(forms.Form):
    """What a draft asks for an application. Both empty: no fee."""

    amount = forms.DecimalField(
        label="Fee",
        min_value=Decimal("0.01"),
        max_digits=8,
        decimal_places=2,
        required=False,
        help_text="Leave empty if no fee is asked.",
    )
    currency = forms.CharField(
        label="Currency", max_length=3, required=False, help_text="Three letters, such as GBP."
    )
    reason = _reason("Decided by the board on 3 May 2026")

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].upper()
        if currency and not CURRENCY.fullmatch(currency):
            raise forms.ValidationError("Use the three letters of a currency, such as GBP.")
        return currency

    def clean(self) -> dict[str, Any]:
        """Adds ``fee``: amount and currency, or None."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        amount, currency = cleaned.get("amount"), cleaned.get("currency")
        if amount and not currency and "currency" not in self.errors:
            self.add_error("currency", "Say in which currency, such as GBP.")
        if currency and not amount and "amount" not in self.errors:
            self.add_error("amount", "Give the amount, or leave both empty.")
        return {**cleaned, "fee": (amount, currency) if amount and currency else None}


class SchemeReasonForm(forms.Form):
    reason = _reason("Read and agreed by the scheme committee on 3 May 2026")
