"""`python -m minigen.coursework ...` is `minigen coursework ...`."""

import sys

from ..cli import main

sys.exit(main(["coursework", *sys.argv[1:]]))
