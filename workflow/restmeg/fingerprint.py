"""Short digests that say whether what a result was made from is still the same.

Of code, what it does counts and not how it is written; of files, the numbers and not the names.
"""

import ast
import functools
import hashlib
import json
import os
from pathlib import Path

from restmeg import InputError

PACKAGE = Path(__file__).parent
UNTRACKED = {"job", "fingerprint", "disk"}  # log, messages, locks: no result depends on them
LARGE = 2**28  # bytes: more would take a second to read at each start
PLANNED = "RESTMEG_PLANNED_CODE"  # environment variable: the code that a run was planned with


def code(script):
    """Digest of what a script and the modules of the package that it imports do.

    Imports are followed from module to module. Comments, docstrings, annotations, layout and the
    texts of errors and warnings do not count: no result depends on them.
    """
    paths = sorted(modules(script).values())
    return _short(*(_meaning(path.read_bytes()) for path in [Path(script), *paths]))


def modules(path):
    """Modules of the package that a file imports, directly or through others: {name: path}."""
    found = {"__init__": PACKAGE / "__init__.py"}
    waiting = [Path(path)]
    while waiting:
        for name in sorted(_imports(waiting.pop()) - found.keys() - UNTRACKED):
            found[name] = _source(name)
            waiting.append(found[name])
    return found


def _source(name):
    """Path of a module ("tables", "figures.style") or of what a folder is imported as."""
    path = PACKAGE.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@functools.cache
def _imports(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level and path.is_relative_to(PACKAGE):
                folder = path.parents[node.level - 1].relative_to(PACKAGE.parent)
                module = ".".join([*folder.parts, *filter(None, [module])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    found = set()
    for name in names:
        top, *parts = name.split(".")
        if top == "restmeg":  # each folder on the way to a module is imported too
            found |= {".".join(parts[: k + 1]) for k in range(len(parts))}
    return {name for name in found if _source(name).exists()}


class _Meaning(ast.NodeTransformer):
    """Leaves out of a syntax tree what no result depends on."""

    def _without_docstring(self, node):
        self.generic_visit(node)
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = node.body[1:] or [ast.Pass()]
        return node

    visit_Module = visit_ClassDef = _without_docstring  # noqa: N815

    def visit_FunctionDef(self, node):
        self._without_docstring(node).returns = None
        return node

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_Raise(self, node):
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        if ast.unparse(node.func) in ("warnings.warn", "print"):
            node.args, node.keywords = [], []
        return node


@functools.cache
def _meaning(source):
    return _short(ast.unparse(_Meaning().visit(ast.parse(source))))


def _name(path):
    """Name of a module as `_source` takes it; a folder's ``__init__`` has the folder's."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def plan():
    """Tell the jobs of a run, by the environment, to use this package and what its code is now."""
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PACKAGE.parent), others]))
    if PLANNED not in os.environ:  # a job on a cluster keeps what its run noted
        sources = {_name(path): path.read_bytes() for path in PACKAGE.rglob("*.py")}
        planned = {name: [_short(source), _meaning(source)] for name, source in sources.items()}
        os.environ[PLANNED] = json.dumps({"package": str(PACKAGE), **planned})


def check_plan(loaded):
    """Raise InputError if the package or a module is not what the run was planned with.

    loaded: names of the modules that a job uses. Its result would be taken for the planned code's.
    """
    planned = json.loads(os.environ.get(PLANNED, "{}"))
    package = planned.pop("package", str(PACKAGE))
    if package != str(PACKAGE):
        raise InputError(
            f"{PACKAGE}: is not the package that this run was planned with, {package}; expected "
            "that one, so take the other off the path"
        )
    for name in sorted(set(loaded) & planned.keys() - UNTRACKED):
        path = _source(name)
        raw, meaning = planned[name]
        source = path.read_bytes()
        if _short(source) != raw and _meaning(source) != meaning:
            raise InputError(
                f"{path}: has changed since this run was planned; expected the same code from "
                "start to end: give the command again"
            )


def content(*items):
    """Digest of arrays (their shapes and values), texts and whatever JSON can hold."""
    return _short(*map(_bytes, items))


def of_file(path):
    """Digest of a file's bytes; of one above LARGE, of its size and the time of its last edit."""
    status = Path(path).stat()
    if status.st_size > LARGE:
        return _short(f"{status.st_size} {status.st_mtime_ns}")
    return _short(Path(path).read_bytes())


def check_content(path, planned, *items):
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
