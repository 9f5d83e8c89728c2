"""Forms of observations: the observer's own, and the office's to appoint one."""

from typing import Any

from django import forms

from certification.models import Observation, ObserverAppointment, SessionLog
from certification.observing import CHANGED, ITEMS, STATEMENT, as_shown


class ObservationForm(forms.Form):
    """What an observer saw, with their signature.

    ``showing`` is sent along: who signs has read the visit as it is now.
    """

    items = forms.MultipleChoiceField(
        label="What you saw yourself",
        choices=[(item, item) for item in ITEMS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one point that you saw yourself."},
    )
    statement = forms.CharField(
        label="Your statement",
        error_messages={"required": "Say what you saw."},
        max_length=Observation._meta.get_field("statement").max_length,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=(
            f"At least {STATEMENT} characters: from when to when you were there and what you saw. Write “the "
            "candidate”, never the name; no name of the client either."
        ),
    )
    signature = forms.CharField(
        label="Signature: your full name",
        error_messages={"required": "Sign with your full name."},
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, visit: SessionLog, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.showing = as_shown(visit)

    def clean(self) -> dict[str, Any]:
        if self.data.get("shown") != self.showing:
            self.add_error(None, CHANGED)
        return {**self.cleaned_data, "shown": self.showing}


def _reason(example: str) -> forms.CharField:
    return forms.CharField(
        label="Reason",
        max_length=500,
        help_text=f"Kept in the history, for example “{example}”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AppointForm(forms.Form):
    name = forms.CharField(
        label="Full name",
        max_length=150,
        help_text="They sign with exactly this name.",
        error_messages={"required": "Give the observer's full name."},
    )
    qualification = forms.CharField(
        label="Qualification",
        max_length=ObserverAppointment._meta.get_field("qualification").max_length,
        help_text="Why this person can judge hygiene, for example “nurse, infection control”.",
    )
    email = forms.EmailField(label="E-mail address", max_length=254)
    reason = _reason("The candidate has no trainer now")


class EndAppointmentForm(forms.Form):
    reason = _reason("Was not present after all")


class CaseFileFilter(forms.Form):
    """Which case files are shown."""

    q = forms.CharField(
        label="Name, address or reference of a case", required=False, max_length=100, widget=forms.SearchInput
    )
