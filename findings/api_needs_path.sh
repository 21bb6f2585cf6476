#!/usr/bin/env bash
# nbgrader: its Python API makes no assignment unless the folder of its programs is in PATH.
#
# Expected: NbGraderAPI is called in Python, so that it works in whichever interpreter imports it, also in that of an
# environment that is not activated: env/bin/python release.py, as a cron job or a Makefile calls it.
#
# Actual: for the version of its database the API starts a program, alembic, by its bare name. Without the environment's
# folder in PATH, generate_assignment() returns success False; its error names no program, only the log does. The same
# call with the folder in PATH succeeds:
#     PATH without env/bin   success False, "alembic" in the error: False, in the log: True
#     PATH with env/bin      success True
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check nbgrader==0.9.6 alembic==1.16.5
cat > "$folder/release.py" <<'PYTHON'
import sys
from pathlib import Path

import nbformat
import nbgrader
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

course = Path(sys.argv[1])
source = course / "source" / "ps"
source.mkdir(parents=True)
cell = nbformat.v4.new_code_cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
cell.metadata["nbgrader"] = {
    "grade": False, "grade_id": "answer", "locked": False, "schema_version": 3, "solution": True, "task": False,
}
kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), source / "x.ipynb")
config = Config()
config.CourseDirectory.root = str(course)
done = NbGraderAPI(config=config).generate_assignment("ps")
print("nbgrader", nbgrader.__version__)
print("success", done["success"])
if not done["success"]:
    print("alembic in the error", "alembic" in (done["error"] or "").lower())
    print("alembic in the log", "alembic" in done["log"].lower())
PYTHON
cd "$folder"
PATH=/usr/bin:/bin "$folder/env/bin/python" release.py "$folder/one" 2> /dev/null | tee "$folder/without"
PATH="$folder/env/bin:/usr/bin:/bin" "$folder/env/bin/python" release.py "$folder/two" 2> /dev/null | tee "$folder/with"
grep -q "success False" "$folder/without" && grep -q "error False" "$folder/without" && grep -q "log True" "$folder/without"
grep -q "success True" "$folder/with"
