"""Scores against plain loops, known truths and what must not change them."""

from pathlib import Path

import numpy as np
import plain_scores as plain
import pytest
from restmeg.scores import OF_CONNECTIVITY, SCORES, correlation
from restmeg.scores.comparison import Comparison
from scipy import stats

PAIRS = 28


def patterns(n, share=1.0, seed=0, pairs=PAIRS):
    """Replicates of a pattern that is the same for all seeds, with noise of their own."""
    pattern = np.random.default_rng(99).normal(size=pairs)
    return share * pattern + np.random.default_rng(seed).normal(size=(n, pairs))


@pytest.fixture
def anatomy():
    rng = np.random.default_rng(98)
    return rng.random(PAIRS), 20 + 60 * rng.random(PAIRS)


NONE = np.empty((0, PAIRS))


def test_in_a_band_the_distance_is_not_to_segments(anatomy):
    segments = patterns(10, 1.5, seed=1)
    given = patterns(4), segments.mean(axis=0, keepdims=True), *anatomy, segments
    result = SCORES["fc_distance"].function(Comparison(*given, shorter_is_other=True))
    assert np.isnan(result.summary.value)
    assert "with a simulation.duration of less than a third of the recording" in result.note
    assert np.isfinite(SCORES["fc_distance"].function(Comparison(*given)).summary.value)
    several = patterns(4), patterns(3, seed=2), *anatomy, NONE
    result = SCORES["fc_distance"].function(Comparison(*several, shorter_is_other=True))
    assert np.isfinite(result.summary.value)


@pytest.mark.parametrize("name", ["fc_match_ceiling", "fc_match_minus_ceiling"])
def test_what_chance_raises_in_segments_has_no_ceiling_from_them(name, anatomy):
    segments = patterns(10, 1.5, seed=1)
    given = patterns(4), segments.mean(axis=0, keepdims=True), *anatomy, segments
    assert np.isfinite(SCORES[name].function(Comparison(*given)).summary.value)
    result = SCORES[name].function(Comparison(*given, shorter_is_more=True))
    assert np.isnan(result.summary.value)
    assert "another in short segments" in result.note


def found(name, simulated, target, anatomy, segments=NONE):
    return SCORES[name].function(Comparison(simulated, target, *anatomy, segments))


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("structure_function_coupling", stats.pearsonr),
        ("structure_function_spearman", stats.spearmanr),
        (
            "structure_function_partial",
            lambda fc, w, d: stats.pearsonr(plain.residual(fc, d), plain.residual(w, d)),
        ),
    ],
)
def test_structure_and_function_are_those_of_scipy(name, of, anatomy):
    weights = np.round(anatomy[0], 1)  # many alike
    simulated = patterns(6)
    given = (weights, anatomy[1]) if "partial" in name else (weights,)
    result = found(name, simulated, patterns(2, seed=1), (weights, anatomy[1]))
    values = result.values[("replicate",)]
    np.testing.assert_allclose(values, [of(fc, *given)[0] for fc in simulated], atol=1e-13)
    outside = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert result.summary[1:3] == pytest.approx(tuple(outside), abs=1e-12)
    assert result.summary.n == 6


def test_ranks_are_those_of_scipy():
    values = np.random.default_rng(0).integers(0, 9, (5, 40)).astype(float)
    np.testing.assert_array_equal(correlation.ranks(values), stats.rankdata(values, axis=1) - 1)


def test_matches_are_correlations_of_all_pairs_of_replicates(anatomy):
    simulated, target = patterns(5), patterns(3, seed=1)
    result = found("fc_match", simulated, target, anatomy)
    expected = np.array([[plain.corr(s, t) for t in target] for s in simulated])
    values = result.values["replicate", "target_replicate"]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-14)
    assert result.summary[:3] == pytest.approx(plain.two_way(expected), abs=1e-12)
    assert result.summary.n == 15
    freed = [[plain.residual(x, anatomy[1]) for x in side] for side in (simulated, target)]
    expected = np.array([[plain.corr(s, t) for t in freed[1]] for s in freed[0]])
    result = found("fc_match_partial", simulated, target, anatomy)
    values = result.values["replicate", "target_replicate"]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-13)
    assert result.summary[:3] == pytest.approx(plain.two_way(expected), abs=1e-12)


JACKKNIFED = {
    "fc_match_ceiling": lambda S, T: plain.ceiling(T),
    "fc_match_minus_ceiling": plain.minus_ceiling,
    "fc_match_corrected": plain.corrected,
    "fc_distance": plain.distance,
}


@pytest.mark.parametrize(("n", "m"), [(3, 3), (6, 4), (4, 7)])
@pytest.mark.parametrize("name", JACKKNIFED)
def test_jackknives_are_those_of_scores_computed_again(name, n, m, anatomy):
    simulated, target = patterns(n, 3), patterns(m, 2, seed=1)
    result = found(name, simulated, target, anatomy)
    if name == "fc_match_ceiling":
        *expected, pseudo = plain.jackknife(plain.ceiling, list(target))
        names, counted = [("target_replicate",)], m
    else:
        *expected, pseudo = plain.jackknife(JACKKNIFED[name], list(simulated), list(target))
        names, counted = [("replicate",), ("target_replicate",)], n * m
    assert result.note == ""
    assert result.summary[:3] == pytest.approx(expected, rel=1e-9)
    assert result.summary.n == counted
    assert list(result.values) == names
    for values, side in zip(result.values.values(), pseudo, strict=True):
        np.testing.assert_allclose(values, side, rtol=1e-9)


SINGLE = {
    "fc_match_minus_ceiling": lambda S, t, segments: (
        plain.mean_match(S, [t]) - plain.reliability(segments, len(segments))
    ),
    "fc_match_corrected": lambda S, t, segments: (
        plain.mean_match(S, [t])
        / np.sqrt(plain.ceiling(S) * plain.reliability(segments, len(segments)))
    ),
    "fc_distance": lambda S, t, segments: (
        (
            sum(a @ b for i, a in enumerate(S) for j, b in enumerate(S) if i != j)
            / (len(S) * (len(S) - 1))
            - 2 * np.mean([s @ part for s in S for part in segments])
            + sum(a @ b for i, a in enumerate(segments) for j, b in enumerate(segments) if i != j)
            / (len(segments) * (len(segments) - 1))
        )
        / len(t)
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_of_a_single_recording_segments_are_left_out(name, anatomy):
    simulated, segments = patterns(5, 3), patterns(10, 1.5, seed=1)
    whole = segments.mean(axis=0) + 0.1 * patterns(1, 0, seed=2)[0]
    result = found(name, simulated, whole[None], anatomy, segments)
    *expected, pseudo = plain.single(SINGLE[name], list(simulated), whole, list(segments))
    assert result.summary[:3] == pytest.approx(expected, rel=1e-9)
    assert list(result.values) == [("replicate",), ("segment",)]
    for values, side in zip(result.values.values(), pseudo, strict=True):
        np.testing.assert_allclose(values, side, rtol=1e-9)


def test_the_ceiling_of_a_single_recording_is_that_of_its_length(anatomy):
    segments = patterns(10, 1.5, seed=1)
    given = patterns(4), segments.mean(axis=0, keepdims=True), anatomy, segments
    result = found("fc_match_ceiling", *given)
    *expected, pseudo = plain.jackknife(lambda T: plain.reliability(T, 10), list(segments))
    assert result.summary[:3] == pytest.approx(expected, rel=1e-10)
    assert result.summary.n == 1
    np.testing.assert_allclose(result.values[("segment",)], pseudo[0], rtol=1e-9)


def test_a_recording_that_does_not_repeat_itself_has_no_ceiling(anatomy):
    segments = patterns(10, 0.0, seed=3)
    given = patterns(4), segments.mean(axis=0, keepdims=True), anatomy, segments
    for name in ("fc_match_ceiling", "fc_match_minus_ceiling", "fc_match_corrected"):
        result = found(name, *given)
        assert "too short for its pattern to repeat itself" in result.note
        assert np.isnan(result.summary[:3]).all()
        assert all(np.isnan(values).all() for values in result.values.values())
    assert np.isfinite(found("fc_distance", *given).summary[:3]).all()


def test_baselines_are_correlations_with_anatomy(anatomy):
    weights, distances = anatomy[0].copy(), anatomy[1]
    weights[:5] = 0.0
    target = patterns(4, seed=1)
    least = weights[5:].min()
    expected = {
        "baseline_weights": weights,
        "baseline_log_weights": np.log(np.where(weights > 0, weights, least / 2)),
        "baseline_distance": -distances,
    }
    for name, pattern in expected.items():
        result = found(name, patterns(2), target, (weights, distances))
        values = result.values[("target_replicate",)]
        np.testing.assert_allclose(values, [plain.corr(pattern, t) for t in target], atol=1e-14)
        outside = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert result.summary[1:3] == pytest.approx(tuple(outside), abs=1e-12)
        assert result.summary.n == 4
        alone = found(name, patterns(2), target[:1], (weights, distances)).summary
        assert alone.value == pytest.approx(values[0])
        assert np.isnan(alone.ci_low)


@pytest.mark.parametrize("name", OF_CONNECTIVITY)
def test_scale_and_order_change_no_correlation(name, anatomy):
    """But squared distances are those of the scale that both sides share."""
    simulated, target, segments = patterns(5, 3), patterns(4, 2, seed=1), patterns(10, 2, seed=2)
    order = np.random.default_rng(0).permutation(PAIRS)
    for given in ((target, NONE), (target[:1], segments)):
        before = found(name, simulated, given[0], anatomy, given[1]).summary
        turned = [3 * rows[::-1][:, order] for rows in (simulated, *given)]
        moved = [values[order] for values in anatomy]
        after = found(name, *turned[:2], moved, turned[2]).summary
        factor = 9 if name == "fc_distance" else 1
        np.testing.assert_allclose(
            after[:3], [factor * x for x in before[:3]], rtol=1e-9, atol=1e-12
        )
        assert after.n == before.n
        # Of one side alone it changes a distance, and nothing else.
        scaled = found(name, 2 * simulated, given[0], anatomy, given[1]).summary
        same = np.allclose(scaled[:3], before[:3], rtol=1e-9, equal_nan=True)
        assert same == (name != "fc_distance")


TURNED = {"fc_match", "fc_match_partial", "fc_match_corrected", "fc_distance"}


@pytest.mark.parametrize("name", OF_CONNECTIVITY)
def test_swapped_roles_are_seen_where_they_differ(name, anatomy):
    simulated, target = patterns(5, 3), patterns(4, 1, seed=1)
    there = found(name, simulated, target, anatomy).summary
    back = found(name, target, simulated, anatomy).summary
    assert (back.value == pytest.approx(there.value, rel=1e-9)) == (name in TURNED)
    fewer = found(name, simulated[1:], target[1:], anatomy).summary
    assert fewer.value != pytest.approx(there.value, rel=1e-6)
    assert fewer.n < there.n


def test_a_perfect_model_is_at_the_ceiling_and_at_no_distance(anatomy):
    """Means over 400 draws of 6 and 5 replicates, within four standard errors of the truth."""
    draws = {name: [] for name in JACKKNIFED}
    for k in range(400):
        simulated, target = patterns(6, 1, seed=[1, k]), patterns(5, 1, seed=[2, k])
        for name, values in draws.items():
            if name != "fc_match_corrected":
                values.append(found(name, simulated, target, anatomy).summary.value)
    pattern = patterns(1, 1) - patterns(1, 0)
    for name, truth in (("fc_match_minus_ceiling", 0), ("fc_distance", 0)):
        values = np.array(draws[name])
        assert abs(values.mean() - truth) < 4 * values.std() / 20
    # A noise-free pattern correlates with its replicates by about the root of their likeness.
    likeness = np.mean(draws["fc_match_ceiling"])
    clean = np.mean([plain.corr(pattern[0], row) for row in patterns(4000, 1, seed=7)])
    assert clean == pytest.approx(np.sqrt(likeness), abs=0.02)


def test_correction_undoes_noise():
    """Patterns that correlate by 0.8, seen through noise as strong as they are."""
    rng = np.random.default_rng(0)
    shared, other = rng.normal(size=(2, 400))
    own = 0.8 * shared + 0.6 * other
    expected = plain.corr(shared, own)
    simulated, target = (row + rng.normal(size=(30, 400)) for row in (shared, own))
    given = Comparison(simulated, target, shared, 1 + shared**2, np.empty((0, 400)))
    assert SCORES["fc_match"].function(given).summary.value < 0.5
    result = SCORES["fc_match_corrected"].function(given).summary
    assert result.ci_low < expected < result.ci_high
    assert result.value == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    ("n", "m", "name", "value", "interval", "note"),
    [
        (1, 4, "structure_function_coupling", True, False, ""),
        (1, 4, "fc_match", True, True, ""),
        (4, 1, "fc_match", True, True, ""),
        (1, 1, "fc_match", True, False, ""),
        (4, 1, "fc_match_ceiling", False, False, "a single target replicate without segments"),
        (4, 2, "fc_match_ceiling", True, False, ""),
        (4, 3, "fc_match_ceiling", True, True, ""),
        (4, 1, "fc_match_minus_ceiling", False, False, "a single target replicate"),
        (4, 2, "fc_match_minus_ceiling", True, False, ""),
        (1, 4, "fc_match_minus_ceiling", True, False, ""),
        (2, 3, "fc_match_minus_ceiling", True, True, ""),
        (2, 3, "fc_match_corrected", False, False, "three replicates of each side"),
        (3, 2, "fc_match_corrected", False, False, "three replicates of each side"),
        (3, 1, "fc_match_corrected", False, False, "a single target replicate"),
        (4, 4, "fc_match_corrected", True, True, ""),
        (1, 3, "fc_distance", False, False, "two simulated replicates are needed"),
        (3, 1, "fc_distance", False, False, "a single target replicate"),
        (2, 2, "fc_distance", True, False, ""),
        (2, 3, "fc_distance", True, False, ""),
        (3, 3, "fc_distance", True, True, ""),
    ],
)
def test_what_few_replicates_tell(n, m, name, value, interval, note, anatomy):
    result = found(name, patterns(n, 5), patterns(m, 5, seed=1), anatomy)
    assert np.isfinite(result.summary.value) == value
    assert np.isfinite(result.summary.ci_low) == interval
    assert result.note.startswith(note)
    assert bool(result.note) == bool(note)


def test_noise_alone_is_not_corrected(anatomy):
    noise, pattern = patterns(5, 0, seed=3), patterns(5, 5, seed=1)
    for given, side in (((noise, pattern), "simulated"), ((pattern, noise), "target")):
        result = found("fc_match_corrected", *given, anatomy)
        assert result.note == (
            f"the pattern of {side} connectivity does not repeat itself beyond chance"
        )
        assert np.isnan(result.summary.value)


@pytest.mark.parametrize("name", OF_CONNECTIVITY)
def test_without_replicates_there_is_no_score(name, anatomy):
    for n, m in ((0, 3), (3, 0), (0, 0)):
        result = found(name, patterns(n), patterns(m, seed=1), anatomy)
        needs = {"replicate": n, "target replicate": m, "pair": n * m}[SCORES[name].of]
        assert np.isfinite(result.summary.value) == (needs > 0)
        assert result.summary.n == needs


def test_weights_or_distances_that_are_all_alike(anatomy):
    weights, distances = anatomy
    flat = np.full(PAIRS, 0.3)
    given = patterns(4), patterns(3, seed=1)
    for name in ("structure_function_coupling", "structure_function_spearman", "baseline_weights"):
        assert np.isnan(found(name, *given, (flat, distances)).summary.value)
    # A line over one distance takes nothing away.
    for name, other in (
        ("structure_function_partial", "structure_function_coupling"),
        ("fc_match_partial", "fc_match"),
    ):
        for same in (flat, np.zeros(PAIRS)):
            summaries = [found(which, *given, (weights, same)).summary for which in (name, other)]
            assert summaries[0] == pytest.approx(summaries[1], rel=1e-12)
    # Of weights that are a line over distance nothing is left.
    line = found("structure_function_partial", *given, (100 - distances, distances))
    assert np.isnan(line.summary.value)


def test_pairs_without_a_distance_are_left_out_of_what_needs_one(anatomy):
    weights, distances = anatomy[0], anatomy[1].copy()
    distances[[2, 7, 8]] = 0.0
    given = patterns(4), patterns(3, seed=1)
    known = distances > 0
    for name in ("structure_function_partial", "fc_match_partial", "baseline_distance"):
        result = found(name, *given, (weights, distances))
        assert result.note == "3 of 28 pairs of regions have no distance and are left out"
        fewer = [side[:, known] for side in given]
        inside = Comparison(*fewer, weights[known], distances[known], NONE[:, known])
        assert result.summary == SCORES[name].function(inside).summary
    assert found("fc_match", *given, (weights, distances)).note == ""


def test_documentation_lists_the_scores_in_their_order():
    text = (Path(__file__).parents[2] / "config/README.md").read_text()
    table = text.split("## Scores\n")[1].split("\n\n")[1]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert [row[0].strip("`") for row in rows] == OF_CONNECTIVITY
    assert [row[-1].removesuffix("s") for row in rows] == [
        SCORES[name].of for name in OF_CONNECTIVITY
    ]
    for row in rows:
        kind = {"jackknife": False, "t": True, "two-way": True}[row[-2]]
        assert SCORES[row[0].strip("`")].is_mean == kind


@pytest.mark.parametrize("name", OF_CONNECTIVITY)
def test_a_score_says_what_is_better(name):
    score = SCORES[name]
    assert score.direction in ("highest", "lowest", None)
    assert (score.direction is None) == (
        name.startswith(("structure", "baseline")) or name == "fc_match_ceiling"
    )
    assert score.scale == ("squared distance per pair" if name == "fc_distance" else "correlation")
