"""The answer in words, in every case that there is."""

import math

import pytest
import scored
from restmeg.scores.standing import standing
from restmeg.summary import answer, table, words

K, V = "model.k", "model.v"
LABELS = {K: "coupling strength", V: "conduction speed (mm/ms)"}
RECORDED = (1, 3700, 1000.0)  # replicates, samples, Hz: as long as what is simulated
ONE = {"point": "pa", "shown": "", "recorded": None, "held_out": 0, "by_simulation": False}
ONE |= {key: {} for key in ("axes", "truth", "otherwise", "free", "true")}
SWEPT = ONE | {"axes": {K: LABELS[K]}, "truth": {K: 1.5}, "shown": "coupling strength 1"}
NEAR, FAR = (0.0, -0.01, 0.05), (0.04, 0.01, 0.09)  # FC distances
STRENGTHS = {"pa": 1.0, "pb": 1.5, "pc": 2.0}
SPACE = words.SPACE


def said(rows, best=(), nulls=(), study=ONE):
    found = answer.sentences(scored.texts(rows), scored.best_texts(*best), nulls, study)
    assert len(found) in (2, 3)
    for text in found:
        assert text[0].isupper()
        assert text.endswith(".")
        assert ".." not in text
        assert "nan" not in text
    return [text.replace(SPACE, " ") for text in found]


def sweep(likelihoods=(990, 1000, 995), distances=(0.04, 0.0, 0.01), **given):
    """Rows of three points."""
    found = []
    for (point, k), likely, far in zip(STRENGTHS.items(), likelihoods, distances, strict=True):
        own = {"log_likelihood": (likely, math.nan, math.nan), "fc_distance": (far, -0.01, 0.05)}
        found += scored.rows(point, {K: k}, **own, **given)
    return found


def estimate(value, low=math.nan, high=math.nan, axis=K, at_edge=False):
    return scored.best("log_likelihood", axis, value, low, high, "curvature", at_edge)


# Which model.


@pytest.mark.parametrize(
    ("distance", "said_of"),
    [
        ((0.0004, -0.0001, 0.0009), "cannot be told from that of the target"),
        ((0.0004, 0.0001, 0.0009), "differs from that of the target"),
        ((-0.0004, -0.0009, -0.0001), "cannot be told from that of the target"),
    ],
)
def test_one_model_is_told_from_the_target_or_not(distance, said_of):
    first, *_ = said(scored.rows(fc_distance=distance))
    assert said_of in first
    root = math.copysign(math.sqrt(abs(distance[0])), distance[0])
    assert f"the FC distance is {words.decimal(root, 3)} (95 % interval" in first
    assert "a sweep or a fit tells which parameters fit best" in first


def test_one_model_without_a_distance_was_only_scored():
    rows = scored.rows(fc_distance=scored.NONE)
    first, *_ = said(rows, study=ONE | {"recorded": RECORDED})
    assert first == (
        "One model was scored against the recording; a sweep or a fit tells which parameters fit "
        "best."
    )


def test_the_likelihood_says_which_parameters():
    first, *_ = said(sweep(), [estimate(1.4934, 1.4575, 1.5292)], study=SWEPT)
    assert first == (
        "The target is most likely at coupling strength 1.493 (95 % interval 1.458 to 1.529); the "
        "truth is coupling strength 1.5."
    )


def test_the_likelihood_goes_before_the_distance_whatever_the_order():
    near = scored.best("fc_distance", K, 2.0, 1.5, 2.0)
    rows = sweep(distances=(0.04, 0.01, 0.0))
    first, *_ = said(rows, [near, estimate(1.49, 1.45, 1.53)], study=SWEPT)
    assert "most likely at coupling strength 1.490 (95 % interval 1.450 to 1.530);" in first


def test_at_the_edge_of_a_sweep_better_may_lie_beyond():
    first, *_ = said(
        sweep(likelihoods=(990, 995, 1000)), [estimate(2.0, at_edge=True)], study=SWEPT
    )
    assert "most likely at coupling strength 2, at the edge of the sweep in coupling" in first
    assert "better may lie beyond" in first
    assert "interval" not in first


def test_one_of_two_parameters_at_the_edge():
    rows = [row | {V: v} for v in (5.0, 10.0) for row in sweep()]
    best = [estimate(1.5, 1.4, 1.6), estimate(10.0, axis=V, at_edge=True)]
    study = SWEPT | {"axes": LABELS, "truth": {}, "recorded": RECORDED}
    first, *_ = said(rows, best, study=study)
    assert (
        "coupling strength 1.50 (95 % interval 1.40 to 1.60) and conduction speed 10 mm/ms" in first
    )
    assert "at the edge of the sweep in conduction speed, so" in first
    assert "truth" not in first


def test_without_theory_the_distance_says_which_and_from_where_to_where():
    rows = sweep(likelihoods=(math.nan,) * 3)
    first, *_ = said(rows, [scored.best("fc_distance", K, 1.5, 1.0, 2.0)], study=SWEPT)
    assert first == (
        "Functional connectivity is nearest to the target's at coupling strength 1.5 (no worse "
        "from 1 to 2, to the edge of the sweep); the truth is coupling strength 1.5; no point has "
        "a likelihood, as notes say."
    )


def test_without_a_finite_value_nothing_is_best():
    rows = sweep((math.nan,) * 3, (math.nan,) * 3, fc_match=scored.NONE)
    first, second, _ = said(rows, study=SWEPT)
    assert first == "No point of the sweep could be told from the others."
    assert second == (
        "At coupling strength 1, the point that figures show, the FC match has no finite value."
    )


def test_the_truth_is_told_with_what_no_point_has():
    study = SWEPT | {"otherwise": {"wEE": 11.0, "tau (ms)": 30.0}}
    first, *_ = said(sweep(), [estimate(1.4934, 1.4575, 1.5292)], study=study)
    assert first.endswith(
        "the truth is coupling strength 1.5, but with wEE 11 and tau 30 ms, which no point has."
    )
    first, *_ = said(scored.rows(), study=ONE | {"otherwise": {"wEE": 11.0}})
    assert "differs from that of the target, which was simulated too, with wEE 11: the" in first


@pytest.mark.parametrize(
    ("likely", "near", "told"),
    [
        ((1.30, 1.20, 1.40), (1.5, 1.5, 1.5), False),  # up to the next points it may be either
        ((1.05, 1.01, 1.09), (2.0, 2.0, 2.0), True),
        ((1.05, 1.01, 1.09), (2.0, 1.5, 2.0), False),
        ((1.80, 1.60, 1.99), (1.0, 1.0, 1.0), True),
        ((1.05, 1.01, 1.09), (2.0, math.nan, math.nan), False),  # at the edge, nothing is known
        ((1.05, math.nan, math.nan), (2.0, 2.0, 2.0), False),
    ],
)
def test_likelihood_and_distance_that_exclude_each_other(likely, near, told):
    best = [estimate(*likely), scored.best("fc_distance", K, *near)]
    first, *_ = said(sweep(), best, study=SWEPT)
    assert ("Likelihood and FC distance exclude each other: coupling strength" in first) == told
    assert ("the model is hardly the whole truth" in first) == told


@pytest.mark.parametrize(
    ("distances", "told"),
    [
        (((0.04, 0.03, 0.05), (0.02, 0.015, 0.025), (0.01, 0.005, 0.012)), True),
        (((0.04, 0.03, 0.05), (0.02, 0.010, 0.025), (0.01, 0.005, 0.012)), False),
        ((scored.NONE, scored.NONE, (0.01, 0.005, 0.012)), False),
    ],
)
def test_a_distance_that_falls_to_the_edge_excludes_the_likelihood_where_it_surely_does(
    distances, told
):
    rows = []
    for (point, k), likely, far in zip(STRENGTHS.items(), (990, 1000, 995), distances, strict=True):
        own = {"log_likelihood": (likely, math.nan, math.nan), "fc_distance": far}
        rows += scored.rows(point, {K: k}, **own)
    best = [estimate(1.5, 1.4, 1.6), scored.best("fc_distance", K, 2.0, at_edge=True)]
    first, *_ = said(rows, best, study=SWEPT)
    assert ("is likeliest, but coupling strength 2 (edge of the sweep) nearest" in first) == told
    assert ("exclude each other" in first) == told


def test_a_point_without_a_likelihood_has_none_in_the_table():
    rows = scored.texts(scored.rows(log_likelihood=scored.NONE))
    row = next(row for row in rows if row["score"] == "log_likelihood") | {"n": "0"}
    assert table.in_words(row, highest=1000.0)["value"] == "none"


def test_words_are_named_by_the_best_point():
    rows = [row | {"model.c": row[K]} for row in sweep()]
    for row in rows:
        row["model.c"] = "additive" if row["point"] == "pb" else "diffusive"
        del row[K]
    study = ONE | {"axes": {"model.c": "coupling"}, "truth": {"model.c": "diffusive"}}
    first, *_ = said(rows, study=study)
    assert (
        first == "The target is most likely at coupling additive; the truth is coupling diffusive."
    )


def test_the_rest_is_about_the_best_point():
    rows = sweep()
    for row in rows:
        if row["score"] == "fc_match":
            row |= {"value": STRENGTHS[row["point"]], "ci_low": math.nan}
    _, second, _ = said(rows, [estimate(1.5, 1.4, 1.6)], study=SWEPT)
    assert second.startswith(
        "At coupling strength 1.5, the best of 3 points by log likelihood, the FC match is 1.50 "
        "(no interval), where"
    )


@pytest.mark.parametrize(
    ("likelihoods", "distances", "point", "by"),
    [
        ((1, 2, 3), (0.1, 0.0, 0.1), "pc", "log_likelihood"),
        ((math.nan, 2, math.nan), (0.1, 0.1, 0.0), "pb", "log_likelihood"),
        ((math.nan,) * 3, (0.1, 0.05, -0.01), "pc", "fc_distance"),
        ((math.nan,) * 3, (math.nan,) * 3, "pa", ""),
    ],
)
def test_which_point_decides(likelihoods, distances, point, by):
    rows = scored.texts(sweep(likelihoods, distances))
    assert answer.deciding(rows, "pa", [K]) == (point, by)
    assert answer.deciding(rows, "pb", []) == ("pb", "")


# How good.


@pytest.mark.parametrize(
    ("gap", "said_of"),
    [
        ((-0.02, -0.05, 0.01), "as good as these data can tell"),
        ((-0.2, -0.3, -0.1), "it falls short by 0.20 (95 % interval 0.10 to 0.30)"),
        ((0.2, 0.1, 0.3), "it is above that by 0.20 (95 % interval 0.10 to 0.30), as a less noisy"),
        ((0.2, math.nan, math.nan), "0.40)."),
    ],
)
def test_how_good_beside_the_ceiling(gap, said_of):
    _, second, _ = said(scored.rows(fc_match_minus_ceiling=gap, fc_distance=NEAR))
    assert second.startswith("Its FC match is 0.30 (95 % interval 0.20 to 0.40), where a perfect")
    assert said_of in second


def test_a_single_recording_may_have_no_ceiling():
    rows = scored.rows(fc_match_ceiling=scored.NONE, fc_match_minus_ceiling=scored.NONE)
    _, second, _ = said(rows, study=ONE | {"recorded": RECORDED})
    assert "; how far a perfect model would get cannot be told from this target." in second


def test_a_model_whose_distance_is_not_zero_is_not_as_good_as_can_be():
    gap = (-0.02, -0.05, 0.01)
    _, second, _ = said(scored.rows(fc_match_minus_ceiling=gap, fc_distance=FAR))
    assert second.endswith("would have 0.30 (95 % interval 0.20 to 0.40).")
    rows = [row | {K: 1.5} for row in scored.rows(fc_match_minus_ceiling=gap, fc_distance=FAR)]
    _, second, _ = said(rows, [estimate(1.5, 1.4, 1.6)], study=SWEPT)
    assert second.startswith("At coupling strength 1.5, the only point, the FC match is 0.30 (95")
    assert second.endswith(
        "0.40). The model is not the whole truth there: the FC distance is 0.20 (95 % interval "
        "0.10 to 0.30), and of the true model 0."
    )


@pytest.mark.parametrize(
    ("ceiling", "nothing"),
    [((0.0, -0.043, 0.044), True), ((0.1, 0.0, 0.2), True), ((0.1, 0.01, 0.2), False)],
)
def test_where_no_pattern_repeats_itself_nothing_is_told(ceiling, nothing):
    gap = (0.02, -0.05, 0.08)
    rows = scored.rows(fc_match_ceiling=ceiling, fc_match_minus_ceiling=gap, fc_distance=NEAR)
    _, second, _ = said(rows)
    assert ("these data can tell nothing of it: their pattern does not" in second) == nothing
    assert ("as good as these data can tell" in second) != nothing


# Beside what.


def baselines(**given):
    found = dict.fromkeys(["distance", "weights", "log_weights"], (0.1, 0.05, 0.15)) | given
    return {f"baseline_{name}": value for name, value in found.items()}


def test_a_model_that_is_above_all_of_anatomy():
    *_, third = said(scored.rows(**baselines()))
    assert third == (
        "Beside what anatomy matches without dynamics, this match is above the nearness of "
        "regions (0.10), the weights (0.10) and the log weights (0.10)."
    )


def test_a_model_that_distance_beats():
    rows = scored.rows(
        **baselines(distance=(0.6, 0.5, 0.7), weights=(0.35, 0.2, 0.5)),
        fc_match_ceiling=(0.8, 0.7, 0.9),
    )
    *_, third = said(rows)
    assert "is above the log weights (0.10)" in third
    assert "cannot be told from the weights (0.35)" in third
    assert third.endswith("is below the nearness of regions (0.60).")


def test_a_perfect_model_may_be_below_anatomy_too():
    *_, third = said(scored.rows(**baselines(weights=(0.6, 0.5, 0.7))))
    assert third.endswith(
        "as a perfect model of this duration would be: anatomy has no sampling error."
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ((0.03, -0.02, 0.08), "0.27; the match cannot be told from that (the difference is 0.03"),
        ((0.13, 0.08, 0.18), "0.27; the match is more than that (the difference is 0.13"),
        (scored.NONE, "makes a match of 0.27."),
    ],
)
def test_what_leakage_alone_matches_is_said_before_anatomy(more, told):
    given = {"leakage_null": (0.27, 0.2, 0.3), "fc_match_minus_leakage": more}
    *_, third = said(scored.rows(**given))
    assert third.startswith("Leakage alone, without any coupling, makes a match of 0.27")
    assert told in third
    assert "anatomy" in third
    *_, third = said(scored.rows())
    assert "Leakage" not in third


def test_no_match_stands_beside_nothing():
    *_, third = said(scored.rows(fc_match=scored.NONE))
    assert third == "Nothing can be said of what anatomy alone matches."


def null(score="fc_match", p="0.01", measure="pearson", point="pa"):
    names = {"point": point, "null": "rewired", "measure": measure, "band": "broadband"}
    names["score"] = score
    return names | {"null_z": "2.5", "null_p": p, "null_n": "99"}


def test_null_networks_are_told_with_their_number():
    others = [null("fc_distance"), null(measure="other"), null(p="")]
    *_, third = said(scored.rows(), nulls=[*others, null()])
    assert third.endswith(
        ". Against null networks, the match has p = 0.01 (better than all 99 of 'rewired')."
    )
    assert third.count("rewired") == 1
    assert said(scored.rows(), nulls=[null(p="0.02")])[-1].endswith("p = 0.02 (99 of 'rewired').")


def test_null_networks_of_another_point_say_so():
    *_, third = said(sweep(), [estimate(1.5, 1.4, 1.6)], [null()], SWEPT)
    assert third.endswith(
        " Null networks are of another point, coupling strength 1, where the match has p = 0.01 "
        "(better than all 99 of 'rewired')."
    )


# Parts.


def test_standing_beside_baselines():
    found = standing(
        (0.3, 0.2, 0.4),
        {
            "low": (0.1, 0.05, 0.19),
            "touching": (0.1, 0.05, 0.2),
            "alone": (0.35, math.nan, math.nan),
            "high": (0.5, 0.41, 0.6),
            "nothing": scored.NONE,
        },
    )
    assert found == (["low"], ["touching", "alone"], ["high"])
    assert standing((0.3, math.nan, math.nan), {"a": (0.2, math.nan, math.nan)}).above == ["a"]
    assert standing(scored.NONE, {"a": (0.2, 0.1, 0.3)}) == ([], [], [])


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (estimate(1.4934, 1.4575, 1.5292), "1.493 (1.458 to 1.529)"),
        (estimate(1.4934, 0.4575, 2.5292), "1.49 (0.46 to 2.53, beyond the sweep)"),
        (estimate(1.9999, at_edge=True), "2 (edge of the sweep)"),
        (estimate(1.2), "1.2"),
        (scored.best("fc_match", K, 2.0, at_edge=True), "2 (edge of the sweep)"),
        (scored.best("fc_match", K, 1.5, 1.0, 1.5), "1.5 (1 to 1.5, to the edge of the sweep)"),
        (scored.best("fc_match", K, 1.5, 1.5, 1.5), "1.5"),
    ],
)
def test_best_values_in_words(row, text):
    for given in (row, *scored.best_texts(row)):
        assert words.best_in_words(words.best(given, STRENGTHS.values())) == text


def test_best_values_can_be_named_with_their_unit():
    row = scored.best("fc_distance", V, 10.0, 5.0, 12.5)
    found = words.best(row, [2.5, 5.0, 10.0, 12.5, 15.0])
    assert words.best_in_words(found, LABELS[V]) == f"conduction speed 10{SPACE}mm/ms (5 to 12.5)"


def test_parameters_numbers_and_lists_in_words():
    assert words.setting("conduction speed (mm/ms)", "5.0") == f"conduction speed 5{SPACE}mm/ms"
    assert words.setting("coupling", "additive") == "coupling additive"
    assert words.setting("tau E (ms)", [1.0, 2.0]) == "tau E of one value per region"
    assert [words.joined(x) for x in ([], ["a"], list("abc"))] == ["", "a", "a, b and c"]
    assert words.decimal(-0.0001, 2) == "0.00"
    assert words.decimal(-0.25, 2) == "\N{MINUS SIGN}0.25"
