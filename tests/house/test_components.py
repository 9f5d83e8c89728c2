"""Each component says what it takes, is shown on the style guide, and is called with that and no more."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import RequestFactory

from training_site.styleguide import COMPONENTS, described, drawn, styleguide
from training_site.styleguide_samples import SampleForm, samples, sent_form

TEMPLATES: Path = settings.BASE_DIR / "templates"
NAMES = sorted(path.stem for path in COMPONENTS.glob("*.html"))
CALL = re.compile(r"\{% include \"components/(?P<name>[\w-]+)\.html\"(?P<rest>.*?)%\}")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# Django's form renderer calls these two itself.
DRAWN_BY_DJANGO = {"form", "form_field"}


def calls() -> list[tuple[str, str, str]]:
    """(where, component, the rest of the tag) of every call in the project's templates."""
    return [
        (str(path.relative_to(TEMPLATES)), match["name"], match["rest"])
        for path in sorted(TEMPLATES.rglob("*.html"))
        for match in CALL.finditer(path.read_text())
    ]


CALLS = calls()
CALL_IDS = [f"{where}: {name}" for where, name, _ in CALLS]


@pytest.mark.parametrize("name", NAMES)
def test_a_component_names_its_inputs_in_its_first_line(name):
    about, inputs = described(name)

    assert about
    assert [word for word in inputs if not word.isidentifier()] == []


def test_a_first_line_without_inputs_is_refused(tmp_path, monkeypatch):
    (tmp_path / "silent.html").write_text("<p>{{ word }}</p>\n")
    monkeypatch.setattr("training_site.styleguide.COMPONENTS", tmp_path)

    with pytest.raises(ValueError, match=r"components/silent\.html must begin with"):
        described("silent")


def test_the_style_guide_shows_every_component():
    assert sorted(samples()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_samples_of_a_component_use_each_of_its_inputs(name):
    shown = {key for context in samples()[name] for key in context}

    assert set(described(name)[1]) == shown


@pytest.mark.parametrize(("where", "name", "rest"), CALLS, ids=CALL_IDS)
def test_a_component_is_called_with_only(where, name, rest):
    assert rest.split()[-1] == "only"


@pytest.mark.parametrize(("where", "name", "rest"), CALLS, ids=CALL_IDS)
def test_a_component_is_given_nothing_it_does_not_take(where, name, rest):
    given = re.findall(r"(\w+)=", QUOTED.sub("", rest))

    assert [word for word in given if word not in described(name)[1]] == []


def test_every_component_is_called_as_a_tag_the_other_tests_can_read():
    mentioned = sum(path.read_text().count("components/") for path in TEMPLATES.rglob("*.html"))
    explained = (TEMPLATES / "styleguide.html").read_text().count("components/")

    assert mentioned - explained == len(CALLS)


def test_the_style_guide_renders_and_needs_no_inline_style_or_script():
    html = styleguide(RequestFactory().get("/styleguide/")).content.decode()

    assert html.count("<section id=") == len(NAMES) + 3  # Colours, type and buttons are no components.
    assert re.findall(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", html) == []


@pytest.mark.parametrize(
    ("query", "attributes"),
    [("", 'dir="ltr"'), ("?theme=dark", 'dir="ltr" data-theme="dark"'), ("?dir=rtl", 'dir="rtl"')],
    ids=["as the device", "dark", "right to left"],
)
def test_the_style_guide_shows_a_theme_or_direction_on_request(query, attributes):
    html = styleguide(RequestFactory().get(f"/styleguide/{query}")).content.decode()

    assert re.search(r"<html ([^>]*)>", html)[1] == f'lang="en-gb" {attributes}'


def test_no_address_can_write_into_the_style_guide():
    html = styleguide(RequestFactory().get('/styleguide/?theme="><script>')).content.decode()

    assert "data-theme" not in html


def test_a_field_is_described_by_its_hint_and_its_error():
    html = str(SampleForm({"scan": ""}, auto_id="%s")["scan"].as_field_group())

    assert re.search(r'<div class="hint" id="(\w+)">PDF', html)[1] == "scan_helptext"
    assert re.search(r'<p class="error" id="(\w+)">', html)[1] == "scan_error"
    assert re.search(r'<input[^>]* aria-describedby="([^"]*)"', html)[1] == "scan_helptext scan_error"
    assert re.search(r'<input[^>]* aria-invalid="([^"]*)"', html)[1] == "true"


def test_a_choice_is_a_group_with_a_legend():
    html = str(SampleForm(auto_id="%s")["treatments"].as_field_group())

    fieldset = re.search(r'<fieldset class="field choices" aria-describedby="([^"]*)">', html)

    assert fieldset[1] == "treatments_helptext"
    assert re.search(r"<legend>(.*?)</legend>", html)[1] == "Treatments <small>(optional)</small>"


def test_each_error_of_the_summary_leads_to_its_field():
    form = sent_form()
    html = str(form)
    targets = re.findall(r'<a href="#([^"]*)">', html)
    fields = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]*)"', html)

    assert len(targets) == len(form.errors)
    assert [target for target in targets if target not in fields] == []


def test_a_form_without_errors_has_no_summary():
    assert 'class="summary"' not in str(SampleForm())


def test_help_text_is_escaped_unless_its_author_marked_it_safe():
    form = SampleForm()
    form.fields["name"].help_text = "<b>bold</b>"

    assert "&lt;b&gt;bold&lt;/b&gt;" in str(form["name"].as_field_group())


@pytest.mark.parametrize("name", sorted(set(NAMES) - DRAWN_BY_DJANGO))
def test_a_component_survives_without_its_inputs(name):
    assert "None" not in drawn(name, {})
