"""The programs of the documents: read from a page, run in order, and what they print compared with what is written."""

import contextlib
import io
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from minigen import backend

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))

FENCE = re.compile(
    r"^```python(?P<name>[^\n]*)\n(?P<code>.*?)^```\n(?:\n*```output\n(?P<output>.*?)^```)?", re.S | re.M
)
NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d*)?(?:e[+-]?\d+)?")
SECONDS = re.compile(r"\d+\.\d s$", re.M)
WIDTH = re.compile(r"(?<=\[) | (?=\])")  # NumPy pads numbers
GRAPHVIZ = re.compile(r"^Graphviz .* was not found.*\n", re.M)  # draw() prints it on machines without Graphviz


@dataclass(frozen=True)
class Program:
    """A block ```python NAME of a page, and the block ```output below it."""

    page: Path
    name: str
    code: str
    output: str | None
    line: int  # of the fence

    def __str__(self):
        return f"{self.page.stem}/{self.name}"


def programs(page):
    """The programs of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Program(page, found["name"].strip(), found["code"], found["output"], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


class Session:
    """One page: its programs run in order, in one namespace. `replaced` gives the text that runs of a program."""

    def __init__(self, page, replaced, folder):
        self.programs, self.replaced, self.folder = programs(page), replaced, folder
        self.names = {"__name__": "__main__"}
        self.printed = {}  # name of a program that has run -> what it printed

    def run(self, name):
        """What the program of that name prints; the programs above it run first unless they have."""
        for program in self.programs:
            if program.name not in self.printed:
                code = self.replaced(program)
                run = self._debugged if "breakpoint()" in code else self._executed
                self.printed[program.name] = GRAPHVIZ.sub("", run(program, code))
            if program.name == name:
                return self.printed[name]
        raise KeyError(name)

    def _executed(self, program, code):
        before = backend.random_state()
        with contextlib.redirect_stdout(io.StringIO()) as out:  # lines are counted as in the page
            exec(compile("\n" * program.line + code, str(program.page), "exec"), self.names)
        assert backend.random_state() == before or "seed(" in code, f"{program} draws random numbers without a seed"
        return out.getvalue()

    def _debugged(self, program, code):
        """The session with pdb in which the commands of the page are typed; without lines that name files."""
        (self.folder / "step.py").write_text(code, encoding="utf-8")
        commands = re.findall(r"^\(Pdb\) (.*)$", program.output, re.M)
        typed = "".join(f"{command}\n" for command in commands)
        command = [sys.executable, self.folder / "step.py"]
        done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        answers = done.stdout.split("(Pdb) ")[1:]  # before the first one stands the line where the program stopped
        assert len(answers) == len(commands), done.stdout
        text = "".join(f"(Pdb) {c}\n{a}" for c, a in zip(commands, answers, strict=True))
        return "".join(f"{line}\n" for line in text.splitlines() if ".py" not in line)


def difference(expected, printed, tolerance):
    """Why the two texts differ, or "". Words are compared exactly, numbers with the relative tolerance.

    A difference of one in the last written decimal is none. Several spaces count as one, and none count at brackets.
    tolerance None compares no numbers. Times in seconds at the end of a line are never compared.
    """
    expected, printed = (SECONDS.sub("… s", text).split("\n") for text in (expected.strip(), printed.strip()))
    if len(expected) != len(printed):
        return f"{len(expected)} lines are written, {len(printed)} were printed"
    for line, other in zip(expected, printed, strict=True):
        words, others = (WIDTH.sub("", " ".join(NUMBER.sub(" # ", text).split())) for text in (line, other))
        if words != others:
            return f"written: {line}\nprinted: {other}"
        numbers = zip(NUMBER.findall(line), NUMBER.findall(other), strict=True)
        if tolerance is not None and not all(_near(a, b, tolerance) for a, b in numbers):
            return f"written: {line}\nprinted: {other}\ntolerance: {tolerance}"
    return ""


def _near(written, printed, tolerance):
    a, b = (float(text.replace(",", "")) for text in (written, printed))
    mantissa, _, power = written.partition("e")
    _, point, decimals = mantissa.partition(".")
    last = 10.0 ** (int(power or 0) - max(len(decimals), 1)) if point else 0.0  # NumPy writes 1. for 1.0
    return abs(a - b) <= max(tolerance * max(abs(a), abs(b)), 1.001 * last)
