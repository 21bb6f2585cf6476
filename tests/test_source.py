"""The shape of the source: formulas without plumbing, imports without circles."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "minigen"
FORMULAS = ("autograd gradcheck kernels layers losses metrics model models ops optimizers plot training").split()
ANSWERS = ("KeyboardInterrupt", "no_such_name")  # of Ctrl-C, and of __getattr__
MODULES = {
    ".".join(p.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): p for p in PACKAGE.rglob("*.py")
}


def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.partition(".")[0] in FORMULAS))
def test_formulas_refuse_nothing_themselves(name):
    """What refuses bad input stands in the checks.py of its room: a reader of a formula sees the formula."""
    if MODULES[name].name == "checks.py":
        return
    raises = [node for node in ast.walk(tree(name)) if isinstance(node, ast.Raise) and node.exc is not None]
    found = [n.lineno for n in raises if not ast.unparse(n.exc).startswith(ANSWERS)]
    assert not found, f"minigen/{name.replace('.', '/')}.py raises in lines {found}: move it to checks.py"


def imports_of(name):
    """The modules of minigen that this one imports when it is imported itself, by dotted names."""
    package = MODULES[name].relative_to(PACKAGE).parts[:-1]
    for node in at_module_level(tree(name).body):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                yield inner if inner in MODULES else ".".join(base)


def at_module_level(body):
    """The statements that run when a module is imported: not those of functions, nor those for the type checker."""
    for node in body:
        if isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from at_module_level(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            yield from at_module_level(node.body)
        else:
            yield node


def test_no_module_imports_itself_through_others():
    edges = {name: {other for other in imports_of(name) if other in MODULES} for name in MODULES}
    done = set()

    def visit(name, way):
        assert name not in way, f"a circle of imports: {' -> '.join([*way[way.index(name) :], name])}"
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, [*way, name])
            done.add(name)

    for name in sorted(edges):
        visit(name, [])


def without_tests(package, tests):
    """The modules x/y.py that have neither x/test_y.py nor an x/test_y_*.py."""
    for path in sorted(package.rglob("*.py")):
        folder = tests / path.parent.relative_to(package)
        named = [folder / f"test_{path.stem}.py", *folder.glob(f"test_{path.stem}_*.py")]
        is_exempt = path.stem in ("__init__", "__main__", "checks", "types") or path.parent.name == "exercises"
        if not is_exempt and not any(map(Path.exists, named)):
            yield path.relative_to(package).as_posix()


def test_every_module_has_a_test_file_of_its_name():
    """minigen/x/y.py -> tests/x/test_y.py, or several tests/x/test_y_*.py; a check is tested where it is called.

    The files of coursework/exercises/ are all tested by one table, tests/coursework/test_exercises.py.
    """
    assert list(without_tests(PACKAGE, Path(__file__).parent)) == []


def test_a_module_without_a_test_file_is_found(tmp_path):
    for name in ("minigen/ops/conv.py", "minigen/ops/pool.py", "minigen/ops/checks.py", "tests/ops/test_pool_max.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(without_tests(tmp_path / "minigen", tmp_path / "tests")) == ["ops/conv.py"]


# ---- every console, every locale


def texts_of(name):
    """The texts in the code of a module, without its docstrings."""
    nodes = list(ast.walk(tree(name)))
    docs = [node.value for node in nodes if isinstance(node, ast.Expr)]
    return [node.value for node in nodes if isinstance(node, ast.Constant) and node not in docs]


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.startswith("museum")))
def test_what_the_museum_says_can_be_printed_in_code_page_1252(name):
    for text in texts_of(name):
        str(text).encode("cp1252")


def without_encoding(code):
    """The lines that open a file as text, in whatever encoding the machine has."""
    for node in ast.walk(code):
        if isinstance(node, ast.Call):
            words = [*(ast.unparse(each) for each in node.args), *(str(each.arg) for each in node.keywords)]
            named = ast.unparse(node.func)
            opens = named == "open" and not any(word.startswith("'") and "b" in word for word in words)
            whole = named.endswith(".read_text") and not node.args or named.endswith(".write_text")
            if (opens or whole) and "encoding" not in words:
                yield node.lineno


def test_files_of_text_are_opened_with_their_encoding():
    found = {name: list(without_encoding(tree(name))) for name in MODULES}
    assert not {name: lines for name, lines in found.items() if lines}


def test_a_file_without_an_encoding_is_found():
    code = "open(p)\nopen(p, 'rb')\np.read_text()\np.write_text(t, encoding='utf-8')\np.write_text(t)\nopen(p, 'w')"
    assert list(without_encoding(ast.parse(code))) == [1, 3, 5, 6]
