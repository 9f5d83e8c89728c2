"""What assessors send: changes of a draft, answers to an offer, where they work, answers to named events."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from certification.assessing import Answered, Asked
from certification.drafts import TEXT, WHY_CHARACTERS, Change, Draft, Feedback, Mark, Named, Pin, Pins, Task
from certification.values import ConfirmAnswer

NO_LEVEL = -1
"""Stands for a level that is no number: the rule refuses it like any other that does not exist."""


def changes_of(sent: QueryDict, task: Task) -> list[Change]:
    """The parts that a page says it sends (``part``), as they stand there. What is wrong in them the rule says."""
    events = {row["code"] for row in task.events}
    return [_change(sent, part, is_event=part in events) for part in dict.fromkeys(sent.getlist("part"))]


def seen_in(sent: QueryDict) -> Draft:
    """The draft as the page showed it; an empty one when what was sent is none."""
    try:
        seen = json.loads(sent.get("seen", ""))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(seen, dict):
        return {}
    return {
        **seen,
        **{name: seen[name] if isinstance(seen.get(name), dict) else {} for name in ("levels", "events")},
    }


def _change(sent: QueryDict, part: str, *, is_event: bool) -> Change:
    if part == "notes":
        return Pins(_pins(sent))
    if part == "feedback":
        return Feedback(sent.get("feedback", ""))
    if is_event:
        return Named(part, sent.get(f"{part}-why", "") if f"{part}-named" in sent else None)
    return Mark(
        code=part,
        level=_level(sent.get(f"{part}-level", "")),
        reason=sent.get(f"{part}-reason", ""),
        faults=sent.getlist(f"{part}-faults"),
        comment=sent.get(f"{part}-comment", ""),
    )


def _pins(sent: QueryDict) -> list[Pin]:
    """Notes that say something; places are sent as percents."""
    columns = (sent.getlist(f"note-{name}") for name in ("photo", "x", "y", "criterion", "text"))
    return [
        Pin(int(_number(photo)), round(_number(x) / 100, 4), round(_number(y) / 100, 4), text, criterion)
        for photo, x, y, criterion, text in zip(*columns, strict=False)
        if text.strip()
    ]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return -1
    return number if abs(number) < 1e15 else -1


def _level(text: str) -> int | None:
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) == 1 else NO_LEVEL


class ReasonForm(forms.Form):
    """Why a piece of marking is not taken, or given back."""

    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why in a sentence. Only the office reads it."},
    )


class WorkplaceForm(forms.Form):
    """One place of work."""

    studio = forms.CharField(
        label="Studio or clinic",
        max_length=120,
        error_messages={"required": "Enter the name of the studio or clinic."},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    town = forms.CharField(label="Town", max_length=80, error_messages={"required": "Enter the town."})
    country = forms.CharField(
        label="Country",
        max_length=2,
        min_length=2,
        help_text="Two letters, such as GB.",
        error_messages={"required": "Enter the country as two letters, such as GB."},
        widget=forms.TextInput(attrs={"autocomplete": "country", "size": 4}),
    )

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if not (country.isascii() and country.isalpha()):
            raise forms.ValidationError("Enter the country as two letters, such as GB.")
        return country


class ConfirmForm(forms.Form):
    """One answer for each event that is asked, with the reasons."""

    def __init__(self, *args: Any, asked: Sequence[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for each in asked:
            self.fields[f"{each.event}-answer"] = forms.ChoiceField(
                label=f"Does the evidence confirm {each.event}?",
                choices=ConfirmAnswer.choices,
                widget=forms.RadioSelect,
                error_messages={"required": "Say whether the evidence confirms it."},
            )
            self.fields[f"{each.event}-why"] = forms.CharField(
                label="Why",
                max_length=TEXT,
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text=f"At least {WHY_CHARACTERS} characters: what you see, and where.",
                error_messages={"required": f"Say why, in at least {WHY_CHARACTERS} characters."},
            )

    def rows(self) -> list[dict[str, Any]]:
        """Each event with its two fields."""
        return [
            {"asked": each, "answer": self[f"{each.event}-answer"], "why": self[f"{each.event}-why"]}
            for each in self.asked
        ]

    def answers(self) -> dict[str, Answered]:
        """Only after ``is_valid``."""
        return {
            each.event: Answered(self.cleaned_data[f"{each.event}-answer"], self.cleaned_data[f"{each.event}-why"])
            for each in self.asked
        }
