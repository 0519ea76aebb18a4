"""Text gets into a page escaped and visible, or not at all."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.page.figures import notes, verdict
from auditor.page.markup import Markup, fill, visible
from auditor.page.tables import Column, table
from tests.house.tree import ROOT
from tests.page.pages import HOSTILE, hostile_page


class Read(HTMLParser):
    """What a page holds, as a browser would see it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep an element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Keep a text."""
        self.texts.append(data)


def test_fill__escapes_what_is_no_markup():
    """Text in a template is text in the page."""
    assert notes(["<b>&\"'"]) == '<p class="remark plain">&lt;b&gt;&amp;&#34;&#39;</p>\n'
    assert "<b>" in fill("figure.html", caption="", legend=(), drawing=Markup("<b>"), table=Markup(""))


def test_fill__makes_text_visible():
    """Overrides of direction and controls become escapes."""
    assert "gpj.\\u202eexe" in verdict("bad", "gpj.\u202eexe")
    assert "\\x1b[31m" in notes(["\x1b[31m"])


def test_visible__cuts():
    """A name of any length takes a place of bounded length."""
    assert visible("n" * 5_000) == "n" * 999 + "…"


@given(st.text())
def test_notes__hold_no_element_but_their_own(text):
    """Whatever the text, the only element is the paragraph."""
    assert [tag for tag, _ in Read(notes([text])).tags] == ["p"]


@given(st.text(min_size=1))
def test_table__holds_the_text_of_a_cell(text):
    """A cell reads as the text, made visible and cut."""
    read = Read(table("caption", [Column("name")], [[text]]))
    assert "".join(read.texts).count(visible(text, 120)) >= 1
    assert {tag for tag, _ in read.tags} == {
        "div", "p", "span", "table", "caption", "thead", "tr", "th", "tbody",
    }  # fmt: skip


def test_document__has_no_handlers_no_styles_and_nothing_to_load():
    """No attribute runs, paints or fetches; every script is the page's own or a JSON island."""
    read = Read(hostile_page())
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (
            tag,
            attributes,
        )
        assert not {"src", "srcset", "action", "formaction", "xlink:href", "background"} & set(attributes)
        assert tag not in {
            "img",
            "iframe",
            "object",
            "embed",
            "link",
            "base",
            "form",
            "foreignobject",
            "image",
            "use",
        }
        assert tag != "a" or attributes["href"].startswith("#")
    scripts = [attributes.get("type") for tag, attributes in read.tags if tag == "script"]
    assert scripts == ["application/json", "application/json", None]


def test_document__allows_its_own_script_and_style_only():
    """The policy has no source but two hashes."""
    policy = next(
        attributes["content"]
        for tag, attributes in Read(hostile_page()).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert re.sub(r"sha256-[A-Za-z0-9+/]{43}=", "HASH", policy) == (
        "default-src 'none'; style-src 'HASH'; script-src 'HASH'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def test_document__is_the_same_every_time():
    """The same input gives the same bytes."""
    assert hostile_page() == hostile_page()


def test_document__shows_no_character_that_draws_nothing():
    """Nothing in the page changes the direction of text, and no control is left."""
    page = hostile_page()
    assert not set(page) & set("\u202e\u2066\u200b\x1b\x00\r")
    assert HOSTILE[0] not in page


@pytest.mark.parametrize("folder", ["templates", "."])
def test_package__trusts_text_in_known_places_only(folder):
    """No template switches escaping off, and markup is made of text in these modules alone."""
    kit = ROOT / "auditor" / "page"
    if folder == "templates":
        texts = [path.read_text() for path in sorted((kit / folder).iterdir())]
        assert texts
        assert not [text for text in texts if re.search(r"\|\s*safe|autoescape|Markup", text)]
        return
    made = {
        path.name
        for path in sorted((ROOT / "auditor").rglob("*.py"))
        if re.search(r"\bMarkup\(", path.read_text())
    }
    assert made == {"document.py", "drawing.py", "markup.py", "tables.py"}
    assert "innerHTML" not in (kit / "page.js").read_text()
