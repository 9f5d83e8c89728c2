"""Forms about a client: papers, address, and the client's own answer."""

import datetime as dt
from typing import Any

from django import forms

from certification.forms.applying import PROOF_TYPES
from certification.forms.fields import DayField
from certification.models import CaseDocument


class PaperForm(forms.Form):
    """One paper of a case. A file that is here already stays unless another is chosen."""

    upload = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": PROOF_TYPES}),
        help_text="A PDF of up to 10 MB, or a photograph of the paper.",
        error_messages={"required": "Choose the file: a PDF, or a photograph of the paper."},
    )
    dated_on = DayField(label="Day on the paper", error_messages={"required": "Give the day on the paper."})
    signed_time = forms.TimeField(
        label="Time of the signature",
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text="As written on the paper: a consent is signed before the first pigment.",
    )
    identity_seen = forms.BooleanField(
        label="I have seen an identity document of the client, and their age", required=False
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, paper: CaseDocument | None, kind: str, **kwargs: Any
    ) -> None:
        if paper:
            facts = ("dated_on", "signed_time", "identity_seen")
            kwargs.setdefault("initial", {name: getattr(paper, name) for name in facts})
        super().__init__(data, files, prefix=kind, **kwargs)
        self.kind = kind
        if paper:
            self.fields["upload"].required = False
            self.fields["upload"].label = "Another file instead"
        if kind != CaseDocument.Kind.TREATMENT_CONSENT:
            del self.fields["signed_time"], self.fields["identity_seen"]

    @property
    def facts(self) -> dict[str, Any]:
        """What is written about the paper."""
        answers = self.cleaned_data
        time: dt.time | None = answers.get("signed_time")
        return {
            "dated_on": answers["dated_on"],
            "signed_time": time,
            "identity_seen": answers.get("identity_seen", False),
        }


class ContactForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address of the client",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text="Stored sealed. Assessors never see it.",
        error_messages={"required": "Give the client's e-mail address."},
    )


class KeysField(forms.TypedMultipleChoiceField):
    """Keys of photographs. One that is gone meanwhile is no reason to refuse the answer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, required=False, **kwargs)

    def valid_value(self, value: str) -> bool:
        return len(value) < 20 and value.isdecimal()


class ConsentForm(forms.Form):
    """A client's answer: which of the photographs that the page showed are allowed, and later ones or not."""

    shown = KeysField()
    photos = KeysField()
    ahead = forms.BooleanField(required=False)
