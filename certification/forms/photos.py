"""Forms of the light table."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from certification.evidence import EvidenceRules, Slot
from certification.models import Photo
from certification.values import PhotoStage, PhotoView, views_of
from courses.forms import PHOTO_TYPES, ManyPictures, PicturesField

FIRST_DAY = dt.date(2000, 1, 1)
BLANK = ("", "Choose one")


def check_year(day: dt.date) -> None:
    """Refuse a day long before anybody could be certified: its year is a slip of the keys."""
    if day < FIRST_DAY:
        raise forms.ValidationError("Check the year: it lies before 2000.", code="year")


def taken_on_field() -> forms.DateField:
    return forms.DateField(
        label="Taken on",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": FIRST_DAY.isoformat()}),
        validators=[check_year],
        error_messages={
            "required": "Give the day on which it was taken.",
            "invalid": "Write the day as year-month-day, for example 2026-03-10.",
        },
    )


class PhotosField(PicturesField):
    """Photographs of a case. Whether each is a good one is asked when it is taken in."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Every file that was sent, an empty one too."""
        if not any(data or []):
            raise forms.ValidationError("Choose at least one photograph.", code="required")
        return super().clean(data, initial)


class PhotosForm(forms.Form):
    """Photographs for one slot, or, without a slot, of one stage and view."""

    mark_optional = False

    stage = forms.ChoiceField(label="Stage", required=False)
    view = forms.ChoiceField(label="View", required=False)
    taken_on = taken_on_field()
    photographs = PhotosField(label="Photographs", widget=ManyPictures(attrs={"accept": PHOTO_TYPES}))

    def __init__(
        self,
        *args: Any,
        slot: Slot | None,
        stages: Sequence[PhotoStage],
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.slot = slot
        self.fields["taken_on"].widget.attrs["max"] = today.isoformat()
        if slot:
            del self.fields["stage"]
            if len(slot.views) == 1:
                del self.fields["view"]
            else:
                offer(self.fields["view"], list(slot.views))
        else:
            offer(self.fields["stage"], stages, blank=True)
            self.fields["view"].choices = [BLANK, *grouped_views(stages)]  # type: ignore[attr-defined]
            for name in ("stage", "view"):
                self.fields[name].required = True

    @property
    def place(self) -> dict[str, Any]:
        """Stage, view and day of the photographs that were sent."""
        answers = self.cleaned_data
        return {
            "stage": self.slot.stage if self.slot else answers["stage"],
            "view": answers.get("view") or (self.slot.views[0] if self.slot else ""),
            "taken_on": answers["taken_on"],
        }


class PlaceForm(forms.Form):
    """Another stage, view or day for a photograph."""

    stage = forms.ChoiceField(label="Stage")
    view = forms.ChoiceField(label="View")
    taken_on = taken_on_field()

    def __init__(self, *args: Any, photo: Photo, rules: EvidenceRules, today: dt.date, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(photo, name) for name in ("stage", "view", "taken_on")}
        super().__init__(*args, **kwargs)
        stages = rules.stages(photo.case.shown_treatment)
        offer(self.fields["stage"], stages)
        self.fields["view"].choices = grouped_views(stages)  # type: ignore[attr-defined]
        self.fields["taken_on"].widget.attrs["max"] = today.isoformat()


def offer(field: forms.Field, choices: Sequence[PhotoStage | PhotoView], *, blank: bool = False) -> None:
    """Let a choice field take these words."""
    words = [(each.value, each.label) for each in choices]
    field.choices = [BLANK, *words] if blank else words  # type: ignore[attr-defined]


def grouped_views(stages: Sequence[PhotoStage]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Views of the work place and views of the client, apart."""
    record, person = views_of(PhotoStage.RECORD), views_of(PhotoStage.BEFORE)
    groups = [("The client", person), *([("The work place", record)] if PhotoStage.RECORD in stages else [])]
    return [(name, [(view.value, view.label) for view in views]) for name, views in groups]
