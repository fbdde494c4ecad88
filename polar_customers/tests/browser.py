"""A pytest plugin for tests that use the product as a person does: in a browser, over HTTP.

A test marked `browser` asks for `open_page`, which opens a page in a browser of its own, logged in as somebody if need
be, with JavaScript or without, light or dark, as wide as a desk or as a telephone. A page that breaks its
Content-Security-Policy, whose script fails, or that lacks something it names, fails the test at its end.

Without a browser these tests are skipped, and say so; where CI is set they fail.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from organizations.tests.people import client_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from organizations.models import User

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WIDE, NARROW = 1280, 375
ACCESSIBILITY_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = (
            "NO BROWSER: install Chromium (Debian: apt install chromium), or name its program in CHROMIUM."
        )
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop running in this thread, in which Django would refuse to ask the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[OpenPage]:
    """Opens `path`; `allowing` is a pattern of what the page may complain of. Afterwards the page's own `goto` takes
    paths as well."""
    contexts, complaints = [], []

    def open_page(
        path: str,
        user: User | None = None,
        *,
        java_script: bool = True,
        color_scheme: str = "light",
        width: int = WIDE,
        allowing: str = r"(?!)",
        **options: Any,
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            java_script_enabled=java_script,
            color_scheme=color_scheme,
            viewport={"width": width, "height": 800},
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        if user is not None:
            session = client_of(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
            )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: complaints.extend(_complaints(message, allowing)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _complaints(message: Any, allowing: str) -> list[str]:
    """What a console message has against the page. That the page's own answer was a 4xx is the test's business."""
    is_answer = message.text.startswith("Failed to load resource: the server responded with a status of 4")
    is_allowed = is_answer and message.location.get("url") == message.page.url
    if message.type != "error" or is_allowed or re.search(allowing, message.text):
        return []
    return [f"{message.page.url}: {message.text}"]


def assert_accessible(page: Page, within: str | None = None) -> None:
    """That axe finds nothing against the page, or what a selector finds in it, by WCAG 2.2 AA and good practice."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(
        page, context=within, options={"runOnly": ACCESSIBILITY_RULES, "resultTypes": ["violations"]}
    )
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


def assert_fits(page: Page) -> None:
    """That nothing on the page is wider than the window."""
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0, f"{page.url} is wider than its window"
