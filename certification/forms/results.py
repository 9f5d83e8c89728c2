"""Forms that follow a result: the candidate's next attempt, and the office's quality review."""

from django import forms

from certification.forms.cases import client_code_field
from certification.values import QualityReviewResult


class ReplacementForm(forms.Form):
    """The client of the case that takes the place of another."""

    client_code = client_code_field()


class HoldForm(forms.Form):
    reason = forms.CharField(
        label="Why it is held",
        max_length=2000,
        help_text="What you want to look at again. The candidate never reads it.",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say why the result is held."},
    )


class EndReviewForm(forms.Form):
    result = forms.ChoiceField(
        label="What the review found",
        choices=QualityReviewResult.choices,
        widget=forms.RadioSelect,
        help_text="“To be marked again” asks one new assessor to mark every criterion; the marks so far are kept.",
        error_messages={"required": "Choose what the review found."},
    )
    note = forms.CharField(
        label="What was found, and why",
        max_length=2000,
        help_text="Kept with the result. The candidate never reads it.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Say what the review found."},
    )
