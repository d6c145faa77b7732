"""Short digests that say whether what a result was made from is still the same.

Of code, what it does counts and not how it is written; of files, the numbers and not the names.
"""

import ast
import contextlib
import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from restmeg import disk
from restmeg.errors import InputError

PACKAGE = Path(__file__).parent
# No result depends on them: log, messages, locks, and tables of what there is to choose from. What
# is chosen is followed by its row and its module's name, or by the numbers that it reads.
UNTRACKED = {"job", "fingerprint", "disk", "formats", "measures", "nulls"}
LARGE = 2**28  # bytes: more would take a second to read at each start
PLANNED = "RESTMEG_PLANNED_CODE"  # environment variable: the code that a run was planned with
# What was read of modules, by their bytes: to read them all takes longer than all else of a start.
KEPT = PACKAGE / "__pycache__" / "fingerprint.json"


def code(script: str | Path, *chosen: str) -> str:
    """Digest of what a script and the modules of the package that it imports do.

    Imports are followed from module to module. Comments, docstrings, annotations, layout and the
    texts of errors and warnings do not count: no result depends on them.

    chosen: dotted names of modules that it uses beside those that it imports.
    """
    paths = sorted(modules(script, *chosen).values())
    return _short(*(_meaning(path.read_bytes()) for path in [Path(script), *paths]))


def modules(script: str | Path, *chosen: str) -> dict[str, Path]:
    """Modules of the package that a file imports, directly or through others: {name: path}.

    Names are those within the package, such as "core.network"; "" is the package itself. chosen: as
    in `code`.
    """
    found = {name: _path(name) for name in ("", *chosen)}
    waiting = [Path(script), *found.values()]
    while waiting:
        for name in sorted(_imports(waiting.pop()) - found.keys() - UNTRACKED):
            found[name] = _path(name)
            waiting.append(found[name])
    return found


def _path(name):
    """The file of a module by its name within the package; None if there is none."""
    path = PACKAGE.joinpath(*name.split(".")) if name else PACKAGE
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.exists():
            return file
    return None


@functools.cache
def _imports(path):
    """Names within the package of the modules that a file names in its imports."""
    return {name for name in _read(path.read_bytes())[1] if _path(name)}


def _imported(tree):
    """The same of a syntax tree, whether there are such modules or not."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    found = set()
    for name in names:
        package, *inside = name.split(".")
        if package == "restmeg":
            # A module brings the packages that it is in.
            found |= {".".join(inside[:depth]) for depth in range(1, len(inside) + 1)}
    return sorted(found)


class _Meaning(ast.NodeTransformer):
    """Leaves out of a syntax tree what no result depends on."""

    inside = 0  # of how many functions

    def _without_docstring(self, node):
        self.generic_visit(node)
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = node.body[1:] or [ast.Pass()]
        return node

    visit_Module = visit_ClassDef = _without_docstring  # noqa: N815

    def visit_FunctionDef(self, node):
        self.inside += 1
        self._without_docstring(node).returns = None
        self.inside -= 1
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if not self.inside:  # of a class it may be the definition
            return node
        return ast.Assign([node.target], node.value, lineno=0) if node.value else ast.Pass()

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_Raise(self, node):
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        function = node.func
        is_print = isinstance(function, ast.Name) and function.id == "print"
        if is_print or (isinstance(function, ast.Attribute) and _is_warn(function)):
            node.args, node.keywords = [], []
        return node


def _is_warn(attribute):
    """Whether it is warnings.warn."""
    return (
        attribute.attr == "warn"
        and isinstance(attribute.value, ast.Name)
        and attribute.value.id == "warnings"
    )


@functools.cache
def _read(source):
    """What a module does, as a digest, and the names of modules that it imports."""
    kept = _kept().get(_short(source))
    if kept is not None:
        return kept
    tree = ast.parse(source)
    imported = _imported(tree)
    return [_short(ast.unparse(_Meaning().visit(tree))), imported]


def _reader():
    """Who says what a module does: another version of this file or of Python may say otherwise."""
    return _short(Path(__file__).read_bytes(), sys.version)


@functools.cache
def _kept():
    """What `_read` found earlier, by digests of sources; nothing where that cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        found = json.loads(KEPT.read_text())
        if found.pop("reader") == _reader():
            return found
    return {}


def _keep(sources):
    """Keep what was read of some sources for the next start, if anything can be written there."""
    found = {_short(source): _read(source) for source in sources}
    if found.keys() <= _kept().keys():
        return
    with contextlib.suppress(OSError, InputError), disk.whole(KEPT) as partial:
        partial.write_text(json.dumps({"reader": _reader(), **found}))


def _meaning(source):
    return _read(source)[0]


def _name(path):
    """A module's name within the package, by its file."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def plan() -> None:
    """Tell the jobs of a run, by the environment, to use this package and what its code is now."""
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PACKAGE.parent), others]))
    if PLANNED not in os.environ:  # a job on a cluster keeps what its run noted
        sources = {_name(path): path.read_bytes() for path in PACKAGE.rglob("*.py")}
        scripts = PACKAGE.parent.glob("scripts/*.py")
        _keep([*sources.values(), *(path.read_bytes() for path in scripts)])
        planned = {name: [_short(source), _meaning(source)] for name, source in sources.items()}
        os.environ[PLANNED] = json.dumps({"package": str(PACKAGE), **planned})


def check_plan(loaded: Iterable[str]) -> None:
    """Raise InputError if the package or a module is not what the run was planned with.

    loaded: names within the package of the modules that a job uses. Its result would be taken for
    the planned code's.
    """
    planned = json.loads(os.environ.get(PLANNED, "{}"))
    package = planned.pop("package", str(PACKAGE))
    if package != str(PACKAGE):
        raise InputError(
            f"{PACKAGE}: is not the package that this run was planned with, {package}; expected "
            "that one, so take the other off the path"
        )
    for name in sorted(set(loaded) & planned.keys() - UNTRACKED):
        path = _path(name)
        raw, meaning = planned[name]
        source = path.read_bytes()
        if _short(source) != raw and _meaning(source) != meaning:
            raise InputError(
                f"{path}: has changed since this run was planned; expected the same code from "
                "start to end: give the command again"
            )


def content(*items: Any) -> str:
    """Digest of arrays (their shapes and values), texts and whatever JSON can hold."""
    return _short(*map(_bytes, items))


def of_file(path: str | Path) -> str:
    """Digest of a file's bytes; of one above LARGE, of its size and the time of its last edit."""
    status = Path(path).stat()
    if status.st_size > LARGE:
        return _short(f"{status.st_size} {status.st_mtime_ns}")
    return _short(Path(path).read_bytes())


def check_content(path: str | Path, planned: str, *items: Any) -> None:
    """Raise InputError if what a file holds is no longer what a run was planned with.

    planned: from `content`.
    """
    if content(*items) != planned:
        raise InputError(
            f"{path}: has changed since this run was planned; expected the same content from start "
            "to end: give the command again"
        )


def _bytes(item):
    if hasattr(item, "dtype") and item.dtype.kind in "fiub":
        return repr((item.shape, item.dtype.str)).encode() + item.tobytes()  # in C order
    if hasattr(item, "dtype"):
        item = [str(element) for element in item]
    return json.dumps(item, sort_keys=True).encode()


def _short(*parts):
    digest = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:16]
