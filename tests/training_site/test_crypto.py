"""Sealed texts."""

import pytest
from cryptography.fernet import Fernet, InvalidToken

from training_site.common import crypto


def test_a_sealed_text_opens_to_what_it_was():
    assert crypto.decrypt(crypto.encrypt("zoë@example.org")) == "zoë@example.org"


def test_the_same_text_is_sealed_differently_each_time_and_shows_nothing():
    first, second = crypto.encrypt("zoe@example.org"), crypto.encrypt("zoe@example.org")

    assert first != second
    assert "zoe" not in first


def test_a_text_sealed_with_the_old_key_opens_after_the_key_was_changed(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CONTACT_KEY = old
    sealed = crypto.encrypt("zoe@example.org")

    settings.CONTACT_KEY = f"{new}, {old}"

    assert crypto.decrypt(sealed) == "zoe@example.org"
    assert Fernet(new).decrypt(crypto.encrypt("new")) == b"new"


def test_without_its_key_a_text_stays_sealed(settings):
    sealed = crypto.encrypt("zoe@example.org")
    settings.CONTACT_KEY = Fernet.generate_key().decode()

    with pytest.raises(InvalidToken):
        crypto.decrypt(sealed)


def test_a_text_that_was_changed_does_not_open():
    sealed = crypto.encrypt("zoe@example.org")

    with pytest.raises(InvalidToken):
        crypto.decrypt(sealed[:-6] + "AAAAA=")
