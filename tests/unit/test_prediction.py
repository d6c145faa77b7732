"""theory.nc: what it holds, and what it says where theory does not hold."""

import copy

import numpy as np
import pytest
import xarray as xr
from restmeg import InputError, connectome, estimands, fourier, library
from restmeg.summary import expectation
from restmeg.theory import likelihood, linear, predicted, prediction
from restmeg.theory.settled import settle

LABELS = np.array([f"R{k}" for k in range(8)], dtype=object)
STEP = {"dt": 0.1, "method": "exponential_euler", "transient": 300.0}  # ms
LENGTH = 3700.0  # ms
BROADBAND = estimands.Asked(["pearson"])
STRUCTURE = ["structure_function_coupling", "structure_function_partial"]
PEARSON = estimands.Kind("pearson", "broadband")


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """fourier.nc of a short target."""
    folder = tmp_path_factory.mktemp("target")
    activity = library.simulate(
        "example", role="target", duration="800 ms", replicates=3, progress=False
    )
    activity.to_netcdf(folder / "activity.nc")
    path = folder / "fourier.nc"
    fourier.estimate_file(folder / "activity.nc", False, None, "pt", path)
    return path


@pytest.fixture
def predict(tmp_path, example, target):
    """A callable that writes theory.nc and gives it as a Dataset."""
    connectome.write(tmp_path / "connectome.nc", connectome.Connectome(*example, LABELS), "x")

    def make(model, target_model, times=STEP, length=LENGTH, asked=BROADBAND):
        compared = prediction.Compared(length, asked, 250.0, 250.0)
        path, of_target = tmp_path / "theory.nc", None
        given = tmp_path / "connectome.nc"
        if target_model not in (None, model):
            of_target = tmp_path / "target.nc"
            prediction.target_file(given, target_model, times, compared, "pt", of_target)
        network = given, model, target_model, of_target
        prediction.predict_file(*network, times, compared, [target], "pa", path)
        found = xr.load_dataset(path)
        return found.squeeze(["measure", "band"]) if asked is BROADBAND else found

    return make


def test_file_says_what_it_holds(predict, model, example, target, tmp_path):
    found = predict(model, model | {"coupling_strength": 2.0})
    assert found.fc.dims == found.covariance.dims == ("region_to", "region_from")
    assert found.power.dims == ("region", "frequency")
    assert found.region.values.tolist() == list(LABELS)
    assert found.growth_rate < 0
    assert found.growth_rate.units == "ms^-1"
    assert np.diag(found.fc) == pytest.approx(np.ones(8))
    whole = found.expected_over_length.interp(length=3.7)
    assert whole.values == pytest.approx(found.expected.values, abs=2e-3)
    read = predicted.read(tmp_path / "theory.nc", "pa")
    assert read.scores[PEARSON]["fc_match"][0] == float(found.expected.sel(score="fc_match"))
    net = linear.linearise(*example, model, 0.1)
    given, _ = fourier.read([target])
    assert found.log_likelihood.values == pytest.approx(
        likelihood.log_likelihood(net, given).values, rel=1e-12
    )


def test_a_target_of_its_own_file_is_the_one_that_is_settled(predict, model, example):
    """What is read again gives what was computed."""
    other = model | {"coupling_strength": 2.0, "conduction_speed": 8.0}
    found = predict(model, other)
    anatomy = connectome.Connectome(*example, LABELS)
    settled = [settle(*example, one, 0.1) for one in (model, other)]
    expected = prediction.scores(anatomy, *settled, 3700.0)
    assert found.score.values.tolist() == expected.names
    assert found.expected.values == pytest.approx(expected.value, rel=1e-12, abs=1e-15)
    assert found.expected_sd.values == pytest.approx(expected.sd, rel=1e-12, nan_ok=True)


def test_same_bits_each_time(predict, model, tmp_path):
    predict(model, model)
    first = (tmp_path / "theory.nc").read_bytes()
    predict(model, model)
    assert (tmp_path / "theory.nc").read_bytes() == first


ALPHA = {"alpha": (8.0, 13.0)}
IN_BANDS = estimands.Asked(["pearson", "phase_locking_value", "of_ones_own"], ALPHA, 1000.0)


def test_each_measure_has_its_own_in_each_band(predict, model, tmp_path):
    other = model | {"coupling_strength": 3.0}
    found = predict(model, other, length=30_000.0, asked=IN_BANDS)
    assert found.fc.dims == ("measure", "band", "region_to", "region_from")
    assert found.expected.dims == found.expected_sd.dims == ("measure", "band", "score")
    assert found.expected_over_length.dims == ("measure", "band", "length", "score")
    assert '"bands": {"alpha": [8.0, 13.0]}' in found.attrs["parameters"]
    kinds = [("pearson", "broadband"), ("pearson", "alpha"), ("phase_locking_value", "alpha")]
    for measure in found.measure.values:
        for band in found.band.values:
            one = found.sel(measure=measure, band=band)
            known = (measure, band) in kinds
            for name in ("fc", "fc_as_long", "expected"):
                assert np.isfinite(one[name]).all() == known
                assert np.isnan(one[name]).all() != known
    broad, narrow, locked = (found.sel(measure=m, band=b) for m, b in kinds)
    read = predicted.read(tmp_path / "theory.nc", "pa").scores
    assert read[estimands.Kind(*kinds[2])]["fc_match"] == (
        float(locked.expected.sel(score="fc_match")),
        float(locked.expected_sd.sel(score="fc_match")),
    )
    target = xr.load_dataset(tmp_path / "target.nc")
    alone = predict(model, other, length=30_000.0)
    np.testing.assert_array_equal(broad.expected, alone.expected)
    np.testing.assert_array_equal(broad.fc, alone.fc)
    assert "fc_as_long" not in alone
    np.testing.assert_array_equal(narrow.fc, narrow.fc_as_long)
    off = ~np.eye(8, dtype=bool)
    assert (locked.fc_as_long.values[off] > locked.fc.values[off]).all()  # by chance
    np.testing.assert_array_equal(np.diag(locked.fc_as_long), np.ones(8))
    # A band leaves out a second at each end.
    seconds = found.length.values
    for one in (narrow, locked):
        short = np.isnan(one.expected_over_length).all("score").values
        np.testing.assert_array_equal(short, seconds < 3)
        whole = one.expected_over_length[~short].interp(length=30.0)
        assert whole.values == pytest.approx(one.expected.values, abs=4e-3)
    ours = predict(other, None, length=30_000.0, asked=IN_BANDS)
    np.testing.assert_array_equal(target.fc, ours.fc)
    assert ours.score.values.tolist() == STRUCTURE


def test_what_is_drawn_is_of_the_kind_asked_for(predict, model, tmp_path):
    found = predict(model, model, length=30_000.0, asked=IN_BANDS)
    path = tmp_path / "theory.nc"
    for measure, endless in (("pearson", True), ("phase_locking_value", False)):
        kind = estimands.Kind(measure, "alpha")
        drawn = predicted.over_length(path, "pa", kind)
        one = found.sel(measure=measure, band="alpha")
        np.testing.assert_array_equal(drawn.fc, one.fc if endless else one.fc_as_long)
        assert (drawn.endless, drawn.trouble) == (endless, "")
        np.testing.assert_array_equal(
            drawn.expected["fc_match"], one.expected_over_length.sel(score="fc_match")
        )
        levels = expectation.of(path, "pa", kind)["levels"]
        assert len(levels) == 2
    unknown = predicted.over_length(path, "pa", estimands.Kind("of_ones_own", "alpha"))
    assert unknown.expected == {}
    assert unknown.trouble == "there is none of of_ones_own in the alpha band"
    with pytest.raises(InputError, match="is not of pearson, beta; expected it"):
        predicted.over_length(path, "pa", estimands.Kind("pearson", "beta"))


def test_through_an_inverse_connectivity_is_of_activity_and_nothing_is_expected(
    predict, model, tmp_path, target
):
    whole = predict(model, None, length=30_000.0, asked=IN_BANDS)
    given = tmp_path / "connectome.nc", model, model, None, STEP
    compared = prediction.Compared(30_000.0, IN_BANDS, 250.0, 250.0)
    path = tmp_path / "seen.nc"
    with pytest.warns(UserWarning, match="expected scores are left out"):
        prediction.predict_file(*given, compared, [target], "pa", path, reconstructed=True)
    seen = xr.load_dataset(path)
    np.testing.assert_array_equal(seen.fc, whole.fc)
    assert not {"expected", "fc_as_long"} & set(seen)
    drawn = predicted.over_length(path, "pa", estimands.Kind("phase_locking_value", "alpha"))
    assert np.isnan(drawn.fc).all()


def test_longer_studies_have_higher_expected_scores(predict, model):
    short = predict(model, model)
    long = predict(model, model, length=60_000.0)
    for name in ("structure_function_coupling", "fc_match", "fc_match_ceiling"):
        assert long.expected.sel(score=name) > short.expected.sel(score=name) + 0.3
        assert long.expected_sd.sel(score=name) < short.expected_sd.sel(score=name)


def test_a_recording_has_no_expected_match(predict, model):
    found = predict(model, None)
    assert found.score.values.tolist() == STRUCTURE
    assert np.isfinite(found.log_likelihood).all()


def test_where_theory_does_not_hold_the_file_says_so_and_has_no_numbers(predict, model):
    wild = copy.deepcopy(model) | {"coupling": "additive", "coupling_strength": 1.0}
    wild["noise"]["sigma"] = 2.0
    with pytest.warns(UserWarning, match="theory, point pa: .*noise is too large"):
        found = predict(wild, model)
    assert "noise is too large" in found.attrs["notes"]
    assert "score" not in found.dims
    for name in ("covariance", "fc", "power", "log_likelihood"):
        assert np.isnan(found[name]).all()


def test_a_transient_shorter_than_the_slowest_mode_is_warned_of(predict, model):
    with pytest.warns(UserWarning, match="time constant of .* longer than the transient of 1 ms"):
        found = predict(model, model, STEP | {"transient": 1.0})
    assert "notes" not in found.attrs


def test_a_target_beyond_theory_leaves_what_does_not_need_it(predict, model):
    wild = copy.deepcopy(model)
    wild["noise"]["sigma"] = 20.0
    with pytest.warns(UserWarning, match="of the target, the noise is too large"):
        found = predict(model, wild)
    assert "structure_function_coupling" in found.score
    assert "fc_match" not in found.score
    assert np.isfinite(found.log_likelihood).all()
