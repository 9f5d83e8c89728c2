"""Somebody at a browser: goes, fills in, presses, and complains of whatever is not right."""

import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, Response, expect

from tests.people import PASSWORD, totp_code

PATIENCE = 15
"""Seconds."""

AXE = Axe()
# Only what is wrong comes back from the browser: the rest is long.
VIOLATIONS = "() => axe.run({resultTypes: ['violations']}).then(found => found.violations)"
# By then, what a page fetches or moves once it is laid out has begun, and what moves shortly (ms) is in its place.
STILL = """async () => {
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
    const moving = document.getAnimations().filter(each => each.effect.getComputedTiming().endTime < 2000);
    await Promise.allSettled(moving.map(each => each.finished));
}"""


class Visitor:
    """One page. ``complaints`` collects console errors, refused content, failed answers and axe findings."""

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page
        self.complaints: list[str] = []
        self.awaited: set[Request] = set()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", lambda message: message.type == "error" and self.complain(message.text))
        page.on("pageerror", lambda error: self.complain(str(error)))
        page.on("response", self._look_at)
        page.on("request", lambda request: self.awaited.add(request))
        page.on("requestfinished", lambda request: self.awaited.discard(request))
        page.on("requestfailed", lambda request: self.awaited.discard(request))

    def complain(self, what: str) -> None:
        self.complaints.append(f"{self.page.url}: {what}")

    def _look_at(self, response: Response) -> None:
        if response.status >= 500:
            self.complain(f"answered {response.status} to {response.url}")

    def goes_to(self, path: str) -> None:
        self.page.goto(path)
        self.looks()

    def looks(self) -> None:
        """Check the page on show, when all of it is there: nothing serious for axe, no sideways scroll."""
        self._settles()
        self.page.evaluate(AXE.axe_script)
        for violation in self.page.evaluate(VIOLATIONS):
            if violation["impact"] in ("serious", "critical"):
                where = "; ".join(str(node["target"]) for node in violation["nodes"])
                self.complain(f"axe: {violation['id']} at {where}")
        if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.complain("the page scrolls sideways")

    def _settles(self) -> None:
        """Wait until the page is loaded and still, and nothing that it asked for is under way."""
        latest = time.monotonic() + PATIENCE
        while True:
            self.page.wait_for_load_state()
            self.page.evaluate(STILL)
            if not self.awaited:
                return
            if time.monotonic() > latest:
                self.complain(f"never answered: {sorted(request.url for request in self.awaited)}")
                return
            self.page.wait_for_timeout(10)

    def fills(self, **fields: str) -> None:
        """Fill fields by their labels: ``fills(**{"E-mail address": "…"})``."""
        for label, value in fields.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def presses(self, name: str) -> None:
        """Press the button or follow the link of this name, then look."""
        button = self.page.get_by_role("button", name=name, exact=True)
        (button if button.count() else self.page.get_by_role("link", name=name, exact=True)).first.click()
        self.looks()

    def reads(self, sentence: str) -> None:
        """The sentence is on the page."""
        expect(self.page.locator("main")).to_contain_text(sentence)

    def signs_in(self, email: str, *, second_factor: bool = False) -> None:
        self.goes_to("/accounts/login/")
        self.page.locator("input[name=login]").fill(email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        if second_factor:
            self.page.locator("input[name=code]").fill(totp_code())
            self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url("**/my/")
        self.looks()
