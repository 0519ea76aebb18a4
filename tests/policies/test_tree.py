"""Values with places are the values without."""

from __future__ import annotations

from hypothesis import given

from auditor.errors import Problem
from auditor.policies.documents import read_documents
from auditor.policies.nodes import ListNode, MappingNode
from auditor.sources import yaml_text
from auditor.sources.faults import TextLimits
from auditor.sources.utf8 import TextError, utf8_text
from auditor.sources.yaml_text import YamlTextError
from tests.policies.test_hostile import SEED, broken

NO_JSON = b"# no JSON\n"


def plain(node):
    """Return a value without its places."""
    if isinstance(node, MappingNode):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    return [plain(element) for element in node.elements] if isinstance(node, ListNode) else node.value


@given(broken(SEED))
def test_node_tree__agrees_with_plain_values(text):
    """Whatever the text, both readers find the same values up to the first document that both refuse.

    After it their numbers may part: only one of them reads a refused document to its end.
    """
    text = NO_JSON + text
    placed, refused = {}, []
    for found in read_documents("f", text, lambda *_: True):
        if isinstance(found, Problem):
            refused.append(found.origin.document)
        elif found.sheet.problems:
            refused.append(found.sheet.document)
        elif not refused:
            placed[found.sheet.document] = repr(plain(found.root))
    try:
        documents = list(yaml_text.read_documents(utf8_text(text), TextLimits()))
    except TextError:
        assert (placed, refused) == ({}, [None])
        return
    n_whole = next((n for n, found in enumerate(documents) if isinstance(found, YamlTextError)), None)
    assert refused[:1] == ([] if n_whole is None else [documents[n_whole].document])
    values = documents[:n_whole]
    assert placed == {found.number: repr(found.value) for found in values if found.value is not None}
