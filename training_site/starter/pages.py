"""Home page, text pages and register rules. What an editor has changed since is left alone."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from wagtail.models import Page, Site

from portfolio.models import RegisterRules, RegisterRulesPage
from training_site.common.history import save_as
from training_site.starter.files import read, stream
from training_site.website.models import HomePage, TextPage

PAGE_KINDS: dict[str, type[Page]] = {"register-rules": RegisterRulesPage}


def load() -> HomePage:
    """Make what is missing. Returns the home page."""
    texts = _with_our_address(read("pages.json"))
    home = HomePage.objects.first() or _make_home(texts["home"])
    _point_site_at(home)
    for row in texts["pages"]:
        if not home.get_children().filter(slug=row["slug"]).exists():
            _add_text_page(home, row)
    if not RegisterRules.objects.exists():
        rules = read("register_rules.json")
        save_as(
            RegisterRules(number=rules["number"], title=rules["title"], body=stream(rules["body"])),
            actor=None,
            reason="Starter text.",
        )
    return home


def _with_our_address(texts: dict[str, Any]) -> dict[str, Any]:
    """The data files name an example address; the site names its own."""
    filled: dict[str, Any] = json.loads(json.dumps(texts).replace("office@stipple.example", settings.BODY_EMAIL))
    return filled


def _make_home(text: dict[str, Any]) -> HomePage:
    root = Page.get_first_root_node()
    for welcome in root.get_children().filter(slug="home"):
        welcome.delete()
    return root.add_child(
        instance=HomePage(
            title=text["title"],
            slug="home",
            search_description=text["summary"],
            heading=text["heading"],
            lead=text["lead"],
            body=_home_blocks(text["sections"]),
            show_in_menus=False,
        )
    )


def _home_blocks(sections: dict[str, Any]) -> list[dict[str, Any]]:
    check = sections["on_the_day"]
    return [
        {"type": "feature", "value": {**sections["healed"], "shows_comparison": True}},
        {"type": "route", "value": sections["stands_behind"]},
        {
            "type": "number_check",
            "value": {"heading": check["heading"], "text": check["text"], "hint": check["number_hint"]},
        },
        {"type": "route", "value": sections["trainees"]},
        {"type": "feature", "value": {**sections["practitioners"], "shows_comparison": False}},
    ]


def _add_text_page(home: HomePage, row: dict[str, Any]) -> None:
    common = {"title": row["title"], "slug": row["slug"], "search_description": row["summary"]}
    body = stream(row["body"])
    kind = PAGE_KINDS.get(row["slug"], TextPage)
    page = kind(intro=body, **common) if kind is RegisterRulesPage else kind(body=body, **common)
    home.add_child(instance=page)
    page.save_revision().publish()


def _point_site_at(home: HomePage) -> None:
    host = urlsplit(settings.BASE_URL)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "root_page": home,
            "site_name": settings.BODY_NAME,
            "hostname": host.hostname or "localhost",
            "port": host.port or (443 if host.scheme == "https" else 80),
        },
    )
