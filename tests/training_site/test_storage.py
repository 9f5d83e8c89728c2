"""Private storage."""

import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from training_site.common.storage import private_storage, random_name


@pytest.fixture
def saved():
    name = private_storage().save(random_name("tests", "jpg"), ContentFile(b"bytes"))
    yield name
    private_storage().delete(name)


def test_a_private_file_lies_outside_the_public_folder(settings, saved):
    path = Path(private_storage().path(saved))

    assert path.is_relative_to(settings.PRIVATE_MEDIA_ROOT)
    assert not path.is_relative_to(settings.MEDIA_ROOT)
    assert path.read_bytes() == b"bytes"


def test_others_on_the_machine_cannot_read_a_private_file(saved):
    assert Path(private_storage().path(saved)).stat().st_mode & 0o007 == 0


def test_a_private_file_has_no_address(saved):
    with pytest.raises(ValueError, match="Private files have no address"):
        private_storage().url(saved)


def test_a_random_name_tells_nothing_and_spreads_over_folders():
    name = random_name("photos", "jpg")

    assert re.fullmatch(r"photos/([0-9a-f]{2})/\1[0-9a-f]{30}\.jpg", name)
    assert random_name("photos", "jpg") != name


@pytest.mark.parametrize("extension", ["", "JPG", ".jpg", "jp/g", "../pdf", "pdf\n", "a" * 9])
def test_a_random_name_takes_no_odd_extension(extension):
    with pytest.raises(ValueError, match="is not a file extension"):
        random_name("photos", extension)
