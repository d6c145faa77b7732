"""What must agree across files of the project."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "workflow/restmeg"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = PYPROJECT["dependencies"] + PYPROJECT["optional-dependencies"]["workflow"]
CONDA_NAMES = {
    "mne-base": "mne",
    "matplotlib-base": "matplotlib",
    "seaborn-base": "seaborn",
    "snakemake-minimal": "snakemake",
}


def locked(name):
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.M))


def requirement(text):
    name, bound = re.fullmatch(r"([\w.-]+)>=([\w.]+(?:,<[\w.]+)?)", text).groups()
    return name, bound


def number(version):
    return [int(part) for part in re.findall(r"\d+", version)][:3]


def test_environment_and_requirements_agree():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    python, *packages = map(requirement, environment)
    assert python == ("python", PYPROJECT["requires-python"].removeprefix(">="))
    conda = {CONDA_NAMES.get(name, name): bound for name, bound in packages}
    assert conda == dict(map(requirement, NEEDED))


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-cluster.txt"]
)
def test_locks_hold_what_is_required(name):
    text = (ROOT / name).read_text()
    versions = locked(name)
    extra = PYPROJECT["optional-dependencies"].get(re.sub(r"requirements-?|\.txt", "", name), [])
    for package, bound in map(requirement, [*NEEDED, *extra]):
        lowest, _, above = bound.partition(",<")
        assert number(versions[package]) >= number(lowest), package
        assert not above or number(versions[package]) < number(above), package
    assert text.count("--hash=sha256:") >= len(versions)
    assert "://" not in text
    assert "index-url" not in text


def test_locks_agree():
    runtime = locked("requirements.txt")
    for other in map(locked, ("requirements-dev.txt", "requirements-cluster.txt")):
        assert {name: other[name] for name in runtime} == runtime


@pytest.mark.parametrize("name", ["README.md", "profiles/README.md"])
def test_the_plugin_for_clusters_is_that_of_the_lock(name):
    (bound,) = PYPROJECT["optional-dependencies"]["cluster"]
    assert f'pip install "{bound}"' in (ROOT / name).read_text()


def test_profiles_agree():
    """The one for Slurm has what every run has: what makes a result run again is the same."""
    usual, slurm = (
        yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())
        for name in ("default", "slurm")
    )
    assert {key: slurm.get(key) for key in usual} == usual


def test_version_is_in_one_piece():
    assert f'__version__ = "{PYPROJECT["version"]}"' in (PACKAGE / "version.py").read_text()


def rules():
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for text in re.split(r"^(?=rule )", path.read_text(), flags=re.M)[1:]:
            yield pytest.param(text, id=text.split(":")[0])


@pytest.mark.parametrize("rule", list(rules()))
def test_a_rule_follows_the_code_of_its_script(rule):
    script = re.search(r'script:\s+"\.\./scripts/(\w+\.py)"', rule)[1]
    assert re.search(rf'code=(lambda wildcards: )?code\(\s*"{script}"', rule)


@pytest.mark.parametrize("rule", list(rules()))
def test_a_rule_has_log_benchmark_and_memory(rule):
    for part in ("log:", "benchmark:", "**asked(", "conda:"):
        assert part in rule


def test_science_does_not_know_snakemake():
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = {
            name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None) or "", *(a.name for a in node.names)]
        }
        assert "snakemake" not in names, path


def test_snakefile_is_a_table_of_contents():
    text = (ROOT / "Snakefile").read_text()
    assert len(text.splitlines()) < 45
    for path in [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]:
        assert "def " not in path.read_text(), path


def test_example_connectome_is_made_by_its_recipe(tmp_path):
    import hashlib

    import numpy as np

    recipe = ROOT / "resources/connectome/make_example.py"
    here = tmp_path / recipe.name
    here.write_text(recipe.read_text())
    exec(compile(recipe.read_text(), str(here), "exec"), {"__file__": str(here)})
    stored = recipe.with_name("example.npz")
    with np.load(stored) as expected, np.load(tmp_path / "example.npz") as made:
        for name in ("weights", "distances"):
            np.testing.assert_allclose(made[name], expected[name], rtol=1e-14)
        assert made["labels"].tolist() == expected["labels"].tolist()
    digest = hashlib.sha256(stored.read_bytes()).hexdigest()
    assert digest in (ROOT / "resources/README.md").read_text()


def public_functions(path):
    """Functions that others may call, and methods of what they may use."""
    waiting = list(ast.parse(path.read_text()).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            waiting += node.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


# What Numba compiles takes numbers, Vectors and pointers, for which Python has no types.
COMPILED = {"vectors.py", "elementary.py", "noise.py"}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_public_signatures_are_annotated(path):
    """And mypy, in `make check`, holds them to it."""
    if path.parent.name == "core" and path.name in COMPILED:
        return
    for function in public_functions(path):
        given = function.args
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        bare = [a.arg for a in named if a and not a.annotation and a.arg not in ("self", "cls")]
        assert not bare, f"{function.name}: {bare}"
        assert function.returns is not None, function.name


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for pattern in ("workflow/**/*.py", "workflow/**/*.smk", "tests/**/*.py")
        for path in ROOT.glob(pattern)
    ),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_file_is_where_everything_is(path):
    assert len(path.read_text().splitlines()) <= 400
