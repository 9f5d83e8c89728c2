"""Forms of the account pages."""

import unicodedata
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from training_site.accounts.models import Invitation, User
from training_site.accounts.roles import INVITED, Role


def is_a_name(value: str) -> None:
    """Mails print names. Raises ValidationError for line breaks, control characters and web addresses."""
    if "://" in value or any(unicodedata.category(each) in ("Cc", "Zl", "Zp") for each in value):
        raise ValidationError("A name has no line break and no web address in it. Write the name alone.")


class SignUpNames(forms.Form):
    """What the sign-up page asks besides e-mail address and password."""

    legal_name = forms.CharField(
        label="Full legal name",
        max_length=150,
        validators=[is_a_name],
        help_text="As on your identity document. It is what a certificate prints.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("legal_name", "email", "password1")

    def signup(self, request: Any, user: User) -> None:
        """Nothing is left to do: the adapter stores the name with the first write."""


class DetailsForm(forms.ModelForm[User]):
    """What people change about themselves at any time."""

    class Meta:
        model = User
        fields = ("display_name", "time_zone", "language")

    def clean_display_name(self) -> str:
        name: str = self.cleaned_data["display_name"]
        is_a_name(name)
        return name


class ReasonForm(forms.Form):
    """Every measure of the office says why."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        help_text="Kept in the history, for example “Joins the founding panel, minutes of 3 May 2026”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RoleForm(ReasonForm):
    role = forms.ChoiceField(label="Role", choices=Role.choices)
    field_order = ("role", "reason")


class InvitationForm(ReasonForm):
    email = forms.EmailField(label="E-mail address", max_length=254)
    role = forms.ChoiceField(label="Role", choices=[(role.value, role.label) for role in Role if role in INVITED])
    field_order = ("email", "role", "reason")


class AcceptInvitationForm(forms.Form):
    """Asks for a name and a password, unless the invited person has an account already."""

    legal_name = forms.CharField(
        label="Full legal name",
        max_length=150,
        validators=[is_a_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. A short sentence is easy to remember and hard to guess.",
    )

    def __init__(self, *args: Any, invitation: Invitation, holder: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        if holder:
            del self.fields["legal_name"], self.fields["password"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        name = self.cleaned_data.get("legal_name", "")
        validate_password(password, User(email=self.invitation.email, legal_name=name))
        return password
