"""Forms of the practice log and of the trainer's answer."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator

from courses.models import Enrolment, PracticeEntry, PracticeExercise, SignOff
from courses.practice_photos import PHOTOS
from courses.treatments import TreatmentType

PHOTO_TYPES = "image/jpeg,image/png,image/webp,image/heic,image/heif"

is_client_code = RegexValidator(
    r"^[A-Za-z0-9-]+\Z", "Use letters, digits and hyphens only, for example D-041. Never write a name."
)


class ManyPictures(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several files at once. Whether each is a good photograph is asked when it is taken in."""

    widget = ManyPictures

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Every file that was sent. An empty one is kept: it gets its own sentence later, like any other."""
        sent = [each for each in data or [] if each]
        if self.required and not sent:
            raise forms.ValidationError("Choose at least one picture.", code="required")
        return sent


def pictures_field(*, required: bool) -> PicturesField:
    return PicturesField(
        label="Pictures",
        required=required,
        widget=ManyPictures(attrs={"accept": PHOTO_TYPES}),
        help_text=(
            "Of the practice skin only: the whole field and a close-up with scale. JPEG, PNG, WebP or HEIC, up to "
            f"30 MB each, {PHOTOS} in all. You can add more until the entry is signed off."
        ),
    )


class PracticeForm(forms.Form):
    """What a trainee did: one of the course's exercises, or a live procedure."""

    what = forms.ChoiceField(label="What you did")
    treatment = forms.ChoiceField(
        label="Treatment",
        required=False,
        choices=[("", "Choose one"), *TreatmentType.choices],
        help_text="Of a live procedure.",
    )
    client_code = forms.CharField(
        label="Client code",
        required=False,
        max_length=20,
        validators=[is_client_code],
        help_text="Of a live procedure: your own code for the client, for example D-041. Never a name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    done_on = forms.DateField(label="Day", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    note = forms.CharField(
        label="What you did and saw",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What went well, what you would do differently. No names of clients.",
    )
    pictures = pictures_field(required=False)

    def __init__(self, *args: Any, exercises: Sequence[PracticeExercise], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exercises = {exercise.code: exercise for exercise in exercises}
        live = [PracticeEntry.Kind.LIVE_ASSISTED, PracticeEntry.Kind.LIVE_SUPERVISED]
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            ("", "Choose one"),
            ("Exercises on practice skin", [(code, str(each)) for code, each in self.exercises.items()]),
            ("Live procedures", [(kind.value, kind.label) for kind in live]),
        ]

    def clean(self) -> dict[str, Any]:
        """A live procedure needs a treatment and a client code."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("what") in PracticeEntry.LIVE:
            for name, sentence in (
                ("treatment", "Choose the treatment of this live procedure."),
                ("client_code", "Enter your own code for the client, for example D-041. Never a name."),
            ):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, sentence)
        return cleaned

    def entry(self, enrolment: Enrolment, *, at: dt.datetime) -> PracticeEntry:
        """The entry as it was filled in, unsaved. An exercise has neither treatment nor client code."""
        answers = self.cleaned_data
        what: dict[str, Any]
        if exercise := self.exercises.get(answers["what"]):
            what = {"kind": PracticeEntry.Kind.PRACTICE, "exercise": exercise}
        else:
            what = {
                "kind": answers["what"],
                "treatment": answers["treatment"],
                "client_code": answers["client_code"],
            }
        return PracticeEntry(
            enrolment=enrolment, done_on=answers["done_on"], note=answers["note"], logged_at=at, **what
        )


class PicturesForm(forms.Form):
    """More pictures for an entry."""

    pictures = pictures_field(required=True)


class SignOffForm(forms.Form):
    """A trainer's answer. Two buttons send it: ``result`` is the one that was pressed."""

    mark_optional = False

    seen = forms.MultipleChoiceField(
        label="What you confirm",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Each point is needed for a sign-off.",
    )
    note = forms.CharField(
        label="Note to the trainee",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Needed when you ask for a repeat: what to do differently next time.",
    )

    def __init__(self, *args: Any, points: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].choices = [(point, point) for point in points]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Adds ``result``."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        result = self.data.get("result", "")
        if result not in SignOff.Result.values:
            raise forms.ValidationError("Sign the entry off, or ask for a repeat: press one of the two buttons.")
        return {**cleaned, "result": result}
