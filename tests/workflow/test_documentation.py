"""Recipes of the documentation, run as they stand there."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import connectome, leadfield, open_results, recording

ROOT = Path(__file__).parents[2]
LABELS = ["left", "right", "front", "back"]


def recipes(name):
    """Code blocks of Python: indented, and with an import or a call of numpy at their start."""
    text = (ROOT / name).read_text()
    blocks = re.findall(r"\n\n((?: {4,}.*\n)+)", text)
    blocks = [textwrap.dedent(block) for block in blocks]
    return [block for block in blocks if re.match(r"(import |np\.)", block)]


@pytest.fixture
def given():
    """What recipes take as given."""
    rng = np.random.default_rng(0)
    return {
        "np": np,
        "weights": rng.random((4, 4)),
        "distances": 50 + rng.random((4, 4)),
        "labels": LABELS,
        "series": rng.normal(size=(3, 500, 4)),
        "gain": 1e-13 * rng.normal(size=(4, 9)),
        "activity": rng.normal(size=(100, 4)),
    }


def run(recipe, given):
    exec(compile(recipe, "recipe", "exec"), given)
    return given


def test_there_are_as_many_recipes_as_tests():
    assert len(recipes("README.md")) == 2
    assert len(recipes("config/README.md")) == 3


def test_readme_s_recipes(finished, given, monkeypatch):
    monkeypatch.chdir(finished.path)
    load, use = recipes("README.md")
    found = run(load, given)
    assert found["target"].replicate.values.tolist() == [0, 1]
    fc = found["fc"]
    assert fc.dims == ("measure", "replicate", "region_to", "region_from")
    assert fc.replicate.values.tolist() == [0, 1, 2, 3]
    assert fc.equals(open_results().load("connectivity").fc)
    found = run(use, given)["fc"]
    np.testing.assert_allclose(found, np.corrcoef(given["activity"].T), atol=1e-12)


def test_files_that_config_readme_s_recipes_write_are_read(tmp_path, given, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for recipe in recipes("config/README.md"):
        run(recipe, given)
    anatomy = connectome.read("my_connectome.npz")
    np.testing.assert_array_equal(anatomy.distances + np.diag(np.diag(given["distances"])),
                                  given["distances"])  # fmt: skip
    with recording.opened("my_recording.nc", LABELS) as found:
        assert found.sampling_rate == 250
        np.testing.assert_array_equal(np.concatenate(list(found.pieces(1))), given["series"][1])
    with xr.open_dataset("my_recording.nc") as dataset:
        assert dataset.sizes["replicate"] == 3
    np.testing.assert_array_equal(leadfield.read("my_leadfield.npz", LABELS).gain, given["gain"])


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config/studies").glob("*.yaml")), ids=lambda p: p.stem
)
def test_a_ready_study_can_be_planned(study, path):
    study.config = {}
    result = study.snakemake("--dry-run", "--configfile", str(path))
    assert result.returncode == 0, result.stderr
    assert "simulate" in result.stdout + result.stderr


def test_every_table_that_readme_names_is_there(finished):
    names = re.findall(r"^\| `results/([\w.]+\.csv)`", (ROOT / "README.md").read_text(), re.M)
    assert sorted(names) == sorted(path.name for path in finished.path.glob("results/*.csv"))
    for name in names:
        pd.read_csv(finished.result(name))
