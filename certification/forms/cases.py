"""Forms in which a candidate writes a case down. A draft may have gaps, so nearly nothing is required.

Each form names the fields of its own page: ``changes`` holds those and no others. ``written`` shows the same
fields when nothing can be changed any more.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from certification.completeness import REFLECTION_WORDS
from certification.forms.fields import DayField
from certification.models import ProcedureCase
from certification.values import STAGES_OF, AgeBand, ClientSex, Fitzpatrick, Scale
from courses.treatments import FaultCode, TreatmentType
from training_site.common.days import in_words

is_client_code = RegexValidator(
    r"^[A-Za-z0-9-]{3,20}\Z", "Use 3 to 20 letters, digits and hyphens, for example D-041. Never write a name."
)


def long_text(label: str, *, most: int, help_text: str = "", rows: int = 5) -> forms.CharField:
    """A field for sentences, of at most ``most`` characters."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,
    )


class DraftForm(forms.Form):
    """A page of a case."""

    mark_optional = False

    def __init__(self, *args: Any, case: ProcedureCase | None = None, today: dt.date, **kwargs: Any) -> None:
        """``today`` is the candidate's calendar day."""
        if case is not None:
            kwargs["initial"] = self.initial_of(case)
        super().__init__(*args, **kwargs)
        self.today = today

    @classmethod
    def initial_of(cls, case: ProcedureCase) -> dict[str, Any]:
        """What stands in the case now, by field of the form."""
        return {name: getattr(case, name) for name in cls.base_fields}

    def changes(self) -> dict[str, Any]:
        """What is to be saved, by the names of the case's fields. Only after ``is_valid``."""
        return {name: self.cleaned_data[name] for name in self.fields}

    def written(self) -> Iterator[dict[str, Any]]:
        """Rows of what stands in the case: term and value."""
        for name, field in self.fields.items():
            value = self.get_initial_for_field(field, name)
            if value or name != "corrects":
                yield {"term": field.label, "value": shown(field, value)}


def shown(field: forms.Field, value: Any) -> str:
    """A stored value as people read it."""
    if isinstance(field, forms.BooleanField):
        return "Yes" if value else "No"
    if isinstance(field, forms.ChoiceField | forms.TypedChoiceField | forms.MultipleChoiceField):
        labels = _labels(field)
        values = value if isinstance(value, list) else [value]
        return ", ".join(labels[str(each)] for each in values if str(each) in labels) or "Not given"
    if isinstance(value, dt.date):
        return in_words(value)
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return str(value) if value not in (None, "") else "Not given"


def _labels(field: Any) -> dict[str, str]:
    labels: dict[str, str] = {}
    for value, label in field.choices:
        labels.update({str(v): str(text) for v, text in label} if isinstance(label, list | tuple) else {})
        if not isinstance(label, list | tuple) and value != "":
            labels[str(value)] = str(label)
    return labels


def treatment_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Treatment",
        choices=[("", "Choose one"), *TreatmentType.choices],
        help_text="A case has one client and one treatment, with every visit.",
        error_messages={"required": "Choose the treatment."},
    )


def corrects_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Treatment that is corrected",
        required=False,
        choices=[("", "Choose one"), *(each for each in TreatmentType.choices if each[0] != "correction")],
        help_text="Only for a correction of earlier work.",
    )


def client_code_field() -> forms.CharField:
    return forms.CharField(
        label="Client code",
        max_length=20,
        validators=[is_client_code],
        help_text="Your own code for the client, for example D-041. Never a name or initials.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter your own code for the client, for example D-041."},
    )


class _TreatmentForm(DraftForm):
    def clean(self) -> dict[str, Any]:
        """A correction says what it corrects; no other treatment does."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("treatment") != TreatmentType.CORRECTION:
            cleaned["corrects"] = ""
        elif not cleaned.get("corrects") and "corrects" not in self.errors:
            self.add_error("corrects", "Choose the treatment that is corrected.")
        return cleaned


class BeginForm(_TreatmentForm):
    """A new case."""

    treatment = treatment_field()
    corrects = corrects_field()
    client_code = client_code_field()


class ClientForm(_TreatmentForm):
    """The client: treatment, age, loss, skin, history. Scale and stage are one choice, so they always fit."""

    treatment = treatment_field()
    corrects = corrects_field()
    client_code = client_code_field()
    age_band = forms.ChoiceField(
        label="Age at the first visit",
        required=False,
        choices=[("", "Choose one"), *AgeBand.choices],
        help_text="The birth date of a client is never stored.",
    )
    sex = forms.ChoiceField(
        label="Sex",
        required=False,
        choices=[("", "Choose one"), *ClientSex.choices],
        help_text="As the client states it; used only to read the scales.",
    )
    loss = forms.ChoiceField(
        label="Hair loss: scale and stage",
        required=False,
        choices=[
            ("", "Choose one"),
            *(
                (scale.label, [(f"{scale.value}:{stage}", label) for stage, label in STAGES_OF[scale].items()])
                for scale in Scale
                if STAGES_OF[scale]
            ),
            (f"{Scale.NONE.value}:", Scale.NONE.label),
        ],
    )
    fitzpatrick = forms.ChoiceField(
        label="Skin type (Fitzpatrick)", required=False, choices=[("", "Choose one"), *Fitzpatrick.choices]
    )
    history_summary = long_text(
        "History of the loss, the skin and earlier treatments",
        most=2000,
        help_text="How long, how it went, what was done before. No names.",
    )

    @classmethod
    def initial_of(cls, case: ProcedureCase) -> dict[str, Any]:
        loss = f"{case.scale}:{case.stage}" if case.scale else ""
        return {"loss": loss, **{name: getattr(case, name) for name in cls.base_fields if name != "loss"}}

    def changes(self) -> dict[str, Any]:
        """Scale and stage as the case keeps them."""
        changes = super().changes()
        scale, _, stage = changes.pop("loss").partition(":")
        return {**changes, "scale": scale, "stage": stage}


class PlanForm(DraftForm):
    """The plan, and that the client agreed."""

    plan = long_text(
        "Plan",
        most=3000,
        rows=8,
        help_text="Sessions, design, density and colour, and how the plan allows for the health screen.",
    )
    client_agreed_on = DayField(
        label="Client agreed to design and plan on",
        required=False,
        help_text="The day on which the client saw the design and agreed.",
    )

    def clean_client_agreed_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["client_agreed_on"]
        if day and day > self.today:
            raise forms.ValidationError("The day lies in the future. Give the day on which the client agreed.")
        return day


class AftercareForm(DraftForm):
    """Aftercare, contacts, reflection, and whose work it is."""

    aftercare_sheet = forms.CharField(
        label="Aftercare sheet given",
        required=False,
        max_length=120,
        help_text="Its name and version, for example Aftercare, version 3.",
    )
    contact_log = long_text(
        "Contacts after the visits",
        most=3000,
        help_text="When you spoke with the client, what they told, what you advised. One line each.",
    )
    reflection = long_text(
        "Reflection",
        most=8000,
        rows=14,
        help_text=(
            f"{REFLECTION_WORDS[0]} to {REFLECTION_WORDS[1]} words: what you decided and why, what went well, "
            "what you would do differently. Leave your name out: assessors mark without knowing whose work it is."
        ),
    )
    all_own_work = forms.BooleanField(label="I placed all the pigment myself", required=False)


class HealedForm(DraftForm):
    """What the healed result shows."""

    retention_note = long_text(
        "What held, what faded, what next",
        most=3000,
        rows=8,
        help_text="What you see on the healed photographs, and what you would do next.",
    )
    faults_seen = forms.MultipleChoiceField(
        label="Faults you see yourself",
        required=False,
        choices=FaultCode.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked means that you see none.",
    )
