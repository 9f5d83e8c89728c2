"""What a form says of a missing answer."""

import pytest
from django import forms

from tests.people import PASSWORD, person
from training_site.accounts.models import User


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (forms.CharField(), "Fill this in."),
        (forms.DateField(), "Fill this in."),
        (forms.BooleanField(), "Tick this to go on."),
        (forms.ChoiceField(choices=[("a", "A")]), "Choose one."),
        (forms.MultipleChoiceField(choices=[("a", "A")]), "Choose at least one."),
        (forms.ModelChoiceField(User.objects.none()), "Choose one."),
        (forms.ModelMultipleChoiceField(User.objects.none()), "Choose at least one."),
        (forms.FileField(), "Choose a file."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, forms.Field) else None,
)
def test_a_missing_answer_is_asked_for(field, sentence):
    with pytest.raises(forms.ValidationError) as missing:
        field.clean(None)

    assert missing.value.messages == [sentence]


def test_other_sentences_of_a_field_stay():
    with pytest.raises(forms.ValidationError, match="Enter a valid date"):
        forms.DateField().clean("tomorrow")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"], ids=["in", "up", "reset"]
)
def test_the_account_pages_ask_for_it_too(client, address):
    form = client.post(address, {}).context["form"]

    assert {sentence for sentences in form.errors.values() for sentence in sentences} == {"Fill this in."}


@pytest.mark.django_db
def test_setting_up_a_second_factor_asks_for_it_too(client):
    client.post("/accounts/login/", {"login": person().email, "password": PASSWORD})

    form = client.post("/accounts/2fa/totp/activate/", {}).context["form"]

    assert form.errors["code"] == ["Fill this in."]
