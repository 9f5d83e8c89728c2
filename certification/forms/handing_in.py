"""The form of the hand-in page."""

from django import forms


class HandInForm(forms.Form):
    """One declaration, ticked each time."""

    declared = forms.BooleanField(
        label="This is my own work, and the client is a real person who agreed",
        error_messages={"required": "Tick this to hand in. If it is not so, the case cannot be assessed."},
    )
