"""Where the 70,000 digits are, if they are there."""

from pathlib import Path

FULL_SET = Path(__file__).parents[3] / "shared" / "data" / "mnist"
