"""Forms of the office about marking: who marks, who must not, who may assess at all."""

from collections.abc import Sequence
from typing import Any

from django import forms

from certification.assigning import Choice
from certification.forms.fields import DayField
from certification.models import SchemeVersion
from certification.pieces import NOTE
from certification.values import AllocationKind, AuthorisationBasis, MarkingStage
from training_site.accounts.models import User
from training_site.accounts.roles import Role


def _reason(example: str, *, label: str = "Reason") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=NOTE,
        help_text=f"Kept on record, for example “{example}”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PersonField(forms.ModelChoiceField):
    """Somebody, by legal name and address."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.legal_name}, {obj.email}"


class MarkingFilter(forms.Form):
    """Which attempts are shown. Unknown values show what is to be allocated."""

    WHICH = (
        ("", "To allocate"),
        ("marking", "Being marked"),
        ("overdue", "Result overdue"),
        ("release", "Waits for release"),
        ("hold", "On hold"),
        ("all", "All handed in"),
    )

    q = forms.CharField(label="Reference of a case", required=False, max_length=20, widget=forms.SearchInput)
    which = forms.ChoiceField(label="Which", choices=WHICH, required=False)


class OfferForm(forms.Form):
    """One kind of marker at one stage, and who is asked."""

    stage = forms.ChoiceField(choices=MarkingStage.choices, widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=AllocationKind.choices, widget=forms.HiddenInput)
    assessor = forms.ModelChoiceField(
        label="Assessor", queryset=User.objects.none(), empty_label="Choose an assessor"
    )

    def __init__(self, *args: Any, choices: Sequence[Choice] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assessor"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.holding(Role.ASSESSOR)
        free = [(each.assessor.pk, f"{each.assessor.name} ({_load(each.live)})") for each in choices]
        field.choices = [("", field.empty_label), *free]


def _load(live: int) -> str:
    return f"{live} in hand" if live else "nothing in hand"


class ReturnForm(forms.Form):
    note = forms.CharField(
        label="What is missing",
        max_length=2000,
        help_text="Sent to the candidate by mail. Say how to add it.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PaperForm(forms.Form):
    """``seen``: the paper as the officer had it before them."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class RecallForm(forms.Form):
    reason = _reason("On sick leave until June")


class ConflictForm(forms.Form):
    person = PersonField(label="Person", queryset=User.objects.none(), empty_label="Choose a person")
    reason = _reason("Shares a studio with the candidate's sister")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.holding(Role.ASSESSOR, Role.QUALITY_ASSURER, Role.CERTIFICATION_OFFICER)


class AssurerForm(forms.Form):
    """Who alone releases the results of a file."""

    person = PersonField(
        label="Quality assurer",
        queryset=User.objects.none(),
        required=False,
        empty_label="Nobody in particular",
        help_text="Once somebody is named, only they release the results of this file.",
    )
    reason = _reason("Drawn for this month's sample")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.holding(Role.QUALITY_ASSURER)


# Who may assess -----------------------------------------------------------------------------------


class AuthoriseForm(forms.Form):
    """What an authorisation rests on, and its days. What a basis needs besides is asked by the rule."""

    version = forms.ModelChoiceField(label="Scheme", queryset=SchemeVersion.objects.none(), empty_label=None)
    basis = forms.ChoiceField(
        label="Basis",
        choices=AuthorisationBasis.choices,
        help_text="Founding panel and equivalent experience are proposed here; another officer confirms.",
    )
    certified_since = DayField(
        label="Certified since", required=False, help_text="For the basis “certified for three years”."
    )
    logged_cases = forms.IntegerField(
        label="Logged cases",
        required=False,
        min_value=0,
        max_value=100_000,
        help_text="For the basis “certified for three years”.",
    )
    starts_on = DayField(label="First day")
    ends_on = DayField(
        label="Last day", required=False, help_text="Needed for the founding panel. Empty: until it is ended."
    )
    reason = forms.CharField(
        label="Reasons and proof of practice", max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["version"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = SchemeVersion.objects.in_force().select_related("scheme")

    def clean(self) -> dict[str, Any]:
        """Experience needs its two facts; the other bases take none."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("basis") != AuthorisationBasis.EXPERIENCE:
            return {name: value for name, value in cleaned.items() if name not in EXPERIENCE}
        for name, sentence in EXPERIENCE.items():
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, sentence)
        return cleaned


EXPERIENCE = {
    "certified_since": "Give the day since which they are certified.",
    "logged_cases": "Give the number of cases they have logged.",
}


class EndAuthorisationForm(forms.Form):
    on = DayField(label="Last day", help_text="Yesterday ends it at once.")
    reason = _reason("Has moved to another trade")


class DecideForm(forms.Form):
    reason = _reason("Portfolio and references read")
