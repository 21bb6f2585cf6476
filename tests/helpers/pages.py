"""A page of the explorer, read by the parser of the standard library."""

import json
from html.parser import HTMLParser

from helpers.networks import unpacked


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text directly in it."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes), []))
        if tag not in ("meta", "link"):
            self.open.append(self.found[-1])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.open:
            self.open[-1][2].append(data)

    def of(self, tag):
        """(attributes, text) of each element with this tag."""
        return [(attributes, "".join(parts)) for name, attributes, parts in self.found if name == tag]


def read_page(text):
    """(the data of a page, its arrays); the page has three scripts, and nothing in it is left open."""
    elements = Elements(text)
    (kind, data), (plain, blob), (code, _) = elements.of("script")
    assert (kind, plain, code) == (
        {"type": "application/json", "id": "data"},
        {"type": "text/plain", "id": "arrays"},
        {},
    )
    assert not elements.open
    found = json.loads(data)
    return found, unpacked(blob, found["arrays"])
