"""The examples of CONTRIBUTING, applied to a copy of the project and run."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture
def extended(finished):
    """A callable that applies the example under a heading to a finished study."""

    def apply(heading):
        section = (ROOT / "CONTRIBUTING.md").read_text().split(f"## How to add {heading}\n")[1]
        example = re.search(r"```diff\n(.*?)```", section, re.S)[1]
        applied = subprocess.run(
            ["git", "apply", "--unidiff-zero", "-"],
            input=example,
            cwd=finished.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert applied.returncode == 0, applied.stderr
        checks = [["ruff", "check"], ["ruff", "format", "--check"]]
        shutil.copy2(ROOT / "pyproject.toml", finished.path)
        for check in checks:
            done = subprocess.run(
                [sys.executable, "-m", *check, "workflow"],
                cwd=finished.path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout
        return finished

    return apply


def test_a_reader(extended):
    study = extended("a reader")
    assert study.todo() == {}
    with np.load(study.path / "resources/connectome/example.npz") as archive:
        arrays = {name: archive[name] for name in ("weights", "distances", "labels")}
    # In cm, which the reader cannot know: the judge asks for the key.
    given = {name: array.tolist() for name, array in arrays.items()}
    given["distances"] = (arrays["distances"] / 10).tolist()
    (study.path / "mine.json").write_text(json.dumps(given))
    study.edit("connectome", source="mine.json", distance_unit="cm")
    study.run("results/connectome.nc", "--force")
    with xr.open_dataset(study.result("connectome.nc")) as dataset:
        np.testing.assert_array_equal(dataset.weights, arrays["weights"])
        np.testing.assert_allclose(dataset.distances, arrays["distances"], rtol=1e-14)
    (study.path / "mine.json").write_text("{}")
    result = study.snakemake("--dry-run")
    assert "restmeg: mine.json: cannot be read as a connectome in JSON (KeyError" in result.stderr


def test_a_measure(extended):
    study = extended("a measure")
    assert study.todo() == {}  # until it is asked for
    study.edit("connectivity", measures=["pearson", "covariance"])
    study.run()
    (folder,) = study.path.glob("results/simulated/*/0-1")
    with (
        xr.open_dataset(folder / "activity.nc") as activity,
        xr.open_dataset(folder / "connectivity.nc") as connectivity,
    ):
        expected = np.cov(activity.rate_E.sel(replicate=1).values.T.astype(float))
        found = connectivity.fc.sel(measure="covariance", band="broadband", replicate=1)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    table = pd.read_csv(study.result("scores.csv"))
    assert set(table["measure"].dropna()) == {"pearson", "covariance", "power"}


def test_a_score(extended):
    study = extended("a score")
    todo = study.todo()
    assert "score_point" in todo
    assert not {"simulate", "connectivity"} & todo.keys()
    study.run()
    table = pd.read_csv(study.result("scores.csv")).set_index("score")
    (folder,) = study.path.glob("results/simulated/*/0-1")
    values = []
    for path in folder.parent.glob("*/connectivity.nc"):
        with xr.open_dataset(path) as dataset:
            above = np.triu_indices(dataset.sizes["region_to"], 1)
            values += [one.values[above].mean() for one in dataset.fc[0, 0]]
    assert table.loc["mean_connectivity", "value"] == pytest.approx(np.mean(values))
    assert table.loc["mean_connectivity", "n"] == 4
    assert (
        "how strongly simulated regions are connected" in study.result("summary.html").read_text()
    )


def test_a_key(extended):
    study = extended("a key of the configuration")
    study.edit("connectome", smallest_weight=0.5)
    study.run("results/connectome.nc")
    with xr.open_dataset(study.result("connectome.nc")) as dataset:
        weights = dataset.weights.values
    with np.load(study.path / "resources/connectome/example.npz") as archive:
        given = archive["weights"]
    kept = given >= 0.5 * given.max()
    assert 0 < kept.sum() < (given > 0).sum()
    np.testing.assert_array_equal(weights, np.where(kept, given, 0))
    study.edit("connectome", smallest_weight=2)
    assert "config: connectome.smallest_weight: found 2; expected at most 1" in (
        study.snakemake("--dry-run").stderr
    )
    # It is shown where the others are.
    assert "connectome.smallest_weight" in (study.path / "config/README.md").read_text()
    bundled = yaml.safe_load((study.path / "config/config.yaml").read_text())
    assert bundled["connectome"]["smallest_weight"] == 0
