"""The build of the package; what describes it is in setup.cfg. The wheel gets the scripts of tutorials/ as well."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithTutorials(build_py):
    """Copies tutorials/*.py to where minigen/tutorials.py finds them; an editable install has the folder itself."""

    def run(self):
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "minigen" / "tutorial_scripts"
            self.mkpath(str(target))
            for script in sorted(Path("tutorials").glob("*.py")):
                self.copy_file(str(script), str(target / script.name))


setup(cmdclass={"build_py": BuildWithTutorials})
