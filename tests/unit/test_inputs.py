import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml
from restmeg import InputError, InputWarning, connectome, inputs, settings, study

ROOT = Path(__file__).parents[2]
SCHEMA = settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
EXAMPLE = ROOT / "resources/connectome/example.npz"
LABELS = [f"area {k}" for k in range(6)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a user's files, from which Snakemake is started."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    weights = rng.random((6, 6))
    distances = 50 + 100 * rng.random((6, 6))
    np.savez("connectome.npz", weights=weights / 3, distances=distances, labels=LABELS)
    np.savez("leadfield.npz", gain=1e-13 * rng.normal(size=(6, 9)), labels=LABELS[::-1])
    series = xr.Dataset(
        {"rate_E": (("replicate", "time", "region"), rng.normal(size=(2, 37_000, 6)))},
        {"region": LABELS, "time": ("time", 0.1 * np.arange(37_000), {"units": "ms"})},
    )
    series.to_netcdf("recording.nc")
    return tmp_path


OWN = {
    "connectome": {"source": "connectome.npz"},
    "leadfield": {"source": "leadfield.npz", "unit": "T/(nA m)"},
    "target": {"source": "recording.nc"},
}


def checked(config):
    """Inputs, and what is said of them."""
    if isinstance(config, str):
        config = yaml.safe_load(config)
    loaded = settings.load(config, SCHEMA)
    inputs.check_sources(loaded, SCHEMA, "results", EXAMPLE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        anatomy = connectome.from_settings(loaded["connectome"])
        found = inputs.check(loaded, study.plan(loaded, SCHEMA, anatomy.weights), anatomy)
    assert all(warning.category is InputWarning for warning in caught)
    return found, [str(warning.message) for warning in caught]


def change(name, **arrays):
    with np.load(name) as archive:
        arrays = {**archive, **arrays}
    np.savez(name, **arrays)


def test_the_bundled_study_and_good_files_raise_no_question():
    assert checked({})[1] == []
    assert checked(OWN)[1] == []


@pytest.mark.parametrize(
    ("prepare", "config"),
    [
        (
            lambda: Path("connectome.npz").rename("other.npz"),
            {"connectome": {"source": "other.npz"}},
        ),
        (lambda: os.utime("connectome.npz"), OWN),
        (
            lambda: change("connectome.npz", weights=2 * np.load("connectome.npz")["weights"]),
            {**OWN, "simulation": {"seed": 2}},
        ),
    ],
)
def test_digests_change_with_numbers_and_not_with_names(prepare, config):
    before, _ = checked(OWN)
    weights = np.load("connectome.npz")["weights"]
    prepare()
    after, _ = checked({**OWN, **config})
    source = config["connectome"]["source"]
    same = np.array_equal(weights, np.load(source)["weights"])
    assert (after.anatomy == before.anatomy) == same
    assert after.labels == before.labels == LABELS
    assert after.gain == before.gain


@pytest.mark.parametrize(
    ("lengths", "method", "words"),
    [
        (0.0, "no_delays", "no length"),
        (0.0, "shuffled_delays", "no length"),
        (30.0, "shuffled_delays", "one length"),
        (30.0, "no_delays", None),
        (0.0, "degree_length", None),
    ],
)
def test_null_networks_that_would_be_the_connectome_itself_are_refused(lengths, method, words):
    with np.load("connectome.npz") as archive:
        distances = np.full_like(archive["distances"], lengths)
    np.fill_diagonal(distances, 0.0)
    change("connectome.npz", distances=distances)
    given = {**OWN, "nulls": {"mine": {"method": method}}}
    if words is None:
        checked(given)
        return
    with pytest.raises(InputError) as caught:
        checked(given)
    assert str(caught.value) == (
        f"config: nulls.mine.method: {method} leaves the connectome as it is, as all connections "
        f"have {words}; expected another method"
    )


def test_the_orientation_of_a_file_that_says_its_own_changes_nothing():
    with np.load("connectome.npz") as archive:
        dims = ("target", "source")
        xr.Dataset(
            {
                "weights": (dims, archive["weights"]),
                "distances": (dims, archive["distances"], {"units": "mm"}),
                "labels": ("region", archive["labels"]),
            }
        ).to_netcdf("connectome.nc")
    own, _ = checked({"connectome": {"source": "connectome.npz"}})
    for orientation in ("target_source", "source_target"):
        given = {"connectome": {"source": "connectome.nc", "orientation": orientation}}
        assert checked(given)[0] == own
    given["connectome"]["source"] = "connectome.npz"
    assert checked(given)[0].anatomy != own.anatomy


def test_digests_of_the_lead_field():
    base = checked({})[0].gain
    for key, value in (("seed", 2), ("sensors", 17), ("gain_sum", "1 T/(nA m)")):
        assert checked({"leadfield": {key: value}})[0].gain != base
    assert checked({"leadfield": {"scale": "1 nA m/mV"}})[0].gain == base
    own = checked(OWN)[0].gain
    other_unit = {**OWN, "leadfield": {"source": "leadfield.npz", "unit": "T/(A m)"}}
    assert checked(other_unit)[0].gain != own


def coupled(factor, **model):
    change("connectome.npz", weights=factor * np.load("connectome.npz")["weights"])
    return {"connectome": {"source": "connectome.npz"}, "model": model}


def test_weights_that_saturate_every_point_are_refused_by_their_cause():
    with pytest.raises(InputError) as caught:
        checked(coupled(2e5))
    message = str(caught.value)
    assert message.startswith("connectome.npz: weights: their mean row sum, 1.73e+05, times model")
    assert "expected at most 1000, as all regions would be saturated; another model.coup" in message
    assert "connectome.normalise, such as mean_row_sum" in message


@pytest.mark.parametrize("normalise", ["max", "mean_row_sum", "spectral_radius"])
def test_normalising_mends_them(normalise):
    config = coupled(2e5)
    config["connectome"]["normalise"] = normalise
    assert checked(config)[1] == []


def test_a_sweep_is_refused_only_if_it_saturates_throughout():
    config = coupled(1000.0, coupling="additive")
    config["sweep"] = {"model.coupling_strength": [0.0, 0.001, 1.5]}
    config["target"] = {"model": {"coupling_strength": 0.5}}
    (said,) = checked(config)[1]
    assert "times model.coupling_strength is 1.3e+03: regions may be saturated" in said
    config["sweep"] = {"model.coupling_strength": [100.0, 1000.0]}
    config["target"] = {"model": {"coupling_strength": 100.0}}
    with pytest.raises(InputError, match="as all regions would be saturated"):
        checked(config)


def test_a_diffusive_coupling_too_strong_for_the_step_is_said():
    (said,) = checked(coupled(400.0))[1]
    assert said.startswith(
        "config: simulation.dt, 0.1 ms, is too long for this coupling: rates can"
    )
    config = coupled(1.0)
    config["simulation"] = {"dt": "0.01 ms"}
    assert checked(config)[1] == []


def test_weights_that_hardly_couple_are_said_unless_that_is_wanted():
    """As 68 regions of TVB do as they are delivered: mean row sum 0.115."""
    factor = 0.115 / np.load("connectome.npz")["weights"].sum(axis=1).mean()
    (said,) = checked(coupled(factor))[1]
    assert (
        "times model.coupling_strength is 0.143: regions are practically uncoupled; another model"
        in said
    )
    assert checked(coupled(1.0, coupling_strength=0.0))[1] == []


@pytest.mark.parametrize("config", [{}, {"model": {"coupling_strength": 1e308}}])
def test_numbers_at_the_edge_of_doubles_are_refused_by_their_cause(config):
    if not config:
        config = coupled(1e307)
    with pytest.raises(InputError, match=r"weights: their mean row sum, .* expected at most 1000"):
        checked(config)


def test_a_step_longer_than_half_a_time_constant_is_said_once():
    config = {
        "simulation": {"dt": "10 ms", "sampling_interval": "10 ms"},
        "sweep": {"model.coupling_strength": [1.0, 1.5, 2.0]},
    }
    said = checked(config)[1]
    assert len(said) == 4  # two time constants, the coupling, and delays
    assert said[0].startswith(
        "config: simulation.dt, 10 ms, is more than 0.5 of model.parameters.ta"
    )


def test_a_lead_field_without_a_unit_is_said_and_one_of_another_scale_questioned():
    bare = {**OWN, "leadfield": {"source": "leadfield.npz"}}
    assert checked(bare)[1] == [
        "leadfield.npz: says no unit, so T/(nA m) is assumed; leadfield.unit says it"
    ]
    change("leadfield.npz", gain=1e9 * np.load("leadfield.npz")["gain"])
    (said,) = checked(bare)[1]
    assert (
        "T/(nA m), where a head's is 1e-16 to 1e-11; if it is in another unit, such as T/(A" in said
    )
    assert checked({**OWN, "leadfield": {**bare["leadfield"], "unit": "T/(A m)"}})[1] == []


def test_regions_that_the_sensors_do_not_see_are_said():
    gain = np.load("leadfield.npz")["gain"]
    gain[[0, 4]] = 0  # the file's order is the reverse
    gain[:, 3] = 0
    change("leadfield.npz", gain=gain)
    assert checked(OWN)[1] == [
        "leadfield.npz: no gain from 2 of 6 regions, 'area 1', 'area 5'; the sensors do not see "
        "them",
        "leadfield.npz: no gain at 1 of 9 sensors, 'S3'",
    ]


def test_a_recording_shorter_than_what_is_simulated_is_said():
    with xr.open_dataset("recording.nc", decode_timedelta=False) as dataset:
        other = dataset.load().isel(time=slice(None, 5000))
    other.to_netcdf("recording.nc")
    (said,) = checked(OWN)[1]
    assert said == (
        "recording.nc: has 0.5 s on end, so that of simulated replicates of 3.7 s the rest is not "
        "compared; simulation.duration: 0.8 s, with the transient, makes use of all"
    )
    assert checked({**OWN, "simulation": {"duration": "0.8 s"}})[1] == []


@pytest.mark.parametrize("section", ["connectome", "leadfield", "target"])
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.nc", "no file 'none.nc'; expected "),
        ("x" * 300, f"'{'x' * 300}': File name too long; expected the path of a file"),
        ("a\0b", r"'a\x00b': "),
        (
            "results/mine.nc",
            "'results/mine.nc' is below results/, where this study's own files are",
        ),
        ("my {x}.nc", "'my {x}.nc'; expected a path without braces"),
        (".", "no file '.'; expected "),
    ],
)
def test_a_source_that_cannot_be_used_is_refused(section, source, message):
    Path("results").mkdir()
    for name in ("results/mine.nc", "my {x}.nc"):
        Path(name).touch()
    with pytest.raises(InputError) as caught:
        checked({section: {"source": source}})
    assert str(caught.value).startswith(f"config: {section}.source: {message}")


def test_a_path_may_begin_at_the_user_s_home(monkeypatch, folder):
    monkeypatch.setenv("HOME", str(folder))
    loaded = settings.load({"connectome": {"source": "~/connectome.npz"}}, SCHEMA)
    inputs.check_sources(loaded, SCHEMA, "results", EXAMPLE)
    assert loaded["connectome"]["path"] == str(folder / "connectome.npz")


def test_all_files_of_a_fragile_format_are_opened_elsewhere_first(monkeypatch):
    given = {
        "connectome": {"source": "w.csv", "distances": "d.mat", "labels": "names.txt"},
        "leadfield": {"source": "gain.mat", "parcellation": "places.mat", "combine": "sum"},
        "target": {"source": ["recording.nc", "x.npy"], "labels": "names.txt"},
    }
    names = ["w.csv", "d.mat", "names.txt", "gain.mat", "places.mat", "x.npy"]
    for name in names:
        Path(name).touch()
    loaded = settings.load(given, SCHEMA)
    inputs.check_sources(loaded, SCHEMA, "results", EXAMPLE)
    opened = []
    monkeypatch.setattr(inputs.probe, "check", opened.append)
    inputs.open_elsewhere(loaded, SCHEMA)
    assert opened == ["d.mat", "gain.mat", "places.mat", "recording.nc"]


@pytest.mark.parametrize("name", ["connectome.npz", "leadfield.npz", "recording.nc"])
def test_files_are_read_before_any_job(name):
    Path(name).write_bytes(Path(name).read_bytes()[:-200])
    with pytest.raises(InputError, match=rf"^{name}: "):
        checked(OWN)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"model": {"parameters": {"wEE": [1.0, 2.0, 3.0]}}},
            "config: model.parameters.wEE: 3 values; expected one, or one for each of 8 regions",
        ),
        (
            {"target": {"model": {"noise": {"tau": ["1 ms", "2 ms"]}}}},
            "config: model.noise.tau: 2 values; expected one, or one for each of 8 regions",
        ),
        (
            {"leadfield": {"scale": "1e300 nA m/mV"}},
            "config: leadfield.scale: makes 4e+286 T of a unit of rate; expected at most 1e+30 T",
        ),
        (
            {"sweep": {"model.conduction_speed": ["10 m/s", "1e-9 mm/ms"]}},
            "config: model.conduction_speed: 1e-09 mm/ms gives delays of 8e+11 steps; expected",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused_before_any_job(config, message):
    with pytest.raises(InputError) as caught:
        checked(config)
    assert str(caught.value).startswith(message)


def test_a_distance_of_an_unconnected_pair_may_be_anything():
    with np.load("connectome.npz") as archive:
        weights, distances = archive["weights"], archive["distances"]
    weights[1, 3], distances[1, 3] = 0, 1e12
    change("connectome.npz", weights=weights, distances=distances)
    assert checked({"connectome": {"source": "connectome.npz"}})[1] == []


def test_another_recording_has_another_digest_whatever_its_time():
    before = checked(OWN)[0].recording
    old = Path("recording.nc").stat().st_mtime_ns - 10**12
    with xr.open_dataset("recording.nc", decode_timedelta=False) as dataset:
        other = dataset.load() * 2
    os.utime("recording.nc")
    assert checked(OWN)[0].recording == before
    other.assign_coords(time=dataset.time).to_netcdf("recording.nc")
    os.utime("recording.nc", ns=(old, old))
    assert checked(OWN)[0].recording != before
    assert checked({})[0].recording is None
