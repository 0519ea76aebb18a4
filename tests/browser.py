"""A headless Chromium that looks at pages: what it complained of, what it asked the network for, what it shows."""

from __future__ import annotations

import base64
import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BINARIES = ("chromium", "chromium-browser", "google-chrome")
DRIVER = "chromedriver"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
DESKTOP = (1280, 900)
PHONE = (390, 844)


class MissingError(Exception):
    """There is no browser, or nothing to drive it with."""


class Browser:
    """A browser with one window; ``driver`` is selenium's."""

    def __init__(self, folder: Path) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        binary = next((found for name in BINARIES if (found := shutil.which(name))), None)
        driver = shutil.which(DRIVER)
        if binary is None or driver is None:
            raise MissingError("`chromium` and `chromedriver` are not on PATH; `make browser` installs them")
        options = webdriver.ChromeOptions()
        options.binary_location = binary
        for flag in (*FLAGS, f"--user-data-dir={folder}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()

    def open(
        self, path: Path, size: tuple[int, int] = DESKTOP, scheme: str = "light", *, scripts: bool = True
    ) -> None:
        """Show a file in a window of this size, in light or dark, and run its scripts or not."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.complaints(), self.requests()
        self.driver.get(path.resolve().as_uri())

    def run(self, script: str, *arguments: object) -> object:
        """Return what a script gives."""
        return self.driver.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """Return what stands in the console since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return what was asked for since it was last asked, the file itself too."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def is_wider_than_its_window(self) -> bool:
        """Return whether the page scrolls sideways."""
        return self.run("return document.documentElement.scrollWidth > innerWidth")

    def hover(self, element: object) -> str:
        """Return what is said where the pointer stands on an element; empty if nothing."""
        from selenium.webdriver import ActionChains

        self.run(
            "arguments[0].scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'})", element
        )
        # A page that still scrolls would hide what is said.
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        ActionChains(self.driver).move_to_element(element).perform()
        return self.run("const at = document.getElementById('hover'); return at.hidden ? '' : at.textContent")

    def picture(self, path: Path, height: int = 8000) -> None:
        """Write the page as a PNG, down to a height in pixels."""
        width, whole = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(whole, height), "scale": 1}
        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
        )
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def browser(folder: Path):
    """Give a browser with its profile in ``folder``; raise MissingError if there is none."""
    opened = Browser(folder)
    try:
        yield opened
    finally:
        opened.close()
