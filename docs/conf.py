"""How Sphinx builds the site: `make docs` writes it to build/docs/html.

The pages of docs/ are written by hand. Those of docs/made/ are made by docs/makers/ before Sphinx reads them: the
gallery, the API, the museum, the findings. All settings of Sphinx are names of this module.
"""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS))

from makers import api, families, findings, gallery, links, plain, references, step, traps  # noqa: E402
from pygments.lexers.special import TextLexer  # noqa: E402

import minigen  # noqa: E402

project = "minigen"
author = "minigen contributors"
version = release = minigen.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["made/gallery/*.ipynb", "made/gallery/*.py", "makers", "static"]
suppress_warnings = ["config.cache"]  # the gallery is configured with functions, which cannot be stored
default_role = "literal"  # a name between single backticks is code, as in Markdown
highlight_language = "text"
smartquotes = False  # "relu" and --quick are to be typed as they stand
nitpicky = True

myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 80

sphinx_gallery_conf = gallery.settings(ROOT)

html_theme = "furo"
html_title = f"minigen {version}"
html_static_path = ["static", "made/static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_copy_source = html_show_sourcelink = False


def make_pages(app: object) -> None:
    """Write the pages of docs/made/ that change with the package."""
    api.make(DOCS / "made" / "api")
    families.make(DOCS / "made" / "built")
    findings.make(ROOT / "findings", DOCS / "made")
    step.make(DOCS / "made" / "step")
    traps.make(ROOT, DOCS / "made" / "traps")
    links.make_copies(ROOT, DOCS / "made")


def setup(app) -> None:  # type: ignore[no-untyped-def]
    gallery.copy_scripts(ROOT)
    app.add_lexer("output", TextLexer)
    app.connect("builder-inited", make_pages, priority=100)  # the gallery is run later, with 500
    app.connect("source-read", links.complete)
    app.connect("autodoc-process-docstring", plain.process)
    app.connect("autodoc-process-bases", references.name_bases)
    app.connect("autodoc-process-signature", references.sign)
    app.connect("missing-reference", references.resolve, priority=900)
