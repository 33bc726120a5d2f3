"""One person at one browser: opens pages, and notes what the browser complains about."""

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Error, Page

ISLANDS_ARE_READY = """() => [...document.querySelectorAll(
    '[data-diagram], [data-form], [data-dashboard], [data-playground]',
)].every((island) => island.dataset.ready)"""
IS_ON_TOP = """(mark) => {
    mark.scrollIntoView({ block: 'center' });
    const box = mark.getBoundingClientRect();
    const style = getComputedStyle(mark);
    const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5]];
    return box.width > 20 && box.height > 8 && style.visibility === 'visible'
        && Number(style.opacity) === 1 && points.every(([x, y]) => mark.contains(
            document.elementFromPoint(box.x + box.width * x, box.y + box.height * y)));
}"""


@dataclass(kw_only=True)
class Visitor:
    """A page of a browser context, somebody logged in or nobody."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to the browser: errors of scripts, refused styles, failed requests."""
        self.page.on("console", self._note_message)
        self.page.on("pageerror", self._note_error)

    def open(self, path: str) -> Page:
        """Go to a page and wait until its islands are drawn."""
        self.page.goto(path)
        self.page.wait_for_function(ISLANDS_ARE_READY)
        return self.page

    def expects_refusal(self, status: int) -> None:
        """Forget that the browser reports an answer of this status, which the test wanted."""
        reports = [text for text in self.complaints if f"a status of {status} " in text]
        assert reports != [], self.complaints
        self.complaints = [text for text in self.complaints if text not in reports]

    def marks_on_top(self) -> list[bool]:
        """Tell of each watermark whether it is in view and nothing lies upon it."""
        marks = self.page.locator(".bjs-powered-by, .fjs-powered-by")
        return [bool(mark.evaluate(IS_ON_TOP)) for mark in marks.all() if mark.is_visible()]

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _note_error(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")
