"""A real browser at two widths, watched while it walks."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.visitor import Visitor

# Playwright's loop runs in this thread; Django would refuse the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One width after the other, so that of two processes each walks all stories at one."""
    items.sort(key=lambda item: item.callspec.params["width"] if item.get_closest_marker("journey") else 0)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def visitor(chromium: Browser, width: int, live_server, settings) -> Iterator["type[Visitor]"]:
    """Opens a browser for one person: ``visitor("Tara")``. All are watched to the end of the test."""
    settings.BASE_URL = live_server.url
    opened: list[Visitor] = []

    def open_browser(name: str) -> Visitor:
        context = chromium.new_context(viewport={"width": width, "height": 900}, base_url=live_server.url)
        opened.append(Visitor(name, context.new_page()))
        return opened[-1]

    yield open_browser
    for each in opened:
        each.page.context.close()
    assert {each.name: each.complaints for each in opened} == {each.name: [] for each in opened}
