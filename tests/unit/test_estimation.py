import json

import hypothesis
import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, ResultWarning, estimands, estimation, recording, store
from restmeg.measures import MEASURES, pearson

LABELS = np.array(["A", "B", "C", "D"], dtype=object)

PEARSON = estimands.Asked(["pearson"])


def mixed(n_samples, n_regions, seed=0):
    """Random series that are correlated with each other, both ways."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((n_regions, n_regions))
    return rng.standard_normal((n_samples, n_regions)) @ mixing


def record(path, rate, regions=LABELS, replicates=None, compressed=False):
    """A recording as a user writes it: (replicate, time, region)."""
    replicates = np.arange(len(rate)) if replicates is None else replicates
    coordinates = {"replicate": replicates, "region": regions}
    dataset = xr.Dataset({"rate_E": (("replicate", "time", "region"), rate)}, coordinates)
    dataset.to_netcdf(path, encoding={"rate_E": {"zlib": compressed}})
    return path


def connect(source, folder):
    """The connectivity (replicate, region_to, region_from) of a recording of LABELS."""
    path = folder / "connectivity.nc"
    with recording.opened(source, LABELS) as series:
        found = estimation.estimate(series, PEARSON, "target")
    if series.order != list(range(4)):
        return found.fc[0]
    estimation.estimate_file(source, PEARSON, "target", "recording", path)
    with netCDF4.Dataset(path) as dataset:
        return dataset["fc"][0, 0].filled(np.nan)


def assert_is_refused(path, message):
    with pytest.raises(InputError) as caught:
        connect(path, path.parent)
    assert str(caught.value) == f"{path}: {message}"
    assert not (path.parent / "connectivity.nc").exists()


@pytest.mark.parametrize("n_regions", [2, 3, 31, 32, 40])
@pytest.mark.parametrize("n_samples", [3, 64, 1000])
@pytest.mark.parametrize(("offset", "scale"), [(0, 1), (1e6, 1), (-5e-11, 1e-13)])
def test_pearson_is_that_of_numpy(n_samples, n_regions, offset, scale):
    series = mixed(n_samples, n_regions) * scale + offset
    expected = np.corrcoef(series.T)
    np.testing.assert_allclose(pearson.pearson(series), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_regions", [2, 33, 90])
def test_pearson_is_exactly_symmetric(n_regions):
    series = mixed(100, n_regions) + 10
    series[:, 1] *= 1e-13
    correlation = pearson.pearson(series)
    np.testing.assert_array_equal(correlation, correlation.T)


@pytest.mark.parametrize("n_samples", [0, 1])
def test_fewer_than_two_samples_have_no_correlation(n_samples):
    with pytest.raises(InputError, match=f"series: {n_samples} samples; expected at least 2"):
        pearson.pearson(np.ones((n_samples, 4)))


def test_pearson_of_numbers_done_by_hand():
    series = [[0, 0, 1], [1, 2, 1], [2, 1, -2]]
    half = 0.5
    minus = -0.8660254037844386
    expected = [[1, half, minus], [half, 1, 0], [minus, 0, 1]]
    np.testing.assert_allclose(pearson.pearson(series), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("n_regions", [3, 33])
@given(cuts=st.lists(st.integers(1, 2999), unique=True, max_size=20))
@hypothesis.settings(max_examples=40, deadline=None)
def test_pieces_of_any_length_give_the_same_bits(n_regions, cuts):
    series = mixed(3000, n_regions) + 10
    moments = pearson.Moments()
    for piece in np.split(series, sorted(cuts)):
        moments.add(piece)
    assert moments.n == 3000
    assert moments.result().tobytes() == pearson.pearson(series).tobytes()


def test_a_file_gives_the_same_bits_however_it_is_read(tmp_path, monkeypatch):
    path = record(tmp_path / "recording.nc", [mixed(200, 4).astype(np.float32)])
    whole = connect(path, tmp_path)
    monkeypatch.setattr(store, "piece_length", lambda width: 7)
    assert connect(path, tmp_path).tobytes() == whole.tobytes()


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e6 / 3])
def test_a_constant_region_has_no_correlation_and_changes_no_other(constant):
    series = mixed(500, 4)
    series[:, 2] = constant
    correlation = pearson.pearson(series)
    others = [0, 1, 3]
    assert np.isnan(correlation[2]).all()
    assert np.isnan(correlation[:, 2]).all()
    expected = np.corrcoef(series[:, others].T)
    np.testing.assert_allclose(correlation[np.ix_(others, others)], expected, rtol=0, atol=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.integers(0, 2**32))
@hypothesis.settings(deadline=None)
def test_values_are_within_one_and_ones_are_on_the_diagonal(factors, seed):
    # Multiples of one series: each value is 1 or -1 but for rounding.
    factors = np.array([factor for factor in factors if abs(factor) > 1e-3] + [1.0, -1 / 3])
    series = np.random.default_rng(seed).standard_normal((50, 1)) * factors
    correlation = pearson.pearson(series)
    assert np.abs(correlation).max() <= 1
    np.testing.assert_array_equal(np.diag(correlation), np.ones(len(factors)))
    expected = np.sign(np.outer(factors, factors))
    np.testing.assert_allclose(correlation, expected, rtol=0, atol=1e-13)


def test_a_recording_is_put_into_the_order_of_the_connectome(tmp_path):
    rate = np.stack([mixed(300, 4, seed) for seed in (1, 2)])
    order = [2, 0, 3, 1]
    path = record(tmp_path / "recording.nc", rate[:, :, order], regions=LABELS[order])
    expected = [np.corrcoef(series.T) for series in rate]
    np.testing.assert_allclose(connect(path, tmp_path), expected, rtol=0, atol=1e-12)


def test_connectivity_says_which_measure_replicate_and_regions(tmp_path):
    rate = np.stack([mixed(50, 4, seed) for seed in (1, 2, 3)])
    connect(record(tmp_path / "recording.nc", rate, replicates=[10, 11, 12]), tmp_path)
    with xr.open_dataset(tmp_path / "connectivity.nc") as read:
        assert read["fc"].dims == ("measure", "band", "replicate", "region_to", "region_from")
        assert read["fc"].attrs == {"units": "1", "long_name": "functional connectivity"}
        assert list(read["measure"].values) == ["pearson"]
        assert list(read["band"].values) == ["broadband"]
        assert list(read["replicate"].values) == [10, 11, 12]
        assert list(read["region_to"].values) == list(read["region_from"].values) == list(LABELS)
        one = read["fc"].sel(
            measure="pearson", band="broadband", replicate=12, region_to="D", region_from="B"
        )
        assert one == pytest.approx(np.corrcoef(rate[2].T)[3, 1], abs=1e-12)


def test_a_single_target_replicate_is_estimated_in_segments_too(tmp_path, monkeypatch):
    """Ten of equal length from its start, however the file is read."""
    series = mixed(2047, 4)
    expected = [np.corrcoef(series[204 * k : 204 * (k + 1)].T) for k in range(10)]
    found = []
    for length in (10**6, 7):
        monkeypatch.setattr(store, "piece_length", lambda width, length=length: length)
        whole = connect(record(tmp_path / "recording.nc", series[None]), tmp_path)
        np.testing.assert_allclose(whole[0], np.corrcoef(series.T), atol=1e-12)
        with xr.open_dataset(tmp_path / "connectivity.nc") as read:
            assert read["fc_segments"].dims == (
                *("measure", "band", "segment", "region_to", "region_from"),
            )
            assert read["segment"].values.tolist() == list(range(10))
            found.append(read["fc_segments"].values[0, 0])
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-12)
    assert found[0].tobytes() == found[1].tobytes()


@pytest.mark.parametrize(
    ("n_replicates", "n_samples", "role", "there"),
    [(1, 200, "target", True), (1, 199, "target", False), (2, 200, "target", False)]
    + [(1, 200, "simulated", False)],
)
def test_other_files_have_no_segments(tmp_path, n_replicates, n_samples, role, there):
    rate = np.stack([mixed(n_samples, 4, seed) for seed in range(n_replicates)])
    path, out = record(tmp_path / "recording.nc", rate), tmp_path / "connectivity.nc"
    estimation.estimate_file(path, PEARSON, role, "p", out)
    with store.open_netcdf(out) as dataset:
        assert ("fc_segments" in dataset.variables) == there
        assert ("segment" in dataset.variables) == there


def test_what_was_noted_on_activity_stays_with_its_connectivity(tmp_path):
    path = tmp_path / "activity.nc"
    rate = mixed(50, 4)[None].astype(np.float32)
    rate[0, :, 2] = 1.0
    with store.new_netcdf(path, "Activity", {"role": "simulated", "point": "p0"}, 7) as dataset:
        store.add(dataset, "region", LABELS)
        series = store.add_series(dataset, "rate_E", rate.shape)
        series[...] = rate
        store.add_notes(dataset, ["saturated"])
    out = tmp_path / "connectivity.nc"
    with pytest.warns(UserWarning, match="no variance in region C;"):
        estimation.estimate_file(path, PEARSON, "simulated", "p0", out)
    with store.open_netcdf(out) as dataset:
        first, second = store.notes(dataset)
        assert first == "saturated"
        assert second.startswith("replicate 0: no variance in region C; connectivity with it")
        assert store.provenance(dataset)[1] == 7
        assert list(dataset["region_to"][...]) == list(LABELS)


def test_a_silent_region_is_named_in_a_warning(tmp_path):
    rate = np.stack([mixed(50, 4, seed) for seed in (1, 2)])
    rate[1, :, [1, 3]] = 0.25
    path = record(tmp_path / "recording.nc", rate, replicates=[7, 8])
    with pytest.warns(UserWarning, match="replicate 8: no variance in region B, D;") as caught:
        fc = connect(path, tmp_path)
    assert len(caught) == 1
    assert str(path) in str(caught[0].message)
    assert np.isnan(fc[1]).sum() == 12
    assert not np.isnan(fc[0]).any()


def test_a_warning_of_many_silent_regions_names_the_first(tmp_path):
    path = record(tmp_path / "recording.nc", np.full((1, 50, 4), 0.25))
    with pytest.warns(UserWarning, match="no variance in region A, B, C and 1 more;"):
        connect(path, tmp_path)


def test_a_replicate_that_diverges_has_no_connectivity_and_leaves_the_others_theirs(tmp_path):
    """Of a simulation; a recording with such values is refused."""
    rate = np.stack([mixed(3000, 4, seed) for seed in (1, 2)]).astype(np.float32)
    path, out = tmp_path / "activity.nc", tmp_path / "connectivity.nc"
    whole, broken = tmp_path / "whole.nc", rate.copy()
    broken[1, 2000:] = np.nan
    for name, values in ((whole, rate), (path, broken)):
        with store.new_netcdf(name, "Activity", {"role": "simulated", "point": "p0"}, 7) as dataset:
            store.add(dataset, "region", LABELS)
            store.add(dataset, "time", np.arange(1.0, 3001.0))
            series = store.add_series(dataset, "rate_E", rate.shape)
            series[...] = values
    kinds = {"measures": list(MEASURES), "bands": {"fast": [40.0, 80.0]}, "edges": 200.0}
    asked = estimands.asked(kinds | {"windows": 400.0})
    with pytest.warns(ResultWarning, match="replicate 1: activity diverges; its connectivity is"):
        estimation.estimate_file(path, asked, "simulated", "p0", out)
    with xr.open_dataset(out) as found:
        assert np.isnan(found.fc.isel(replicate=1)).all()
        assert np.isnan(found.dynamics.isel(replicate=1, window=-1)).all()
        fc, dynamics = (found[name].isel(replicate=0).values for name in ("fc", "dynamics"))
    estimation.estimate_file(whole, asked, "simulated", "p0", out)
    with xr.open_dataset(out) as found:
        np.testing.assert_array_equal(fc, found.fc.isel(replicate=0))
        np.testing.assert_array_equal(dynamics, found.dynamics.isel(replicate=0))
    with (
        recording.opened(path, LABELS, {}) as series,
        pytest.raises(InputError, match="missing or not finite; expected a number"),
    ):
        list(series.pieces(1))


SAME = "the connectome has 4, and both must name the same ones"


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        (["A", "B", "C", "X"], f"4 regions, without 'D'; {SAME}; the connectome has no 'X'"),
        (["A", "B", "C"], f"3 regions, without 'D'; {SAME}"),
        (["A", "B", "C", "D", "E"], f"5 regions; {SAME}; the connectome has no 'E'"),
        (["A", "B", "C", "C"], "region 'C' is there more than once"),
    ],
)
def test_regions_that_are_not_those_of_the_connectome_are_refused(tmp_path, regions, message):
    path = record(tmp_path / "recording.nc", [mixed(20, len(regions))], regions=regions)
    assert_is_refused(path, message)


GOOD = xr.Dataset(
    {"rate_E": (("replicate", "time", "region"), mixed(20, 4)[None])},
    {"replicate": [5], "region": LABELS},
)


@pytest.mark.parametrize(
    "given",
    [GOOD.isel(replicate=0), GOOD.isel(replicate=0, drop=True), GOOD.drop_vars("replicate")],
)
def test_a_single_session_needs_no_replicates(tmp_path, given):
    given.to_netcdf(tmp_path / "recording.nc")
    expected = np.corrcoef(GOOD.rate_E.values[0].T)
    np.testing.assert_allclose(
        connect(tmp_path / "recording.nc", tmp_path), expected[None], atol=1e-12
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            GOOD.rename(replicate="session"),
            "rate_E has dimensions ('session', 'time', 'region'); "
            "expected 'time' and 'region', or 'replicate' as well",
        ),
        (
            GOOD.drop_vars("region"),
            "has no names of its regions; expected target.labels: a file of them, or the word "
            "connectome if they are in its order",
        ),
        (
            GOOD.rename(rate_E="rate").assign(other=GOOD.rate_E),
            "2 series over 'time'; found 'rate', 'replicate', 'region', 'other'; expected one over "
            "'time' and 'region', named by target.variable where there are several",
        ),
        (GOOD.isel(time=[0]), "number of samples is 1; expected >= 2"),
        (
            xr.Dataset(
                {"rate_E": (("time", "region"), mixed(20, 4).T)},
                {"region": [f"sample {k}" for k in range(20)]},
            ),
            "20 regions and 4 samples for a connectome of 4 regions: time and region have changed "
            "places",
        ),
        (
            GOOD.where(GOOD["rate_E"] < 1, np.inf),
            "rate_E of replicate 5, region 'B', sample 1: missing or not finite; expected a number",
        ),
        (
            GOOD.where(GOOD["region"] != "B"),
            "rate_E of replicate 5, region 'B', sample 0: missing or not finite; expected a number",
        ),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused(tmp_path, given, message):
    path = tmp_path / "recording.nc"
    given.to_netcdf(path)
    assert_is_refused(path, message)


def test_samples_that_were_never_written_are_refused(tmp_path):
    path = tmp_path / "recording.nc"
    GOOD.drop_vars("rate_E").to_netcdf(path)
    with netCDF4.Dataset(path, "a") as given:
        given.createDimension("time", 20)
        rate = given.createVariable("rate_E", "f4", ("replicate", "time", "region"))
        rate[:, :15] = GOOD["rate_E"][:, :15].values
    assert_is_refused(
        path,
        "rate_E of replicate 5, region 'A', sample 15: missing or not finite; expected a number",
    )


def test_a_damaged_recording_is_refused(tmp_path):
    path = record(tmp_path / "recording.nc", [mixed(5000, 4)], compressed=True)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 50] = bytes(50)
    path.write_bytes(content)
    assert_is_refused(path, "rate_E cannot be read (NetCDF: HDF error)")


def test_the_same_recording_gives_the_same_bytes(tmp_path):
    path = record(tmp_path / "recording.nc", [mixed(50, 4)])
    connect(path, tmp_path)
    first = (tmp_path / "connectivity.nc").read_bytes()
    connect(path, tmp_path)
    assert (tmp_path / "connectivity.nc").read_bytes() == first


def test_attributes_of_a_recording_are_its_own_affair(tmp_path):
    given = GOOD.assign_attrs(parameters="notch 50 Hz", seed="none", source="MEG lab")
    given.to_netcdf(tmp_path / "recording.nc")
    connect(tmp_path / "recording.nc", tmp_path)
    with netCDF4.Dataset(tmp_path / "connectivity.nc") as dataset:
        assert json.loads(dataset.parameters) == {
            "measures": ["pearson"],
            "point": "recording",
            "role": "target",
        }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (GOOD.astype(str), "rate_E: <class 'str'>; expected real numbers"),
        (GOOD.isel(replicate=[]), "no replicate; expected at least 1"),
        (GOOD.isel(replicate=[0, 0]), "replicate '5' is there more than once"),
    ],
)
def test_a_recording_needs_numbers_and_distinct_replicates(tmp_path, given, message):
    given.to_netcdf(tmp_path / "recording.nc")
    assert_is_refused(tmp_path / "recording.nc", message)
