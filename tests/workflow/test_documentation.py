"""Recipes of the documentation, run as they stand there."""

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from restmeg import bundled, connectome, leadfield, open_results, recording, sensors
from restmeg.settings import load_schema

ROOT = Path(__file__).parents[2]
LABELS = ["left", "right", "front", "back"]
EXAMPLE = [f"R{k}" for k in range(8)]  # of the bundled connectome


def recipes(name):
    """Code blocks of Python: indented, and with what only they have at their start."""
    text = (ROOT / name).read_text()
    blocks = re.findall(r"\n\n((?: {4,}.*\n)+)", text)
    blocks = [textwrap.dedent(block) for block in blocks]
    return [block for block in blocks if re.match(r"(import |np\.|hemispheres = )", block)]


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
        **forward(rng),
    }


def forward(rng):
    """A forward solution of MNE on two surfaces, and labels of their vertices, as of a subject."""
    import mne

    spaces = []
    for _ in range(2):
        normals = rng.normal(size=(12, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        places = {"rr": 0.06 * normals + [0, 0, 0.04], "nn": rng.permutation(normals)}
        spaces += mne.setup_volume_source_space(pos=places, verbose="ERROR")
    solution = mne.make_forward_solution(
        sensors.to_info(*sensors.find("neuromag306"), 1000.0),
        mne.Transform("mri", "head"),
        mne.SourceSpaces(spaces),
        mne.make_sphere_model(head_radius=None, verbose="ERROR"),
        verbose="ERROR",
    )
    labels = [
        mne.Label(np.arange(5) + 6 * k, hemi=hemi, name=name, subject="x", verbose="ERROR")
        for hemi, names in (("lh", LABELS[:2]), ("rh", LABELS[2:]))
        for k, name in enumerate(names)
    ]
    return {"mne": mne, "forward": solution, "parcels": labels}


def run(recipe, given):
    exec(compile(recipe, "recipe", "exec"), given)
    return given


def test_there_are_as_many_recipes_as_tests():
    assert len(recipes("README.md")) == 2
    assert len(recipes("config/README.md")) == 4


def test_readme_s_recipe_for_results(finished, given, monkeypatch):
    monkeypatch.chdir(finished.path)
    found = run(recipes("README.md")[0], given)
    assert found["target"].replicate.values.tolist() == [0, 1]
    fc = found["fc"]
    assert fc.dims == ("measure", "band", "replicate", "region_to", "region_from")
    assert fc.replicate.values.tolist() == [0, 1, 2, 3]
    assert fc.equals(open_results().load("connectivity").fc)


def test_readme_s_recipe_for_a_notebook_gives_the_bundled_scores(tmp_path, given, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scores = run(recipes("README.md")[1], given)["scores"]
    match = scores.sel(measure="pearson", band="broadband", score="fc_match")
    assert f"{float(match.value):.9g}" == "0.140977604"
    assert match.n == 400


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
    said = {"parcellation": "my_parcellation.txt", "combine": "mean", "sign_flip": False}
    columns = given["mne"].convert_forward_solution(
        given["forward"], surf_ori=True, force_fixed=True, verbose="ERROR"
    )["sol"]["data"]
    found = leadfield.read("my-fwd.fif", LABELS, given=said)
    for k, first in enumerate((0, 6, 12, 18)):
        expected = 1e-9 * columns[:, first : first + 5].mean(axis=1)
        np.testing.assert_allclose(found.gain[k], expected, rtol=1e-5, atol=1e-19)


def blocks(name):
    """Indented blocks of a document, and what stands between single backquotes."""
    text = (ROOT / name).read_text()
    return re.findall(r"\n\n((?: {4,}.*\n)+)", text), re.findall(r"`([^`\n]+)`", text)


def commands(name):
    """What a reader would type into a shell."""
    indented, spans = blocks(name)
    lines = [line.strip() for block in indented for line in block.splitlines()] + spans
    lines = [line.split("  #")[0].split(" #")[0].strip() for line in lines]
    first = r"(make|snakemake|pip|conda|source|apt-get) \S"
    return sorted({line for line in lines if re.match(first, line)})


PLANNING = (
    "snakemake --cores 2 --configfile config/studies/planning.yaml -- results/figures/planning.png"
)
NOT_RUN = {  # and why
    "conda env create -f environment.yml": "test_project compares it with pyproject.toml",
    "conda activate restmeg": "has no effect here",
    "source .venv/bin/activate": "has no effect here",
    "pip install .": "test_install does",
    'pip install "snakemake-executor-plugin-slurm>=2.8,<3"': "test_project compares it",
    "snakemake --cores 2 --configfile config/studies/hcp94.yaml": "tests/formats does",
    "snakemake --cores 2 --configfile config/studies/alpha.yaml": "tests/formats does",
    PLANNING: "tests/formats does",
    "snakemake --profile profiles/slurm": "tests/slurm does; its options are read below",
    "pip install snakemake-executor-plugin-cluster-generic": "of another plugin",
    "snakemake --executor cluster-generic --cluster-generic-submit-cmd ./submit.sh --jobs 3": (
        "of another plugin"
    ),
    "snakemake --snakefile gh:OWNER/restmeg@v0.1.0": "test_elsewhere does",
}


@pytest.mark.parametrize("name", ["README.md", "config/README.md", "profiles/README.md"])
def test_every_command_can_be_given(study, name):
    """Those for Snakemake as dry runs, those for make as far as they would say what they do."""
    study.snakemake("--list-rules")  # writes the settings
    (study.path / "my_study.yaml").write_text((study.path / "small.yaml").read_text())
    other = study.path.parent / "other_study/config"
    shutil.copytree(study.path / "config", other, dirs_exist_ok=True)
    activity = "results/simulated/p44136fa355b3/0-1/activity.nc"
    found = commands(name)
    assert found
    for command in found:
        if command in NOT_RUN:
            continue
        command = command.replace(" ...", "").replace("results/.../activity.nc", activity)
        command = command.replace("results/.../", activity.removesuffix("activity.nc"))
        if command.startswith("make"):
            words = [*shlex.split(command), "-n"]
        elif "--report" in command:
            words = [sys.executable, "-m", *command.split(), "--help"]  # needs a finished study
        else:
            words = [sys.executable, "-m", *command.split(), "--dry-run"]
        cwd = ROOT if command.startswith("make") else study.path
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def test_options_of_the_profiles_are_those_of_snakemake():
    told = subprocess.run(
        [sys.executable, "-m", "snakemake", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for path in (ROOT / "profiles").glob("*/config.yaml"):
        for option in yaml.safe_load(path.read_text()):
            if not option.startswith("slurm-"):  # the plugin's, which tests/slurm has
                assert f"--{option}" in told, option


def settings_of(name):
    """Blocks of YAML: indented, and beginning with a section of the configuration."""
    sections = "|".join(load_schema(bundled.schema())["properties"])
    found = [textwrap.dedent(block) for block in blocks(name)[0]]
    return [block for block in found if re.match(rf"({sections}):", block)]


def write_parcels(labels, subjects):
    """Recordings of the bundled connectome's regions as osl-ephys writes them, and one more."""
    names = [*(f"R{k}" for k in range(8)), "Thalamus"]
    Path(labels).write_text("\n".join(names))
    info = mne.create_info([f"parcel_{k}" for k in range(9)], 250, "misc")
    for seed, subject in enumerate(subjects):
        series = np.random.default_rng(seed).normal(size=(9, 5500))
        folder = Path(subject, "parc")
        folder.mkdir(parents=True)
        raw = mne.io.RawArray(series, info, verbose="ERROR")
        raw.save(folder / "lcmv-parc-raw.fif", verbose="ERROR")


def write_sensors(recorded, empty):
    """A recording of 306 sensors, and the noise that they have without a head."""
    info = sensors.to_info(*sensors.find("neuromag306"), 250.0)
    sizes = [{"mag": 1e-13, "grad": 5e-12}[kind] for kind in info.get_channel_types()]
    noise = np.random.default_rng(4).normal(size=(5500, 306)) * sizes
    raw = mne.io.RawArray(noise.T, info, verbose="ERROR")
    raw.save(recorded, verbose="ERROR")
    mne.compute_raw_covariance(raw, verbose="ERROR").save(empty, verbose="ERROR")


def write_files(given):
    """Files with the names that configurations of the documentation have."""
    for recipe in recipes("config/README.md"):
        run(recipe, given)
    weights = np.random.default_rng(3).uniform(1, 1e4, (8, 8))
    np.savetxt("weights.csv", np.triu(weights))
    np.savetxt("lengths.csv", np.triu(50 + weights / 1e3))
    Path("regions.txt").write_text("\n".join(EXAMPLE))
    centres = [f"{name} {k % 3 * 30} {k // 3 * 40} {k}" for k, name in enumerate(EXAMPLE)]
    Path("my_centres.txt").write_text("\n".join(centres))
    Path("my_parcellation.txt").write_text("\n".join(EXAMPLE[k % 8] for k in range(24)))
    names = np.array(leadfield.numbered(16), dtype=str)
    np.savez("my_inverse.npz", inverse=np.eye(8, 16), regions=EXAMPLE, sensors=names)
    write_parcels("parcels.txt", ["sub-01", "sub-02"])
    write_sensors("sub-01_raw.fif", "emptyroom-cov.fif")


@pytest.mark.parametrize(("name", "n"), [("README.md", 6), ("config/README.md", 11)])
def test_every_piece_of_a_configuration_can_be_planned(study, name, n, given, monkeypatch):
    monkeypatch.chdir(study.path)
    write_files(given)
    found = settings_of(name)
    assert len(found) == n
    for text in found:
        study.config = yaml.safe_load(text)
        result = study.snakemake("--dry-run")
        assert result.returncode == 0, (text, result.stderr)
        assert "simulate" in result.stdout + result.stderr


# Those of real anatomy are run by tests/formats.
READY = [
    p for p in sorted((ROOT / "config/studies").glob("*.yaml")) if "make data" not in p.read_text()
]


@pytest.mark.parametrize("path", READY, ids=lambda p: p.stem)
def test_a_ready_study_can_be_planned(study, path, given, monkeypatch):
    monkeypatch.chdir(study.path)
    write_files(given)
    study.config = {}
    result = study.snakemake("--dry-run", "--configfile", str(path))
    assert result.returncode == 0, result.stderr
    assert "simulate" in result.stdout + result.stderr


def test_files_of_other_tools_lead_to_scores(study, given, monkeypatch):
    """README's example of own data, in a shorter form: MRtrix, MNE and osl-ephys, to the end."""
    monkeypatch.chdir(study.path)
    write_files(given)
    study.config = yaml.safe_load((ROOT / "config/studies/own_data.yaml").read_text())
    assert study.config == yaml.safe_load(settings_of("README.md")[0])
    study.config["simulation"] = {"duration": "2.3 s", "sampling_interval": "1 ms", "replicates": 4}
    study.run()
    scores = pd.read_csv(study.result("scores.csv")).set_index("score")
    assert scores.loc["fc_match", "n"] == 4 * 2 * 11  # of two sessions of 22 s
    assert np.isfinite(
        scores.loc[["fc_match", "fc_match_ceiling", "log_likelihood"], "value"]
    ).all()
    with xr.open_dataset(study.result("recording.nc")) as dataset:
        assert dataset.rate_E.shape == (22, 500, 8)
        assert dataset.region.values.tolist() == EXAMPLE
    with xr.open_dataset(study.result("connectome.nc")) as dataset:
        weights = np.triu(np.loadtxt("weights.csv"), 1)
        weights = weights + weights.T
        expected = weights / weights.sum(axis=1).mean()
        np.testing.assert_allclose(dataset.weights, expected, rtol=1e-12)
    assert study.todo() == {}


def test_every_table_that_readme_names_is_there(finished):
    text = (ROOT / "README.md").read_text()
    names = re.findall(r"^\| `results/([\w.]+\.csv)` \| (?!of a sweep)", text, re.M)
    assert sorted(names) == sorted(path.name for path in finished.path.glob("results/*.csv"))
    for name in names:
        pd.read_csv(finished.result(name))
