"""The page of a report in a browser: drawn, quiet, and harmless whatever the names."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from auditor.report_page.build import report_page
from auditor.report_page.read import read_report
from tests.browser import DESKTOP, PHONE
from tests.page.pages import HOSTILE
from tests.report_page.made import Flow, make_report

pytestmark = pytest.mark.jit_only

FINDINGS = ("VIOLATION", "MISDROPPED", "UNDECIDED", "BLOCKED", "PERMITTED")
FLOWS = [
    Flow(f"{name}/web", f"shop/{name}", FINDINGS[place % 5], second=60 * place, weight=place + 1)
    for place, name in enumerate(name for name in HOSTILE * 6 if name)
] + [Flow(name, name, source_kind="external", destination_kind="unknown") for name in HOSTILE[:8]]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return the file of the page."""
    folder = tmp_path_factory.mktemp("report")
    rules = [(f"NetworkPolicy/{name}:ingress[0]", place) for place, name in enumerate(HOSTILE)]
    rejected = [(name, name, place + 1) for place, name in enumerate(HOSTILE)]
    report = make_report(folder, FLOWS, rules, rejected=rejected, warnings=list(HOSTILE))
    path = folder / "page.html"
    path.write_text(report_page(read_report(report)), encoding="utf-8")
    return path


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_page__is_quiet_and_fits(browser, path, size, scheme, tmp_path):
    """Nothing in the console, nothing asked for, nothing wider than the window; a picture is kept."""
    browser.open(path, size, scheme)
    assert browser.complaints() == []
    assert browser.requests() == [path.resolve().as_uri()]
    assert not browser.is_wider_than_its_window()
    assert browser.driver.title == "Network policy audit"
    browser.picture(tmp_path / f"report-{scheme}-{size[0]}.png")


def test_report_page__draws_every_picture(browser, path):
    """Bars, two grids, curves, two time lines, rules: with as many marks as their tables have rows."""
    browser.open(path)
    counts = browser.run(
        """return [...document.querySelectorAll("figure")].map((figure) => [
          [...figure.querySelectorAll("svg [role=graphics-symbol][aria-label]")].filter((mark) => {
            const box = mark.getBoundingClientRect();
            return mark.getAttribute("aria-roledescription") !== "axis" && box.width + box.height > 1;
          }).length,
          figure.querySelector(".count").textContent
            ? Number(figure.querySelector(".count").textContent.match(/([0-9]+) rows/)[1])
            : figure.querySelectorAll("tbody tr").length])"""
    )
    assert len(counts) == 7
    for marks, rows in counts:
        assert marks == rows > 0


def test_report_page__is_searched_and_hovered(browser, path):
    """The table of groups finds a hostile name as text; a mark says what it is."""
    browser.open(path)
    groups = browser.driver.find_element(By.CSS_SELECTOR, "#groups .table")
    groups.find_element(By.CSS_SELECTOR, "input").send_keys("<script>document.title")
    found = browser.run(
        "return [...arguments[0].querySelectorAll('tbody tr')].map(row => row.textContent)", groups
    )
    assert found
    assert all(HOSTILE[0] in text for text in found)
    mark = browser.driver.find_element(By.CSS_SELECTOR, "#worst svg [aria-roledescription='bar']")
    assert browser.hover(mark).endswith(" flows")
    assert browser.driver.title == "Network policy audit"


def test_report_page__has_headings_and_scopes_for_those_who_listen(browser, path):
    """One main heading, sections with headings, a scope for each heading of a table, a name for each picture."""
    browser.open(path)
    assert browser.run("return document.querySelectorAll('h1').length") == 1
    assert browser.run("return [...document.querySelectorAll('section')].every(s => s.querySelector('h2'))")
    assert browser.run("return [...document.querySelectorAll('th')].every(h => h.scope)")
    pictures = (
        "return [...document.querySelectorAll('figure svg')].every(s => s.ariaLabel && s.role === 'img')"
    )
    assert browser.run(pictures)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_page__has_text_that_stands_out(browser, path, scheme):
    """Text has the contrast that WCAG asks for (4.5 to 1) on the page and on panels."""
    browser.open(path, scheme=scheme)
    ratios = browser.run(
        """const root = getComputedStyle(document.documentElement);
        const light = (name) => {
          const hex = root.getPropertyValue(name).trim().slice(1);
          const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
            .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (one, other) => {
          const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        };
        const pairs = [["--ink", "--paper"], ["--soft", "--paper"], ["--link", "--paper"], ["--soft", "--panel"],
          ...[1, 2, 3, 4, 5, 6].map((n) => [`--h${n}-ink`, `--h${n}`])];
        return pairs.map((pair) => [...pair, ratio(...pair)]);"""
    )
    assert [pair for pair in ratios if pair[2] < 4.5] == []
