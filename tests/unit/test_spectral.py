"""Scores of power spectra: what they are of known spectra, and how sure."""

import csv

import numpy as np
import pytest
from restmeg import InputError, connectome, estimands, estimation, library, power, scoring
from restmeg.scores import OF_SPECTRA, SCORES
from restmeg.scores.match import ALONE
from scipy import stats

FREQUENCIES = np.arange(1, 46) * 1.0
REGIONS = 6
# True power (N, n): a slope and a peak, of other height in each region; and another model's.
SLOPE = 1 / (1 + FREQUENCIES)
PEAK = np.exp(-((FREQUENCIES - 10) ** 2) / 8)
TRUTH = SLOPE + np.linspace(0, 0.4, REGIONS)[:, None] * PEAK
OTHER = SLOPE + np.linspace(0.4, 0, REGIONS)[:, None] * PEAK


def drawn(truth, n, rng, segments=3, gains=(1.0,), recorded=False):
    """Power of n replicates: chi-squared about the truth, as of independent segments."""
    values = truth * rng.gamma(segments, 1 / segments, size=(n, *truth.shape))
    values *= np.resize(gains, n)[:, None, None]
    labels = [f"R{k}" for k in range(len(truth))]
    return power.Spectra(FREQUENCIES, values, np.arange(n), labels, "p", recorded)


def scored(simulated, target):
    return {one.score: one.found for one in scoring.scored_spectra(simulated, target)}


def vectors(spectra):
    return np.log10(spectra.power).reshape(len(spectra.power), -1)


def test_match_and_ceiling_are_correlations_of_log_power():
    rng = np.random.default_rng(0)
    simulated, target = drawn(TRUTH, 4, rng), drawn(OTHER, 3, rng)
    found = scored(simulated, target)
    assert list(found) == OF_SPECTRA
    expected = [[stats.pearsonr(s, t)[0] for t in vectors(target)] for s in vectors(simulated)]
    match = found["spectral_match"]
    np.testing.assert_allclose(match.values["replicate", "target_replicate"], expected, atol=1e-12)
    assert match.summary.value == pytest.approx(np.mean(expected))
    assert match.summary.n == 12
    each = np.corrcoef(vectors(target))[np.triu_indices(3, 1)]
    assert found["spectral_match_ceiling"].summary.value == pytest.approx(each.mean())


def test_distance_is_the_mean_of_products_of_different_replicates():
    rng = np.random.default_rng(0)
    simulated, target = drawn(TRUTH, 4, rng), drawn(OTHER, 3, rng)
    apart = vectors(simulated)[:, None] - vectors(target)  # (n, m, values)
    products = [
        (apart[r, t] * apart[other, another]).mean()
        for r in range(4) for other in range(4) if other != r
        for t in range(3) for another in range(3) if another != t
    ]  # fmt: skip
    found = scored(simulated, target)["spectral_distance"].summary
    assert found.value == pytest.approx(np.mean(products))


@pytest.mark.parametrize("recorded", [False, True])
def test_a_gain_counts_unless_the_target_is_a_recording(recorded):
    rng = np.random.default_rng(0)
    simulated, target = drawn(TRUTH, 5, rng), drawn(TRUTH, 4, rng, recorded=recorded)
    louder = target._replace(power=1e6 * target.power)
    before, after = scored(simulated, target), scored(simulated, louder)
    for name in OF_SPECTRA:
        same = after[name].summary == pytest.approx(before[name].summary, rel=1e-6)
        assert same == (recorded or name != "spectral_distance")
    if not recorded:
        assert after["spectral_distance"].summary.value == pytest.approx(36, abs=0.5)


def test_the_interval_of_the_match_holds_the_truth():
    """Of 500 draws of 8 and 6 replicates, 90 to 98 % do."""
    rng = np.random.default_rng(1)
    many = drawn(TRUTH, 400, rng), drawn(OTHER, 400, rng)
    truth = scored(*many)["spectral_match"].summary.value  # to 0.001
    held = 0
    for _ in range(500):
        found = scored(drawn(TRUTH, 8, rng), drawn(OTHER, 6, rng))["spectral_match"].summary
        held += found.ci_low <= truth <= found.ci_high
    assert 0.90 <= held / 500 <= 0.98


@pytest.mark.parametrize(("gains", "recorded"), [((1.0,), False), ((0.2, 3.0, 40.0), True)])
def test_the_distance_is_zero_in_the_mean_at_the_truth(gains, recorded):
    """And that of two truths is the one between them, within three standard errors."""
    rng = np.random.default_rng(2)
    of_gain = {"gains": gains, "recorded": recorded}
    apart = np.log10(TRUTH / OTHER)
    expected = apart.var() if recorded else (apart**2).mean()
    for truth, distance in ((TRUTH, 0.0), (OTHER, expected)):
        values = np.array(
            [
                scored(drawn(TRUTH, 6, rng), drawn(truth, 5, rng, **of_gain))[
                    "spectral_distance"
                ].summary.value
                for _ in range(400)
            ]
        )
        assert abs(values.mean() - distance) < 3 * values.std() / 20


def test_the_match_is_at_its_ceiling_at_the_truth():
    rng = np.random.default_rng(3)
    gaps = []
    for _ in range(300):
        found = scored(drawn(TRUTH, 6, rng), drawn(TRUTH, 5, rng))
        gaps.append(
            found["spectral_match"].summary.value - found["spectral_match_ceiling"].summary.value
        )
    assert abs(np.mean(gaps)) < 3 * np.std(gaps) / np.sqrt(300)


def test_a_single_recording_has_a_match_alone():
    rng = np.random.default_rng(0)
    found = scored(drawn(TRUTH, 5, rng), drawn(TRUTH, 1, rng, recorded=True))
    assert np.isfinite(found["spectral_match"].summary).all()
    for name in ("spectral_match_ceiling", "spectral_distance"):
        assert np.isnan(found[name].summary.value)
        assert found[name].note == ALONE


def test_a_replicate_with_a_silent_region_is_left_out():
    rng = np.random.default_rng(0)
    simulated, target = drawn(TRUTH, 5, rng), drawn(TRUTH, 4, rng)
    gap = simulated._replace(power=simulated.power.copy())
    gap.power[1, 3] = 0.0
    found = scored(gap, target)
    match = found["spectral_match"]
    assert match.summary.n == 16
    assert np.isnan(match.values["replicate", "target_replicate"][1]).all()
    rest = simulated._replace(power=np.delete(simulated.power, 1, axis=0))
    for name, of_rest in scored(rest, target).items():
        assert found[name].summary == of_rest.summary


def test_without_frequencies_scores_say_why():
    rng = np.random.default_rng(0)
    simulated, target = drawn(TRUTH, 3, rng), drawn(TRUTH, 2, rng)
    nothing = target._replace(
        frequencies=np.zeros(0), power=np.zeros((2, REGIONS, 0)), trouble=power.TOO_SHORT
    )
    for given, note in (
        (nothing, power.TOO_SHORT),
        (nothing._replace(trouble=""), "no frequency of the spectra is among those that count"),
    ):
        found = scored(simulated, given)
        for name in OF_SPECTRA:
            assert np.isnan(found[name].summary.value)
            assert found[name].summary.n == 0
            assert found[name].note == note
        assert found["spectral_match"].values["replicate", "target_replicate"].shape == (3, 2)


def test_other_frequencies_are_refused_and_fewer_are_not():
    rng = np.random.default_rng(0)
    simulated, target = drawn(TRUTH, 3, rng), drawn(TRUTH, 3, rng)
    with pytest.raises(InputError, match="frequencies of the target are not those"):
        scored(simulated, target._replace(frequencies=1.01 * FREQUENCIES))
    fewer = target._replace(frequencies=FREQUENCIES[:20], power=target.power[..., :20])
    both = simulated._replace(frequencies=FREQUENCIES[:20], power=simulated.power[..., :20])
    assert scored(simulated, fewer)["spectral_match"].summary == (
        scored(both, fewer)["spectral_match"].summary
    )


def test_what_is_better_and_how_it_is_read():
    assert [SCORES[name].direction for name in OF_SPECTRA] == ["highest", None, "lowest"]
    distance = SCORES["spectral_distance"]
    assert distance.read(-0.04) == pytest.approx(-0.2)
    assert distance.read_scale != distance.scale


@pytest.fixture
def study(tmp_path, example):
    """Files of a point and a target of three replicates, the last of the point with a silence."""
    paths = {"connectome": tmp_path / "connectome.nc"}
    labels = np.array([f"R{k}" for k in range(8)], dtype=object)
    connectome.write(paths["connectome"], connectome.Connectome(*example, labels), "x")
    for role, point in (("simulated", "pa"), ("target", "pt")):
        activity = library.simulate(
            "example", role=role, duration="1 s", transient="0 ms", replicates=3, progress=False
        )
        if role == "simulated":
            activity.rate_E[2, :, 4] = 0.0
        activity.to_netcdf(tmp_path / "activity.nc")
        paths[role] = tmp_path / f"{role}_fc.nc", tmp_path / f"{role}_spectra.nc"
        given = tmp_path / "activity.nc"
        estimation.estimate_file(given, estimands.Asked(["pearson"]), role, point, paths[role][0])
        power.estimate_file(given, role, point, False, paths[role][1])
        given.unlink()
    return paths


def score_point(paths, folder, spectra, **more):
    """The three tables of a point."""
    out = [folder / f"{name}.csv" for name in ("scores", "replicates", "notes")]
    files = [[paths[role][0]] for role in ("simulated", "target")]
    scoring.score_point(*files, paths["connectome"], "pa", out, spectra_paths=spectra, **more)
    return [list(csv.DictReader(path.read_text().splitlines())) for path in out]


@pytest.mark.filterwarnings("ignore::restmeg.ResultWarning")
def test_tables_of_a_point_have_them_after_those_of_connectivity(study, tmp_path):
    spectra = [[study[role][1]] for role in ("simulated", "target")]
    summary, single, notes = score_point(study, tmp_path, spectra)
    before, *_ = score_point(study, tmp_path, ())
    assert summary[: len(before)] == before
    rest = summary[len(before) :]
    assert [row["score"] for row in rest] == OF_SPECTRA
    assert {(row["measure"], row["band"]) for row in rest} == {("power", "broadband")}
    labels = [f"R{k}" for k in range(8)]
    given = [
        power.read(of, role, labels, (1, 45))
        for of, role in zip(spectra, ("simulated", "target"), strict=True)
    ]
    assert given[0].frequencies[[0, -1]].tolist() == [1, 45]
    expected = np.corrcoef(
        np.concatenate([vectors(given[0]._replace(power=given[0].power[:2])), vectors(given[1])])
    )[:2, 2:]
    assert float(rest[0]["value"]) == pytest.approx(expected.mean())
    values = [float(row["value"]) for row in single if row["score"] == "spectral_match"]
    np.testing.assert_allclose(values, [*expected.ravel(), *[np.nan] * 3], rtol=1e-8)
    assert {
        "point": "pa",
        "about": "scores",
        "note": "power is zero or NaN in 1 of 3 simulated replicates, which scores leave out",
    } in notes
    fewer, *_ = score_point(study, tmp_path, spectra, frequencies=[8.0, 13.0])
    band = [of._replace(power=of.power[..., 7:13]) for of in given]
    expected = scored(*(of._replace(frequencies=of.frequencies[7:13]) for of in band))
    assert float(fewer[-3]["value"]) == pytest.approx(expected["spectral_match"].summary.value)
    none, _, notes = score_point(study, tmp_path, spectra, frequencies=[8.1, 8.2])
    assert [row["value"] for row in none[-3:]] == ["nan"] * 3
    assert any(
        "no frequency of the spectra is among those that count" in row["note"] for row in notes
    )


@pytest.mark.filterwarnings("ignore::restmeg.ResultWarning")
def test_spectra_of_other_replicates_are_refused(study, tmp_path):
    spectra = [[study["simulated"][1]], [study["simulated"][1]]]
    with pytest.raises(InputError, match="role simulated; expected target"):
        score_point(study, tmp_path, spectra)
    activity = library.simulate(
        "example", role="target", duration="1 s", transient="0 ms", replicates=2, progress=False
    )
    activity.to_netcdf(tmp_path / "activity.nc")
    power.estimate_file(tmp_path / "activity.nc", "target", "pt", False, tmp_path / "two.nc")
    with pytest.raises(InputError, match=r"replicates \[0, 1\]; expected \[0, 1, 2\]"):
        score_point(study, tmp_path, [spectra[0], [tmp_path / "two.nc"]])
