"""What a form says of a missing answer, in every form: ours, allauth's and Wagtail's.

A field copies its class's messages when it is declared, so this is imported before any form is
(``common/apps.py``). It says what to do, where Django says "This field is required."
"""

from django import forms

MISSING: dict[type[forms.Field], str] = {
    forms.Field: "Fill this in.",
    forms.BooleanField: "Tick this to go on.",
    forms.ChoiceField: "Choose one.",
    forms.MultipleChoiceField: "Choose at least one.",
    forms.ModelChoiceField: "Choose one.",
    forms.ModelMultipleChoiceField: "Choose at least one.",
    forms.FileField: "Choose a file.",
}

for kind, sentence in MISSING.items():
    kind.default_error_messages = {**kind.__dict__.get("default_error_messages", {}), "required": sentence}
