"""The form of a visit: one for all kinds. What a kind needs is asked at hand-in."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms import BoundField

from certification.forms.cases import DraftForm, long_text
from certification.forms.fields import DayField
from certification.models import SessionLog
from certification.values import Needle, VisitKind

MOST_DOTS = 1_000_000
"""A head has fewer; a larger number is a slip."""


def _text(label: str, most: int, help_text: str = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=most, help_text=help_text)


def _time(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label, required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )


class VisitForm(DraftForm):
    """Everything that a visit's record holds."""

    kind = forms.ChoiceField(label="Kind of visit", error_messages={"required": "Choose the kind of visit."})
    visited_on = DayField(label="Day", error_messages={"required": "Give the day of the visit."})
    began = _time("Began")
    ended = _time("Ended")
    place = _text("Place", 120, "Studio or training centre.")
    operator = forms.ChoiceField(
        label="Who did it", required=False, choices=SessionLog.Operator.choices, widget=forms.RadioSelect
    )
    supervision = forms.ChoiceField(
        label="Who was present", required=False, choices=SessionLog.Supervision.choices, widget=forms.RadioSelect
    )
    needles = forms.MultipleChoiceField(
        label="Cartridges", required=False, choices=Needle.choices, widget=forms.CheckboxSelectMultiple
    )
    needle_other = _text("Which other cartridge", 60)
    needle_lot = _text("Cartridge batch", 60, "From the label. Several: with commas between.")
    needle_expires_on = DayField(label="Cartridge expiry", required=False, help_text="The earliest of several.")
    machine = _text("Machine", 80)
    speed = _text("Machine speed or voltage", 40)
    pigment = _text("Pigment: brand and shade", 120)
    pigment_lot = _text("Pigment batch", 60)
    pigment_expires_on = DayField(label="Pigment expiry", required=False)
    dilution = _text("Dilution", 60, "For example 1:8.")
    numbing = _text("Numbing product", 120, "Leave empty if none was used.")
    numbing_percent = forms.DecimalField(
        label="Its strength in %", required=False, min_value=0, max_value=100, max_digits=4, decimal_places=1
    )
    zones = _text("Zones worked", 300)
    dots_estimate = forms.IntegerField(label="Dots, estimated", required=False, min_value=0, max_value=MOST_DOTS)
    technique = long_text("What was done", most=2000)
    skin_reaction = _text("Skin reaction", 300)
    incident = forms.TypedChoiceField(
        label="Did something go wrong?",
        required=False,
        choices=[("False", "No"), ("True", "Yes")],
        coerce=lambda value: value == "True",
        empty_value=None,
        widget=forms.RadioSelect,
        help_text="A needlestick, a fall, an unexpected reaction. Saying so is good practice; hiding it is not.",
    )
    incident_text = long_text("What happened and what was done", most=2000, rows=3)
    aftercare_given = forms.BooleanField(label="Aftercare explained and sheet given", required=False)

    PARTS = (
        ("The visit", ("kind", "visited_on", "began", "ended", "place", "operator", "supervision")),
        (
            "Cartridges and machine",
            ("needles", "needle_other", "needle_lot", "needle_expires_on", "machine", "speed"),
        ),
        (
            "Pigment and comfort",
            ("pigment", "pigment_lot", "pigment_expires_on", "dilution", "numbing", "numbing_percent"),
        ),
        ("The work", ("zones", "dots_estimate", "technique", "skin_reaction")),
        ("How it ended", ("incident", "incident_text", "aftercare_given")),
    )

    def __init__(
        self,
        *args: Any,
        kinds: Iterable[VisitKind],
        visit: SessionLog | None = None,
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        """``kinds`` are those that are open now."""
        super().__init__(*args, today=today, **kwargs)
        if visit is not None:
            self.initial = {name: getattr(visit, name) for name in self.fields}
        self.fields["kind"].choices = [("", "Choose one"), *((kind.value, kind.label) for kind in kinds)]  # type: ignore[attr-defined]
        self.fields["visited_on"].widget.attrs["max"] = today.isoformat()

    def clean_visited_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["visited_on"]
        if day > self.today:
            raise forms.ValidationError("The day lies in the future. Log the visit after it took place.")
        return day

    def clean(self) -> dict[str, Any]:
        """A visit ends after it begins; times are of one day."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        began, ended = cleaned.get("began"), cleaned.get("ended")
        if began and ended and ended <= began:
            self.add_error("ended", "The visit ends before it begins. Correct one of the times.")
        return cleaned

    def parts(self) -> Iterator[tuple[str, list[BoundField]]]:
        """The fields in groups, each with its heading."""
        for heading, names in self.PARTS:
            yield heading, [self[name] for name in names]
