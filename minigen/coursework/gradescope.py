"""Gradescope: the files of an autograder, and results.json.

An autograder is a zip with setup.sh, which is run once as the image is built, and run_autograder, which is run for each
submission. Gradescope unpacks it into /autograder/source, puts the submission into /autograder/submission, and reads
/autograder/results/results.json. The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

from .. import __version__
from ..storage.files import make_folder, replacing
from .checks import check_one_file
from .exercise import Exercise, get
from .grading import Marks, grade
from .sandbox import Sandbox
from .submission import files_in, read

SETUP = f"""#!/usr/bin/env bash
# Runs once, as the image is built. A wheel of minigen beside this file is taken in place of the published one.
set -e
cd /autograder/source
apt-get update && apt-get install -y python3-pip python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install *.whl || /autograder/venv/bin/pip install minigen=={__version__}
folder=$(/autograder/venv/bin/python -c 'import minigen.coursework as c; print(c.__path__[0])')
chmod -R go= /autograder/source "$folder"
"""
RUN = """#!/usr/bin/env bash
# Runs for each submission. Its code is executed by the user nobody, who cannot read the solutions.
root=${AUTOGRADER_ROOT:-/autograder}
python=$root/venv/bin/python
[ -x "$python" ] || python=python3
"$python" -m minigen coursework gradescope "$root/submission" "$root/results/results.json" --exercise %d --user 65534
"""


def write(folder: Path, exercise: Exercise) -> None:
    """Write setup.sh, run_autograder, and autograder.zip with both."""
    make_folder(folder)
    files = {"setup.sh": SETUP, "run_autograder": RUN % exercise.number}
    for name, text in files.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        os.chmod(folder / name, 0o755)
    with replacing(folder / "autograder.zip") as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, text in files.items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(member, text)


def results(marks: Marks) -> dict[str, Any]:
    """What results.json holds: the total, and score, output and visibility of each test.

    The public tests are visible at once, the others when the marks are published.
    """
    tests = [
        {
            "name": mark.test.title,
            "number": f"{marks.exercise.number}.{i}",
            "score": mark.score,
            "max_score": mark.test.marks,
            "status": "failed" if mark.message else "passed",
            "output": mark.message or "right",
            "visibility": "visible" if mark.test.public else "after_published",
        }
        for i, mark in enumerate(marks.marks, 1)
    ]
    seconds = round(sum(mark.seconds for mark in marks.marks), 3)
    return {
        "score": marks.score,
        "execution_time": seconds,
        "output": f"exercise {marks.exercise.number}, {marks.exercise.title}",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def run(folder: Path, target: Path, number: int, user: int = 0) -> None:
    """Mark the one submission in the folder, and write results.json, whatever happens."""
    try:
        (path,) = check_one_file(files_in(folder))
        with Sandbox(user=user) as sandbox:
            found = results(grade(get(number), read(path, number), sandbox))
    except (ValueError, OSError) as error:
        found = {"score": 0, "output": str(error), "visibility": "visible"}
    make_folder(target.parent)
    with replacing(target) as temporary:
        temporary.write_text(json.dumps(found, indent=1), encoding="utf-8")
