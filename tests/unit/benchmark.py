"""Scripts of tests/benchmarks as modules."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def load(name):
    """The script of this name."""
    path = ROOT / "tests/benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
