"""A real service, a real Chromium, and the page as a signed-in person has it.

One worker with one stream, so that a second utterance has to wait in line.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import settings
from cli import run_file
from cli.bench.browser import CHROMIUM_ARGUMENTS, find_chromium

DESKTOP = {"width": 1440, "height": 900}
LIMIT_S = 60.0


@dataclass(frozen=True)
class House:
    """A running service."""

    var: Path
    run: run_file.RunFile

    @property
    def address(self) -> str:
        return self.run.address

    def pid_of(self, name: str) -> int:
        children = json.loads((self.var / "run" / "children.json").read_text())
        return int(children[name]["pid"])


@dataclass
class Studio:
    """The page in one tab, and what its console complained of."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def speak(self, text: str) -> None:
        self.page.fill("#text", text)
        self.page.click("#speak")

    @property
    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.page.evaluate("() => window.avatarPlayer.stats")
        return stats

    def wait_for_state(self, state: str) -> None:
        self.page.wait_for_selector(f"html[data-state={state}]", timeout=LIMIT_S * 1000)

    def row_once(self, state: str) -> dict[str, Any]:
        """Return the service's own account of the utterance, once it is in a state."""
        address = f"{self.page.url}v1/utterances/{self.stats['utterance']}"
        deadline_s = time.monotonic() + LIMIT_S
        while (row := self.page.request.get(address).json())["state"] != state:
            assert time.monotonic() < deadline_s, f"it is {row['state']}"
            self.page.wait_for_timeout(50)
        return dict(row)

    def wait_until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait on the player's own figures; the page's policy forbids the driver's way of waiting."""
        deadline_s = time.monotonic() + LIMIT_S
        while not condition(stats := self.stats):
            assert time.monotonic() < deadline_s, f"it did not come about: {stats}"
            self.page.wait_for_timeout(30)
        return stats


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, asset_dir: Path) -> Iterator[House]:
    var = tmp_path_factory.mktemp("studio") / "var"
    changes = {"AVATAR_VAR": str(var), "AVATAR_WORKERS": "1", "AVATAR_STREAMS": "1", "AVATAR_PORT": ""}
    changes["AVATAR_ASSETS"] = str(asset_dir)
    changes |= dict.fromkeys(("REDIS_URL", "MEDIA_REDIS_URL", "DATABASE_URL", "AVATAR_HOST"), "")
    env = settings.environment(changes)
    command = [sys.executable, "-m", "cli.main"]
    started = subprocess.run(
        [*command, "up", "--detach", "--no-flower"], env=env, capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
    yield House(var, run_file.read(var))
    subprocess.run([*command, "down"], env=env, capture_output=True, check=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS),
            env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        )  # fmt: skip
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def cookies(house: House, chromium: Browser) -> Any:
    """What a browser holds after it followed the login link."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(house.run.login)
    page.wait_for_selector("#avatars .option")
    held = context.storage_state()
    context.close()
    return held


@pytest.fixture
def open_studio(house: House, chromium: Browser, cookies: Any) -> Iterator[Callable[..., Studio]]:
    """Opens the page in a browser profile of its own; closes it after the test."""
    opened: list[Studio] = []

    def open_one(
        *, signed_in: bool = True, prepare: Callable[[Page], None] | None = None, **options: Any
    ) -> Studio:
        context = chromium.new_context(
            storage_state=cookies if signed_in else None, **{"viewport": DESKTOP, **options}
        )
        page = context.new_page()
        studio = Studio(page, context)
        opened.append(studio)
        page.on("console", lambda message: _note(studio, message.type, message.text))
        page.on("pageerror", lambda error: studio.complaints.append(str(error)))
        if prepare is not None:
            prepare(page)
        page.goto(house.address)
        if signed_in:
            page.wait_for_selector("#avatars .option")
        return studio

    yield open_one
    for studio in opened:
        # The only stream of the only worker is given back for the next test.
        if studio.page.is_visible("#stop"):
            studio.page.click("#stop")
            studio.wait_for_state("cancelled")
        studio.context.close()


def _note(studio: Studio, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        studio.complaints.append(text)


@pytest.fixture
def studio(open_studio: Callable[..., Studio]) -> Iterator[Studio]:
    """The page, signed in; its console must stay silent."""
    opened = open_studio()
    yield opened
    assert opened.complaints == []
