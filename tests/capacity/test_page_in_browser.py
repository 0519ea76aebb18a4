"""The report in a browser: silent, offline, drawn."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from auditor.capacity.writing import write_reports
from tests.browser import DESKTOP, PHONE
from tests.capacity.conftest import made_results, with_others

pytestmark = pytest.mark.jit_only


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return the file of the page."""
    folder = tmp_path_factory.mktemp("capacity")
    write_reports(folder, with_others(made_results()), 250_000)
    return folder / "report.html"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_page__is_silent_and_alone(browser, path, size, tmp_path):
    """No complaint, no request, no sideways scrolling."""
    browser.open(path, size)
    assert browser.complaints() == []
    assert browser.requests() == [path.resolve().as_uri()]
    assert not browser.is_wider_than_its_window()
    browser.picture(tmp_path / "page.png")


def test_page__answers_on_top(browser, path):
    """How many cores the rate needs, before anything else."""
    browser.open(path)
    assert browser.driver.find_element(By.CSS_SELECTOR, "main").text.startswith(
        "250,000 flows a second need 1 "
    )


def test_pictures__have_marks(browser, path):
    """Every picture has as many marks as figures went into it, and none is without extent."""
    browser.open(path)
    counts = browser.run(
        """return [...document.querySelectorAll("figure svg")].map((svg) =>
        [...svg.querySelectorAll("[role=graphics-symbol][aria-label]")].filter((mark) => {
          const box = mark.getBoundingClientRect();
          return !mark.getAttribute("aria-roledescription").includes("axis") && box.width + box.height > 1;
        }).length)"""
    )
    # Cores by rate (three logs, one of them beyond the cores measured), stages, cheaper, peers, threads, messages
    # without and with a broker, growth.
    assert counts == [17, 3, 3, 2, 2, 1, 2, 3]
