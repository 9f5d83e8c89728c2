"""The one door to private files."""

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.base import ContentFile
from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.http import Http404
from django.urls import reverse

from tests.factories.people import UserFactory
from training_site.common import private_files
from training_site.common.private_files import private_file
from training_site.common.storage import private_storage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored():
    """Stores bytes under a name and gives the file as a model would: ``stored("a.jpg", b"…")``."""
    names = []

    def store(name, content=b"bytes"):
        names.append(private_storage().save(f"tests/{name}", ContentFile(content)))
        return FieldFile(None, FileField(storage=private_storage), names[-1])

    yield store
    for name in names:
        private_storage().delete(name)


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def kind(monkeypatch, owner):
    """Registers files of one kind that only ``owner`` may see."""
    monkeypatch.setattr(private_files, "_kinds", {})

    def register(file, **options):
        def find(user, pk):
            return file if user == owner and int(pk) == 7 else None

        private_files.register("photo", find=find, **({"as_attachment": False} | options))

    return register


def get(client, user, path="/files/photo/7/", **extra):
    client.force_login(user)
    return client.get(path, **extra)


def body(response):
    return b"".join(response.streaming_content)


def test_its_owner_gets_the_file(client, owner, stored, kind):
    kind(stored("face.jpg", b"\xff\xd8picture"))

    response = get(client, owner)

    assert (response.status_code, body(response)) == (200, b"\xff\xd8picture")
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == "9"


def test_a_signed_in_stranger_learns_nothing(client, stored, kind):
    kind(stored("face.jpg"))

    assert get(client, UserFactory()).status_code == 404


def test_a_visitor_is_sent_to_sign_in(client, stored, kind):
    kind(stored("face.jpg"))

    response = client.get("/files/photo/7/")

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "path", ["/files/unknown/7/", "/files/photo/8/", "/files/photo/seven/"], ids=["kind", "row", "no key"]
)
def test_what_does_not_exist_is_not_found(client, owner, stored, kind, path):
    kind(stored("face.jpg"))

    assert get(client, owner, path).status_code == 404


def test_a_key_that_is_no_uuid_is_not_found(client, owner, monkeypatch):
    def find(user, pk):
        raise ValidationError("no UUID")

    monkeypatch.setattr(private_files, "_kinds", {})
    private_files.register("photo", find=find, as_attachment=False)

    assert get(client, owner).status_code == 404


def test_a_row_without_a_file_is_not_found(client, owner, kind):
    kind(FieldFile(None, FileField(storage=private_storage), ""))

    assert get(client, owner).status_code == 404


def test_a_file_that_the_disk_lost_is_not_found(client, owner, stored, kind):
    file = stored("face.jpg")
    kind(file)
    private_storage().delete(file.name)

    assert get(client, owner).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_file_is_only_read(client, owner, stored, kind, method):
    kind(stored("face.jpg"))
    client.force_login(owner)

    assert getattr(client, method)("/files/photo/7/").status_code == 405


def test_the_headers_alone_can_be_asked_for(client, owner, stored, kind):
    kind(stored("face.jpg", b"picture"))
    client.force_login(owner)

    response = client.head("/files/photo/7/")

    assert (response.status_code, response["Content-Length"]) == (200, "7")


def test_a_file_can_do_nothing_in_a_browser(client, owner, stored, kind):
    kind(stored("face.jpg"))

    response = get(client, owner)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        ("a.jpg", "image/jpeg", "inline"),
        ("a.JPEG", "image/jpeg", "inline"),
        ("a.png", "image/png", "inline"),
        ("a.webp", "image/webp", "inline"),
        ("a.pdf", "application/pdf", "inline"),
        ("a.svg", "application/octet-stream", "attachment"),
        ("a.html", "application/octet-stream", "attachment"),
        ("a.jpg.html", "application/octet-stream", "attachment"),
        ("a", "application/octet-stream", "attachment"),
    ],
)
def test_only_pictures_and_pdf_are_shown_in_place(client, owner, stored, kind, name, content_type, disposition):
    kind(stored(name, b"<script>alert(1)</script>"))

    response = get(client, owner)

    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"].partition(";")[0] == disposition


def test_a_kind_that_is_always_saved_is_never_shown_in_place(client, owner, stored, kind):
    kind(stored("licence.pdf"), as_attachment=True)

    assert get(client, owner)["Content-Disposition"] == 'attachment; filename="photo.pdf"'


def test_a_kind_names_what_is_saved(client, owner, stored, kind):
    kind(stored("x.pdf"), as_attachment=True, filename=lambda file: "Licence 7.pdf")

    assert get(client, owner)["Content-Disposition"] == 'attachment; filename="Licence 7.pdf"'


@pytest.mark.parametrize(
    ("asked", "header"),
    [
        ('a"\r\nSet-Cookie: x=1.pdf', 'attachment; filename="a\\"Set-Cookie: x=1.pdf"'),
        ("Zoë.pdf", "attachment; filename*=utf-8''Zo%C3%AB.pdf"),
        ("\u202efdp.exe", 'attachment; filename="fdp.exe"'),
    ],
    ids=["line break", "accent", "reversed reading"],
)
def test_a_name_cannot_add_headers_or_hide_its_ending(stored, asked, header):
    assert private_file(stored("x.pdf"), download_name=asked)["Content-Disposition"] == header


def test_the_web_server_sends_the_bytes_where_it_can(client, owner, stored, kind, settings):
    settings.PRIVATE_MEDIA_ACCEL_PREFIX = "/_private/"
    file = stored("a face.jpg", b"picture")
    kind(file)

    response = get(client, owner)

    assert response["X-Accel-Redirect"] == f"/_private/{file.name.replace(' ', '%20')}"
    assert (response.content, response["Content-Type"]) == (b"", "image/jpeg")
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_the_web_server_is_not_asked_for_a_file_that_is_lost(stored, settings):
    settings.PRIVATE_MEDIA_ACCEL_PREFIX = "/_private/"
    file = stored("face.jpg")
    private_storage().delete(file.name)

    with pytest.raises(Http404):
        private_file(file)


def test_two_kinds_of_one_name_are_a_mistake(stored, kind):
    kind(stored("face.jpg"))

    with pytest.raises(ImproperlyConfigured, match="Two kinds of private files are called “photo”"):
        kind(stored("face.jpg"))
