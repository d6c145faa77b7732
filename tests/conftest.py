import os
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("unit", "workflow")]  # their helpers
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def schema():
    from restmeg import settings

    return settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")


@pytest.fixture(scope="session")
def model(schema):
    """The bundled model in plain numbers."""
    from restmeg import settings

    return settings.load({}, schema)["model"]


@pytest.fixture(scope="session")
def example():
    """Weights and distances (mm) of the bundled connectome."""
    with np.load(ROOT / "resources/connectome/example.npz") as archive:
        return archive["weights"], archive["distances"]


@pytest.fixture(scope="session")
def data():
    return ROOT / "tests/data"
