"""The functions for notebooks: the same numbers and bits as the workflow's files."""

import json
import re

import numpy as np
import pytest
import restmeg
import xarray as xr
from processes import run
from restmeg import InputError, InputWarning, ResultWarning, settings, study
from restmeg.scores import OF_CONNECTIVITY

SHORT = {"duration": "60 ms", "transient": "10 ms", "replicates": 3}


@pytest.fixture(scope="module")
def activity():
    return restmeg.simulate("example", seed=3, progress=False, **SHORT)


@pytest.fixture(scope="module")
def target():
    return restmeg.simulate("example", seed=5, role="target", progress=False, **SHORT)


def test_importing_is_fast_and_changes_nothing(tmp_path):
    code = """
        import os, sys
        environment, path = dict(os.environ), list(sys.path)
        import restmeg
        assert "numpy" not in sys.modules
        assert "simulate" in dir(restmeg)
        os.environ["HDF5_PLUGIN_PATH"] = environment["HDF5_PLUGIN_PATH"] = "/nowhere"
        import restmeg.library, restmeg.store
        assert dict(os.environ) == environment and sys.path == path
        assert "matplotlib" not in sys.modules
        try:
            restmeg.simulat
        except AttributeError as error:
            assert str(error) == "module 'restmeg' has no attribute 'simulat'"
    """
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr


def test_activity_is_labelled(activity):
    assert activity.rate_E.dims == ("replicate", "time", "region")
    assert activity.rate_E.dtype == np.float32
    assert activity.time.values[[0, -1]].tolist() == [10.1, 60.0]
    assert activity.time.attrs["units"] == "ms"
    assert activity.region.values.tolist() == [f"R{k}" for k in range(8)]
    parameters = json.loads(activity.attrs["parameters"])
    assert parameters["model"]["coupling_strength"] == 1.5
    assert activity.attrs["seed"] == 3


def test_a_sweep_is_a_loop_and_points_share_their_noise(activity):
    same = restmeg.simulate("example", coupling_strength=1.5, seed=3, progress=False, **SHORT)
    xr.testing.assert_identical(same, activity)
    other = restmeg.simulate("example", coupling_strength=0.5, seed=3, progress=False, **SHORT)
    assert 0.9 < np.corrcoef(other.rate_E.values.ravel(), activity.rate_E.values.ravel())[0, 1] < 1


def test_a_connectome_may_be_a_file_or_a_dataset(activity, tmp_path, example):
    anatomy = xr.Dataset(
        {
            "weights": (("source", "target"), example[0].T),
            "distances": (("target", "source"), example[1] / 10, {"units": "cm"}),
            "labels": ("region", [f"R{k}" for k in range(8)]),
        }
    )
    given = restmeg.simulate(anatomy, seed=3, progress=False, **SHORT)
    xr.testing.assert_equal(given.rate_E, activity.rate_E)
    anatomy.to_netcdf(tmp_path / "connectome.nc")
    for path in (tmp_path / "connectome.nc", str(tmp_path / "connectome.nc")):
        read = restmeg.simulate(path, seed=3, progress=False, **SHORT)
        xr.testing.assert_identical(read, given)
    # Coordinates may have an order of their own.
    names = [f"R{k}" for k in range(8)]
    shuffled = anatomy.assign_coords(target=names, source=names).isel(target=slice(None, None, -1))
    turned = restmeg.simulate(shuffled, seed=3, progress=False, **SHORT)
    xr.testing.assert_identical(turned, given)


def test_values_by_region_are_matched_by_name(activity):
    names = activity.region.values
    drive = xr.DataArray(np.arange(8) / 50, {"region": names}, "region")
    as_list = restmeg.simulate("example", mean_E=list(drive.values), progress=False, **SHORT)
    as_array = restmeg.simulate("example", mean_E=drive[::-1], progress=False, **SHORT)
    xr.testing.assert_identical(as_list, as_array)
    assert not as_list.rate_E.equals(activity.rate_E)


def test_connectivity_takes_what_it_needs(activity):
    fc = restmeg.connectivity(activity)
    assert fc.fc.dims == ("measure", "band", "replicate", "region_to", "region_from")
    expected = np.corrcoef(activity.rate_E.values[1].T.astype(float))
    np.testing.assert_allclose(
        fc.fc.sel(replicate=1, measure="pearson", band="broadband"), expected, atol=1e-12
    )
    for given in (activity.rate_E, activity.rate_E.transpose("region", "time", "replicate")):
        xr.testing.assert_equal(restmeg.connectivity(given), fc)
    alone = restmeg.connectivity(activity.rate_E.sel(replicate=1))
    np.testing.assert_array_equal(alone.fc.values[0, 0, 0], fc.fc.values[0, 0, 1])


def test_projection_matches_regions_by_name(activity):
    gain = xr.DataArray(
        1e-13 * np.random.default_rng(0).normal(size=(5, 8)),
        {"sensor": list("abcde"), "region": activity.region.values[::-1]},
        ("sensor", "region"),
        attrs={"units": "T/(nA m)"},
    )
    field = restmeg.project(activity, gain, scale="50 nA m/mV")
    expected = 50 * xr.dot(activity.rate_E.astype(float), gain, dim="region")
    assert field.field.attrs["units"] == "T"
    np.testing.assert_allclose(
        field.field, expected.transpose("replicate", "time", "sensor"), rtol=1e-5, atol=1e-22
    )
    assert field.time.attrs["units"] == "ms"


def test_scores_have_intervals_and_the_values_behind_them(activity, target):
    fc, other = restmeg.connectivity(activity), restmeg.connectivity(target)
    with pytest.warns(ResultWarning, match="fc_match_corrected .* does not repeat itself beyond"):
        found = restmeg.score(fc, other, "example")
    assert found.score.values.tolist() == OF_CONNECTIVITY
    match = found.sel(measure="pearson", band="broadband", score="fc_match")
    assert match.n == 9
    assert match.ci_low < match.value < match.ci_high
    assert found.fc_match.dims == ("measure", "band", "replicate", "target_replicate")
    assert match.value == pytest.approx(found.fc_match.mean())
    assert found.structure_function_coupling.dims == ("measure", "band", "replicate")
    assert found.baseline_distance.dims == ("measure", "band", "target_replicate")
    # A score without values of its own has pseudo-values.
    assert found.fc_distance_replicate.dims == ("measure", "band", "replicate")
    assert found.fc_distance_target_replicate.dims == ("measure", "band", "target_replicate")
    distance = found.value.sel(measure="pearson", band="broadband", score="fc_distance")
    assert found.fc_distance_replicate.mean() == pytest.approx(float(distance))
    assert found.fc_match_ceiling_target_replicate.dims == ("measure", "band", "target_replicate")
    with pytest.warns(ResultWarning):
        xr.testing.assert_equal(restmeg.score(fc.fc, other.fc[..., ::-1], "example"), found)


def test_a_single_recording_brings_its_segments(activity, target):
    """By name and whatever their order; what a model simulates has none."""
    series = target.rate_E.sel(replicate=1).astype(float)
    other = restmeg.connectivity(series)
    assert other.fc_segments.dims == ("measure", "band", "segment", "region_to", "region_from")
    third = np.corrcoef(series[100:150].values.T)
    np.testing.assert_allclose(other.fc_segments[0, 0, 2], third, atol=1e-12)
    assert "fc_segments" not in restmeg.connectivity(target)  # several replicates
    assert "fc_segments" in restmeg.connectivity(target.isel(replicate=[0]))
    assert "fc_segments" not in restmeg.connectivity(activity.isel(replicate=[0]))
    fc = restmeg.connectivity(activity)
    turned = other.isel(region_to=slice(None, None, -1)).sel(measure="pearson", band="broadband")
    first = None
    for given in (other, turned):
        with pytest.warns(ResultWarning, match="fc_match_corrected"):
            found = restmeg.score(fc, given, "example")
        first = found if first is None else first
        assert found.fc_distance_segment.sizes["segment"] == 10
        assert found.fc_distance_segment.equals(first.fc_distance_segment)
    with pytest.warns(ResultWarning, match="a single target replicate without segments"):
        assert "fc_distance_segment" not in restmeg.score(fc, other.fc, "example")


def test_what_is_wrong_is_said(activity):
    with pytest.warns(InputWarning, match="practically uncoupled"):
        restmeg.simulate("example", coupling_strength=1e-3, progress=False, **SHORT)
    with (
        pytest.warns(InputWarning, match="uncoupled"),
        pytest.warns(ResultWarning, match="saturated"),
    ):
        driven = restmeg.simulate("example", mean_E=100.0, progress=False, **SHORT)
    assert "saturated" in driven.attrs["notes"]
    still = activity.rate_E.copy()
    still[0, :, 2] = 1.0
    with pytest.warns(ResultWarning, match="no variance in region R2"):
        assert np.isnan(restmeg.connectivity(still).fc[0, 0, 0, 2, 3])


def test_units_of_an_array_are_heard(activity):
    tau = xr.DataArray(np.full(8, 0.001), {"region": activity.region.values}, "region")
    tau.attrs["units"] = "s"
    for given in (tau, xr.DataArray(1.0, attrs={"units": "ms"}), ("1 ms",) * 8):
        same = restmeg.simulate("example", tau_E=given, seed=3, progress=False, **SHORT)
        xr.testing.assert_equal(same.rate_E, activity.rate_E)


def test_weights_may_be_brought_to_a_scale_of_their_own(example):
    given = restmeg.simulate("example", normalise="max", progress=False, **SHORT)
    by_hand = xr.Dataset(
        {
            "weights": (("target", "source"), example[0] / example[0].max()),
            "distances": (("target", "source"), example[1], {"units": "mm"}),
            "labels": ("region", [f"R{k}" for k in range(8)]),
        }
    )
    xr.testing.assert_equal(restmeg.simulate(by_hand, progress=False, **SHORT).rate_E, given.rate_E)


def test_the_keys_that_simulate_tells_are_those_that_it_takes(schema):
    taken = settings.places(schema, "model").keys() | {*study.TIMES, "replicates", "seed"}
    told = set(re.findall(r"\w+", restmeg.simulate.__doc__.split("changes:")[1]))
    assert taken <= told
    for name, text in (("duration", "4000 ms"), ("wEE", "12"), ("tau", "20 ms")):
        assert f"{name} ({text})" in restmeg.simulate.__doc__


def test_time_may_be_anything_that_xarray_makes_of_it(activity):
    series = activity.rate_E.astype(float)
    fc = restmeg.connectivity(activity)
    steps = np.arange(series.sizes["time"])
    for times in (
        np.datetime64("2024-01-01", "ns") + 100_000 * steps,
        np.timedelta64(0, "ns") + 100_000 * steps,
    ):
        given = series.assign_coords(time=("time", times))
        xr.testing.assert_equal(restmeg.connectivity(given).fc, fc.fc)
        field = restmeg.project(given, "synthetic")
        np.testing.assert_allclose(field.time, 0.1 * steps, atol=1e-9)
    without = series.drop_vars("time")
    assert "time" not in restmeg.project(without, "synthetic").coords
    xr.testing.assert_equal(restmeg.connectivity(without).fc, fc.fc)


def test_attributes_of_others_are_left_alone(activity):
    foreign = activity.assign_attrs(parameters="fs=250", source="a scanner", notes="mine")
    xr.testing.assert_equal(restmeg.connectivity(foreign).fc, restmeg.connectivity(activity).fc)


def test_a_field_is_not_made_of_what_is_no_number(activity):
    broken = activity.rate_E.copy()
    broken[0, 3, 2] = np.nan
    with pytest.raises(InputError, match="sample 3: missing or not finite"):
        restmeg.project(broken, "synthetic")
    gain = xr.DataArray(
        np.full((8, 1), 1e-4),
        {"region": activity.region.values, "sensor": ["a"]},
        ("region", "sensor"),
    )
    with pytest.raises(InputError, match="lead field: gain: no attribute 'units'"):
        restmeg.project(activity, gain)
    with pytest.warns(InputWarning, match="the largest gain is") as told:
        restmeg.project(activity, gain, unit="T/(nA m)")
    assert told[0].filename == __file__


def test_bands_of_one_name_and_other_limits_are_not_compared():
    kw = {"duration": "8 s", "sampling_interval": "4 ms", "replicates": 2, "progress": False}
    activity = restmeg.simulate("example", **kw)
    of = "phase_locking_value"
    ours = restmeg.connectivity(activity, of, {"alpha": ["8 Hz", "13 Hz"]})
    theirs = restmeg.connectivity(activity, of, {"alpha": ["8 Hz", "12 Hz"]})
    with pytest.raises(InputError, match=r"target: bands .*12.0.*; expected .*13.0"):
        restmeg.score(ours, theirs, "example")


def test_a_matrix_of_one_s_own_is_a_target(activity, target):
    fc, other = restmeg.connectivity(activity), restmeg.connectivity(target)
    mean = other.fc.mean("replicate").sel(measure="pearson", band="broadband", drop=True)
    with pytest.warns(ResultWarning, match="a single target replicate without segments"):
        found = restmeg.score(fc, mean, "example").sel(
            measure="pearson", band="broadband", score="fc_match"
        )
    assert found.n == 3
    with pytest.raises(InputError, match="target: 5 regions; expected 8"):
        bare = mean.drop_vars(["region_to", "region_from"])
        restmeg.score(fc, bare[:5, :5], "example")
    with pytest.raises(InputError, match="simulated: it is of a target"):
        restmeg.score(other, fc, "example")
    silent = fc.fc.copy()
    silent[0, 0, 1] = np.nan
    with (
        pytest.warns(ResultWarning, match="is NaN in"),
        pytest.warns(ResultWarning, match="three replicates of each side"),
    ):
        scores = restmeg.score(silent, other, "example")
    assert "is NaN in 1 of 3 simulated replicates" in scores.attrs["notes"]
    assert scores.n.sel(measure="pearson", band="broadband", score="fc_match") == 6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda a: restmeg.simulate("example", coupling_strenght=1.0),
            "coupling_strenght: no such key; did you mean 'coupling_strength'?",
        ),
        (
            lambda a: restmeg.simulate("example", duration=4),
            "simulation.duration: 4 has no unit; expected a time",
        ),
        (lambda a: restmeg.simulate("example", keep="shown"), "keep: no such key; accepted: dt"),
        (
            lambda a: restmeg.simulate("example", r=xr.DataArray(np.ones(8), dims="time")),
            "r: dimensions ('time',) and coordinates (); expected 'region' with names",
        ),
        (lambda a: restmeg.simulate("exampel"), "exampel: not a connectome file; expected a name"),
        (lambda a: restmeg.simulate("example", role="x"), "role: 'x'; expected one of simulated"),
        (lambda a: restmeg.simulate(a.rate_E), "connectome: DataArray; expected 'example', a path"),
        (lambda a: restmeg.simulate(a), "connectome: no variable 'weights'; found replicate"),
        (lambda a: restmeg.connectivity(a[["time"]]), "activity: no variable 'rate_E'; found time"),
        (lambda a: restmeg.connectivity(a.lowest), "activity: dimensions ('replicate', 'region')"),
        (lambda a: restmeg.connectivity(np.ones(3)), "activity: ndarray; expected a Dataset or Da"),
        (
            lambda a: restmeg.connectivity(a, measures=["pearsn"]),
            'config: connectivity.measures[0]: found "pearsn"; expected one of pearson',
        ),
        (lambda a: restmeg.project(a, a), "lead field: no variable 'gain'; found"),
        (lambda a: restmeg.score(a, a, "example"), "simulated: no variable 'fc'; found"),
        (lambda a: restmeg.open_results("nowhere"), "nowhere/points.csv: no such file; expected"),
    ],
)
def test_mistakes_are_one_line(activity, call, message):
    with pytest.raises(InputError) as caught:
        call(activity)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_progress_bar_is_shown_on_a_terminal_if_it_is_wanted(capsys, monkeypatch):
    restmeg.simulate("example", **SHORT)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    restmeg.simulate("example", **SHORT)
    assert "of 0.2 s simulated" in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    restmeg.simulate("example", progress=False, **SHORT)
    assert capsys.readouterr().err == ""
