"""A hand that counts: how many taps and typed characters a piece of work costs."""

from contextlib import suppress
from typing import Any

from playwright.sync_api import Error


class Hand:
    """Taps and types on one page, and remembers how often."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.taps = 0
        self.typed = 0

    def tap(self, locator: Any) -> None:
        self.taps += 1
        locator.tap()

    def type(self, locator: Any, text: str) -> None:
        self.typed += len(text)
        locator.fill(text)

    def until(self, script: str) -> None:
        """Ask the page again and again until it says yes. (wait_for_function takes a promise for a yes.)"""
        for _ in range(400):
            with suppress(Error):  # the page is just being loaded anew
                if self.page.evaluate(script):
                    return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"waited in vain for: {script}")

    def row(self, name: str) -> Any:
        """The row of a household in a list."""
        return self.page.locator("a.row", has_text=name).first

    def save(self) -> Any:
        """The button that saves."""
        return self.page.locator(".bar .btn-main")

    def pill(self, name: str) -> Any:
        """A choice drawn as a pill."""
        return self.page.locator("label.pick", has_text=name).first
