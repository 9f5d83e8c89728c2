"""Forms and the refusals of rules."""

import pytest
from django import forms

from training_site.accounts.forms import DetailsForm
from training_site.common.forms import refusals_on


class Refused(ValueError):
    pass


class Question(forms.Form):
    name = forms.CharField()


def answered(*, refusal: Exception | None = None) -> tuple[str, forms.Form]:
    """How a view ends, and its form."""
    form = Question({"name": "Ana"})
    with refusals_on(form, Refused):
        if refusal:
            raise refusal
        return "done", form
    return "asked again", form


def test_without_a_refusal_the_block_goes_through():
    end, form = answered()

    assert (end, form.non_field_errors()) == ("done", [])


def test_a_refusal_stands_above_the_form():
    end, form = answered(refusal=Refused("Choose another day."))

    assert (end, form.non_field_errors()) == ("asked again", ["Choose another day."])


def test_any_other_failure_is_not_hidden():
    with pytest.raises(ValueError, match="A slip"):
        answered(refusal=ValueError("A slip."))


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Zoë O'Neil-Ångström, Dr.", True),
        ("Ana: Example", True),
        ("", True),
        ("Ana\nExample", False),
        ("Ana\u2028Example", False),
        ("Ana\x1bExample", False),
        ("See https://evil.example", False),
    ],
)
def test_a_name_shown_is_one_line_without_an_address(settings, name, fits):
    form = DetailsForm({"display_name": name, "time_zone": "Europe/London", "language": settings.LANGUAGE_CODE})

    assert form.is_valid() is fits, form.errors
    assert list(form.errors) == ([] if fits else ["display_name"])
