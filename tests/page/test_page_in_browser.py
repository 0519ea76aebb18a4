"""The kit's page in a browser: silent, offline, drawn, and alive."""

from __future__ import annotations

import re
import socket

import pytest
from selenium.webdriver.common.by import By

from auditor.page.numbers import NOT_KNOWN
from tests.browser import DESKTOP, PHONE
from tests.page.pages import HOSTILE, hostile_page, long_rows

pytestmark = pytest.mark.jit_only


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return the file of the page."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(hostile_page(), encoding="utf-8")
    return path


@pytest.fixture
def shown(browser, path):
    """Return a browser that shows the page."""
    browser.open(path)
    return browser


@pytest.fixture
def long_table(shown):
    """Return the long table."""
    return next(
        one for one in shown.driver.find_elements(By.CSS_SELECTOR, ".table") if "10,000 rows" in one.text
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page__is_silent_and_alone(browser, path, size, scheme, tmp_path):
    """No complaint, no request, no sideways scrolling, and no script of a name ran."""
    browser.open(path, size, scheme)
    assert browser.complaints() == []
    assert browser.requests() == [path.resolve().as_uri()]
    assert not browser.is_wider_than_its_window()
    assert browser.driver.title.startswith("<script>document.title='broken'")
    browser.picture(tmp_path / "page.png")


def test_page__refuses_what_is_not_its_own(browser, path, tmp_path):
    """Markup that got in all the same would neither run nor load."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        inside = (
            f"<script>document.title='broken'</script><img src='{url}' onerror=\"document.title='broken'\">"
        )
        broken = tmp_path / "broken.html"
        page = path.read_text(encoding="utf-8")
        broken.write_text(page.replace("<main>", f"<main>{inside}", 1), encoding="utf-8")
        browser.open(broken)
        assert browser.driver.title.startswith("<script>")
        assert len([text for text in browser.complaints() if "Content Security Policy" in text]) >= 2
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_pictures__have_marks_that_can_be_seen(shown):
    """Each picture has a mark for each number given, and none is without extent."""
    counts = shown.run(
        """return [...document.querySelectorAll("figure svg")].map((svg) =>
        [...svg.querySelectorAll("[role=graphics-symbol][aria-label]")].filter((mark) => {
          const box = mark.getBoundingClientRect();
          return !mark.getAttribute("aria-roledescription").includes("axis") && box.width + box.height > 1;
        }).length)"""
    )
    assert counts == [len(HOSTILE), 10, len(HOSTILE) ** 2, len(HOSTILE), 12, 5]


def test_pictures__say_what_a_mark_is(shown):
    """Pointing at a mark shows its label as text; pointing elsewhere hides it."""
    marks = shown.driver.find_elements(By.CSS_SELECTOR, "figure svg [aria-roledescription='bar']")
    assert shown.hover(marks[0]) == f"{HOSTILE[0]}: 1 flows (0 to 3)"
    grid = shown.driver.find_elements(By.CSS_SELECTOR, "figure")[2]
    cell = grid.find_elements(By.CSS_SELECTOR, "[aria-roledescription='rect mark']")[4]
    assert shown.hover(cell) == cell.get_attribute("aria-label")
    assert shown.hover(shown.driver.find_element(By.CSS_SELECTOR, "h2")) == ""


def test_pictures__have_their_numbers_in_a_table(shown):
    """Behind each picture a table opens."""
    for figure in shown.driver.find_elements(By.CSS_SELECTOR, "figure"):
        figure.find_element(By.CSS_SELECTOR, "summary").click()
        assert figure.find_element(By.CSS_SELECTOR, "tbody tr").is_displayed()


def test_table__sorts_by_any_column(shown, long_table):
    """Numbers from the largest, again from the smallest; what is not known stays last."""
    button = long_table.find_elements(By.CSS_SELECTOR, "thead button")[2]
    first = "return arguments[0].querySelector('tbody td:nth-child(3)').textContent"
    known = [row[2] for row in long_rows() if row[2] is not None]
    button.click()
    assert shown.run(first, long_table) == f"{max(known):,}"
    assert long_table.find_elements(By.CSS_SELECTOR, "th[aria-sort='descending']")[0].text.startswith("n")
    button.click()
    assert shown.run(first, long_table) == f"{min(known):,}"
    turn = "for (const on = arguments[0].querySelector('.on'); !on.disabled;) on.click()"
    shown.run(turn, long_table)
    assert shown.run(first, long_table) == NOT_KNOWN


def test_table__is_searched(shown, long_table):
    """All words must stand in a row; the count says how many rows have them."""
    box = long_table.find_element(By.CSS_SELECTOR, "input")
    box.send_keys("<script> violation 1230")
    wanted = [
        row for row in long_rows() if "<script>" in row[1] and row[0] == "VIOLATION" and "1230" in row[1]
    ]
    assert long_table.find_element(By.CSS_SELECTOR, ".count").text == f"{len(wanted)} of 10,000 rows"
    cells = "return [...arguments[0].querySelectorAll('tbody td:nth-child(2)')].map(c => c.textContent)"
    names = shown.run(cells, long_table)
    assert names == [row[1] for row in wanted]


def test_table__shows_rows_of_the_island_as_those_of_the_html(browser, path):
    """What the script draws is what Python wrote."""
    rows = "return [...document.querySelectorAll('tbody')].map(body => body.innerHTML)"
    bodies = []
    for scripts in (True, False):
        browser.open(path, scripts=scripts)
        bodies.append([re.sub(r' data-key="[^"]*"|\n', "", body) for body in browser.run(rows)])
    assert bodies[0] == bodies[1]
