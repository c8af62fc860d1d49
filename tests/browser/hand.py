"""A hand that counts: how many taps and typed characters a piece of work costs."""

from typing import Any


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

    def row(self, name: str) -> Any:
        """The row of a household in a list."""
        return self.page.locator("a.row", has_text=name).first

    def save(self) -> Any:
        """The button that saves."""
        return self.page.locator(".bar .btn-main")

    def pill(self, name: str) -> Any:
        """A choice drawn as a pill."""
        return self.page.locator("label.pick", has_text=name).first
