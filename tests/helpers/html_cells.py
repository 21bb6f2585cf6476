"""What a browser shows of HTML."""

from html.parser import HTMLParser


class cells(HTMLParser):
    """Its tables as .rows of cells, all other text as .outside; it fails for a tag that is not closed."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.open, self.outside = [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        if tag != "img":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += text
        else:
            self.outside.append(text)
