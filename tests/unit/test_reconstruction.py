"""Activity seen through sensors and an inverse: what leaks, noise, and what leakage alone makes."""

import csv
import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from restmeg import (
    InputError,
    ResultWarning,
    connectome,
    estimands,
    estimation,
    fingerprint,
    inverse,
    leadfield,
    leakage,
    reconstruction,
    recording,
    scoring,
    store,
)

LABELS = [f"R{k}" for k in range(10)]
RATE = 250.0
ASKED = estimands.Asked(
    ["pearson", "phase_locking_value", "imaginary_coherence"], {"alpha": (8.0, 13.0)}, 1000.0
)
PEARSON = estimands.Asked(["pearson"], {}, 0.0)


class Given:
    """Series in memory, with the interface of `estimation.Series`, in pieces of any length."""

    def __init__(self, series, length=97, replicates=None, labels=LABELS):
        self.series, self.length, self.labels = series, length, labels
        self.replicates = np.arange(len(series)) if replicates is None else np.array(replicates)
        self.n_samples, self.sampling_rate = series.shape[1], RATE

    def pieces(self, k):
        for first in range(0, self.n_samples, self.length):
            yield self.series[k, first : first + self.length]


def operator(n=10, sensors=30, seed=0, size=0.1):
    """An operator that leaks, and noise of some size."""
    rng = np.random.default_rng(seed)
    gain = rng.normal(size=(n, sensors))
    back = np.linalg.pinv(gain + 0.3 * rng.normal(size=gain.shape)).T
    noise = size**2 * np.eye(sensors)
    return inverse.Operator(
        LABELS[:n], back @ gain.T, inverse.noise_factor(back, noise), {"source": "made"}
    )


def reconstructed(series, by, seed=3, role="simulated"):
    found = reconstruction.Reconstructed(series, by, seed, role)
    return np.stack([np.concatenate(list(found.pieces(k))) for k in range(len(series.replicates))])


@pytest.fixture
def series():
    return np.random.default_rng(1).normal(size=(3, 500, 10)).astype(np.float32)


def test_without_noise_it_is_the_product_of_matrices(series):
    by = operator(size=1e-12)
    expected = np.einsum("ij,rtj->rti", by.leakage, series.astype(float))
    np.testing.assert_allclose(reconstructed(Given(series), by), expected, rtol=1e-5, atol=1e-5)


def test_noise_has_the_covariance_of_the_sensors_after_the_inverse():
    rng = np.random.default_rng(0)
    back, mixing = rng.normal(size=(4, 9)), rng.normal(size=(9, 9))
    noise = mixing @ mixing.T
    factor = inverse.noise_factor(back, noise)
    by = inverse.Operator(LABELS[:4], np.eye(4), factor, {})
    silent = Given(np.zeros((2, 40_000, 4), np.float32), labels=LABELS[:4])
    found = reconstructed(silent, by)
    expected = back @ noise @ back.T
    for values in found:
        np.testing.assert_allclose(np.cov(values.T), expected, atol=0.03 * np.abs(expected).max())
        # White: no sample depends on the one before.
        after = values[1:].T @ values[:-1] / len(values)
        assert np.abs(after).max() < 0.03 * np.abs(expected).max()
    assert abs(np.corrcoef(found[0].ravel(), found[1].ravel())[0, 1]) < 0.02


@given(length=st.integers(1, 600))
def test_the_same_bits_in_pieces_of_any_length(length):
    values = np.random.default_rng(1).normal(size=(2, 300, 10)).astype(np.float32)
    by = operator()
    expected = reconstructed(Given(values, 300), by)
    np.testing.assert_array_equal(reconstructed(Given(values, length), by), expected)


def test_noise_depends_on_seed_role_and_replicate_alone(series):
    by, same = operator(), np.repeat(series[:1], 3, axis=0)
    found = reconstructed(Given(same, replicates=[4, 5, 6]), by)
    (alone,) = reconstructed(Given(same[:1], replicates=[5]), by)
    np.testing.assert_array_equal(found[1], alone)
    others = [
        found[0],
        *reconstructed(Given(same[:1], replicates=[5]), by, seed=4),
        *reconstructed(Given(same[:1], replicates=[5]), by, role="target"),
    ]
    for other in others:
        noise = [values - series[0] @ by.leakage.T for values in (alone, other)]
        assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.05
    # By the seed, replicate and role in these places of Philox's key and counter.
    key = np.array([3, int.from_bytes(b"sens") << 32 | 5], np.uint64)
    random = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, 1]))
    (target,) = reconstructed(Given(0 * same[:1], replicates=[5]), by, role="target")
    expected = random.standard_normal((500, len(by.noise))) @ by.noise
    np.testing.assert_allclose(target, expected, rtol=1e-4, atol=1e-6)


def test_an_operator_of_other_regions_is_refused(series):
    by = operator()._replace(labels=LABELS[::-1])
    with pytest.raises(InputError, match="its regions are not those of the activity"):
        reconstruction.Reconstructed(Given(series), by, 3, "simulated")


def write_activity(path, values, role="simulated", notes=()):
    """activity.nc of some series."""
    with store.new_netcdf(path, "x", {"role": role, "point": "pa"}, 3) as dataset:
        store.add(dataset, "replicate", np.arange(len(values)))
        store.add(dataset, "time", (1 + np.arange(values.shape[1])) * 1000 / RATE)
        store.add(dataset, "region", np.array(LABELS, object))
        store.add_series(dataset, "rate_E", values.shape)[...] = values
        store.add_notes(dataset, list(notes))
    return path


def write_operator(path, by):
    with store.new_netcdf(path, "x", by.parameters) as dataset:
        for name in ("region", "region_to", "region_from"):
            store.add(dataset, name, np.array(by.labels, object))
        store.add(dataset, "leakage", by.leakage)
        store.add(dataset, "sensor_noise", by.noise)
    return path


def test_a_file_holds_the_series_and_the_share_of_noise(tmp_path, series):
    by = operator()
    arguments = (
        write_activity(tmp_path / "activity.nc", series, notes=["a note"]),
        write_operator(tmp_path / "inverse.nc", by),
    )
    path = tmp_path / "reconstructed.nc"
    reconstruction.reconstruct_file(*arguments, 3, "simulated", "pa", path)
    expected = reconstructed(Given(series), by)
    with xr.open_dataset(path) as found, xr.open_dataset(arguments[0]) as before:
        np.testing.assert_array_equal(found.reconstructed, expected)
        np.testing.assert_array_equal(found.time, before.time)
        np.testing.assert_allclose(
            found.noise_share, (by.noise**2).sum(axis=0) / expected.var(axis=1), rtol=1e-5
        )
        assert json.loads(found.attrs["notes"]) == ["a note"]
        said = json.loads(found.attrs["parameters"])
        assert said == {"role": "simulated", "point": "pa", "inverse": {"source": "made"}}
    with recording.opened(path) as opened:  # as connectivity is estimated from it
        np.testing.assert_array_equal(np.concatenate(list(opened.pieces(1))), expected[1])
        assert opened.sampling_rate == RATE


def test_mostly_noise_is_told(tmp_path, series):
    activity = write_activity(tmp_path / "activity.nc", series)
    path = write_operator(tmp_path / "inverse.nc", operator(size=30.0))
    with pytest.warns(ResultWarning, match=r"sensor noise is \d\d % of the variance"):
        reconstruction.reconstruct_file(
            activity, path, 3, "simulated", "pa", tmp_path / "reconstructed.nc"
        )
    with store.open_netcdf(tmp_path / "reconstructed.nc") as dataset:
        assert len(store.notes(dataset)) == 1


@given(n_regions=st.integers(1, 40), n_samples=st.integers(2, 5000), replicate=st.integers(0, 99))
def test_regions_are_shifted_as_far_apart_as_can_be(n_regions, n_samples, replicate):
    found = leakage.shifts(7, replicate, n_regions, n_samples)
    assert found.min() == 0
    assert found.max() < n_samples
    around = np.diff(np.sort(found), append=n_samples)
    assert around.min() >= n_samples // n_regions
    np.testing.assert_array_equal(found, leakage.shifts(7, replicate, n_regions, n_samples))


def test_shifts_are_by_seed_and_replicate():
    found = {tuple(leakage.shifts(seed, k, 40, 4000)) for seed in (1, 2) for k in (0, 1)}
    assert len(found) == 4


def test_shifted_series_keep_their_spectra_and_lose_their_coupling():
    rng = np.random.default_rng(2)
    common = rng.normal(size=(2, 5000, 1))
    values = (common + 0.2 * rng.normal(size=(2, 5000, 10))).astype(np.float32)
    shifted = leakage.Shifted(Given(values), 5)
    for k, one in enumerate(values):
        found = np.concatenate(list(shifted.pieces(k)))
        for before, after, by in zip(one.T, found.T, shifted.by(k), strict=True):
            np.testing.assert_array_equal(np.roll(before, by), after)
        apart = np.abs(np.corrcoef(found.T)[np.triu_indices(10, 1)])
        assert apart.max() < 0.08
        assert np.corrcoef(one.T)[np.triu_indices(10, 1)].min() > 0.9


# What it is for: uncoupled sources in a head, through sensors and their inverse.


def head():
    """Lead field of regions of one sphere, near each other, under few sensors."""
    angles = np.arange(10) * np.pi / 5
    centres = np.stack([45 * np.cos(angles), 45 * np.sin(angles), 25 * np.cos(2 * angles)], axis=1)
    given = {"source": "sphere", "path": None, "sensors": 16, "centres": None, "dipoles": None}
    return leadfield.from_settings(given, LABELS, centres)


def oscillations(rng, n, mixing, seconds=40):
    """Rates (n, samples, 10) of alpha rhythms with noise: mixing couples them, with a delay."""
    t = int(seconds * RATE)
    decay = np.exp(-5 / RATE + 2j * np.pi * 10 / RATE)
    z = np.zeros((n, t, 10), complex)
    for step in range(1, t):
        drive = rng.normal(size=(n, 10, 2)).view(complex)[..., 0]
        late = z[:, step - 5] if step >= 5 else 0 * drive
        z[:, step] = decay * z[:, step - 1] + drive + late @ mixing.T
    return (z.real + 0.1 * rng.normal(size=z.shape)).astype(np.float32) / 50


def anatomy():
    rng = np.random.default_rng(0)
    # Another pattern than that of nearness, in which they leak.
    weights = (rng.uniform(size=(10, 10)) < 0.2).astype(float)
    weights = np.maximum(weights, weights.T) * (1 - np.eye(10))
    return connectome.Connectome(weights, 50 * (1 - np.eye(10)), np.array(LABELS, object))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Scores of coupled and of uncoupled activity, against a coupled and an uncoupled target."""
    folder = tmp_path_factory.mktemp("leakage")
    field = head()
    leadfield.write(folder / "leadfield.nc", field, "sphere")
    given = {
        "source": "minimum_norm",
        "path": None,
        "regularisation": 1 / 9,
        "sensor_noise": {"mag": 3e-15, "grad": 3e-13},
        "noise_covariance": None,
    }
    planned = fingerprint.content(*inverse.from_settings(given, field, RATE).identity())
    inverse.write(
        *(folder / "leadfield.nc", LABELS, given, planned, 100.0, (RATE, RATE), []),
        folder / "inverse.nc",
    )
    of = anatomy()
    connectome.write(folder / "connectome.nc", of, "made")
    rng = np.random.default_rng(8)
    paths = {}
    for role, seed, n in (("simulated", 3, 6), ("target", 5, 5)):
        for name, strength in (("coupled", 0.03), ("uncoupled", 0.0)):
            place = folder / f"{role}_{name}"
            place.mkdir()
            values = oscillations(rng, n, strength * np.triu(of.weights))
            activity = write_activity(place / "activity.nc", values, role)
            seen = place / "reconstructed.nc"
            reconstruction.reconstruct_file(activity, folder / "inverse.nc", seed, role, "pa", seen)
            estimation.estimate_file(seen, ASKED, role, "pa", place / "connectivity.nc")
            paths[role, name] = place / "connectivity.nc"
            if role == "simulated":
                estimation.estimate_file(activity, ASKED, role, "pa", place / "unleaked.nc")
                leakage.null_file(
                    activity, folder / "inverse.nc", ASKED, seed, "pa", place / "leakage.nc"
                )
    return folder, paths


def scores(made, simulated, target):
    """{(measure, band, score): value, low, high}."""
    folder, paths = made
    out = [folder / f"{name}.csv" for name in ("scores", "replicates", "notes")]
    scoring.score_point(
        [paths["simulated", simulated]],
        [paths["target", target]],
        folder / "connectome.nc",
        "pa",
        out,
        leaked_paths=[paths["simulated", simulated].with_name("leakage.nc")],
    )
    with out[0].open(newline="") as file:
        return {
            (row["measure"], row["score"]): [
                float(row[name]) for name in ("value", "ci_low", "ci_high")
            ]
            for row in csv.DictReader(file)
            if row["measure"] and (row["band"] == "alpha")
        }


def test_a_match_of_uncoupled_sources_is_no_more_than_that_of_leakage(made):
    found = scores(made, "uncoupled", "uncoupled")
    match, low, _ = found["phase_locking_value", "fc_match"]
    assert match > 0.5
    assert low > 0.4
    null = found["phase_locking_value", "leakage_null"]
    assert null[0] == pytest.approx(match, abs=0.1)
    _, low, high = found["phase_locking_value", "fc_match_minus_leakage"]
    assert low < 0 < high
    # What has no delay is not in it.
    assert abs(found["imaginary_coherence", "fc_match"][0]) < 0.2


def test_uncoupled_sources_match_a_coupled_target_by_leakage_alone(made):
    found = scores(made, "uncoupled", "coupled")
    _, low, _ = found["phase_locking_value", "fc_match"]
    assert low > 0.05
    _, below, above = found["phase_locking_value", "fc_match_minus_leakage"]
    assert below < 0 < above
    _, below, above = found["imaginary_coherence", "fc_match"]
    assert below < 0 < above


def test_coupled_sources_match_more_than_leakage_does(made):
    found = scores(made, "coupled", "coupled")
    for measure in ("phase_locking_value", "imaginary_coherence"):
        _, low, _ = found[measure, "fc_match_minus_leakage"]
        assert low > 0.05, measure
        assert found[measure, "fc_match"][1] > found[measure, "leakage_null"][2]


def test_the_table_has_the_match_before_and_after(made):
    folder, paths = made
    place = paths["simulated", "uncoupled"].parent
    files = {
        leakage.BEFORE: [place / "unleaked.nc"],
        leakage.AFTER: [place / "connectivity.nc"],
        leakage.NULL: [place / "leakage.nc"],
    }
    arguments = [paths["target", "uncoupled"]], folder / "connectome.nc", "pa"
    leakage.write_table(files, *arguments, folder / "leakage.csv")
    with (folder / "leakage.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 4
    table = {(row["measure"], row["band"], row["of"]): float(row["value"]) for row in rows}
    of = "phase_locking_value", "alpha"
    assert table[(*of, "activity")] < 0.3 < table[(*of, "reconstructed")]
    known = scores(made, "uncoupled", "uncoupled")
    assert table[(*of, "reconstructed")] == known["phase_locking_value", "fc_match"][0]
    assert table[(*of, "leakage_null")] == known["phase_locking_value", "leakage_null"][0]
    files[leakage.NULL] = [place / "connectivity.nc"]
    with pytest.raises(InputError, match="role simulated; expected leakage"):
        leakage.write_table(files, *arguments, folder / "leakage.csv")
    with pytest.raises(InputError, match=r"point pa, .*; expected pb"):
        leakage.write_table(files, *arguments[:2], "pb", folder / "leakage.csv")


def test_short_shifts_are_told(tmp_path, series):
    activity = write_activity(tmp_path / "activity.nc", series)
    path = write_operator(tmp_path / "inverse.nc", operator())
    with pytest.warns(ResultWarning, match=r"are 0.2 s apart, as replicates are no longer"):
        leakage.null_file(activity, path, PEARSON, 3, "pa", tmp_path / "leakage.nc")
    with store.open_netcdf(tmp_path / "leakage.nc") as dataset:
        assert store.provenance(dataset)[0]["role"] == "leakage"
        assert dataset["fc"].shape == (1, 1, 3, 10, 10)
        np.testing.assert_array_equal(dataset["replicate"][...], [0, 1, 2])


def test_the_null_of_other_replicates_is_refused(made, tmp_path):
    folder, paths = made
    place = paths["simulated", "coupled"].parent
    few = write_activity(
        tmp_path / "activity.nc", np.random.default_rng(0).normal(size=(2, 9000, 10))
    )
    leakage.null_file(few, folder / "inverse.nc", ASKED, 3, "pa", tmp_path / "leakage.nc")
    with pytest.raises(InputError, match="is not of the replicates and measures of"):
        scoring.score_point(
            [place / "connectivity.nc"],
            [paths["target", "coupled"]],
            folder / "connectome.nc",
            "pa",
            [tmp_path / name for name in "abc"],
            leaked_paths=[tmp_path / "leakage.nc"],
        )
