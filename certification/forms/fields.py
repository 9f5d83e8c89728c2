"""Fields that several forms ask with."""

from typing import Any

from django import forms

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""A day outside these is a slip in the year."""


class DayField(forms.DateField):
    """A day that a browser asks for with its own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(f"Check the year: {day.year} cannot be meant.", code="year")
        return day
