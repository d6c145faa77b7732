"""The figure of a sweep of many parameters, or of scattered points."""

import math

import numpy as np
import pandas as pd
import pytest
import scored
from restmeg.figures import marks, pairs, style
from restmeg.scores import LIKELIHOOD
from test_figures_sweep import ALONE, GRID, LABELS, NOTHING, draw, legend, table

MORE = GRID | {"c": ["x", "y"]}


def scattered(n=12, seed=0):
    """A table of points that are no grid, best at k = 2, v = 7.5."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, (k, v) in enumerate(zip(rng.uniform(1, 3, n), rng.uniform(5, 10, n), strict=True)):
        far = (k - 2) ** 2 + (v - 7.5) ** 2 / 10
        rows += scored.rows(
            f"p{number}",
            {"k": k, "v": v},
            fc_match=(1 - far, 0.0, 2.0, 0.5),
            fc_distance=(far, 0.0, 2.0),
            log_likelihood=(-20 * far, -40 * far, 0.0),
            fc_match_ceiling=(0.25, 0.2, 0.3),
        )
    return pd.DataFrame(rows)


def panels(figure, n):
    return np.array(figure.axes[: n * n]).reshape(n, n)


def marked(axes, look):
    """Places of marks with a look."""
    return [
        (*map(float, one.get_xdata()), *map(float, one.get_ydata()))
        for one in axes.lines
        if one.get_marker() == look["marker"] and one.get_color() == look["color"]
        and one.get_markeredgewidth() == look["mew"]
    ]  # fmt: skip


def of(found, name):
    return found[found["score"] == name].reset_index(drop=True)


def test_scattered_points_are_coloured_by_likelihood_below_and_distance_above(tmp_path):
    found = scattered()
    figure, _ = draw(found, ["k", "v"], truth={"k": 2.0, "v": 7.5})
    cells = panels(figure, 2)
    likely, near = of(found, LIKELIHOOD), of(found, "fc_distance")
    for axes, x, y, score, values in (
        (cells[1, 0], "k", "v", likely, (likely["value"] - likely["value"].max()) / 20),
        (cells[0, 1], "v", "k", near, np.sqrt(near["value"])),
    ):
        (points,) = axes.collections
        shown = {
            tuple(xy): c for xy, c in zip(points.get_offsets(), points.get_array(), strict=True)
        }
        expected = dict(zip(zip(score[x], score[y], strict=True), values, strict=True))
        assert shown == pytest.approx(expected)
        best = score.loc[values.abs().idxmin()]
        assert marked(axes, pairs.BEST) == [(best[x], best[y])]
        assert marked(axes, pairs.TRUTH) == [(2.0, 7.5) if x == "k" else (7.5, 2.0)]
    for axes, name in zip(np.diag(cells), ("k", "v"), strict=True):
        (dots,) = [one for one in axes.lines if one.get_marker() == "o"]
        match = of(found, "fc_match")
        assert [*dots.get_xdata()] == match[name].tolist()
        assert [*dots.get_ydata()] == match["value"].tolist()
        (theory,) = [one for one in axes.lines if one.get_color() == style.THEORY]
        assert set(theory.get_ydata()) == {0.5}
        assert [list(one.get_ydata()) for one in axes.lines if one.get_color() == style.TARGET] == [
            [0.25, 0.25]
        ]
    assert cells[1, 0].get_xlabel() == LABELS["k"]
    assert cells[1, 0].get_ylabel() == LABELS["v"]
    assert legend(figure) == [
        *("best point", "truth", "FC match", "linear theory", "ceiling of the match")
    ]
    style.save(figure, tmp_path / "sweep.png")


def test_the_interval_of_the_likeliest_values_and_points_no_worse_are_marked():
    found = scattered()
    best = pd.DataFrame(
        [
            scored.best(LIKELIHOOD, "k", 2.1, 1.9, 2.3, "curvature"),
            scored.best(LIKELIHOOD, "v", 7.0, 6.5, 7.5, "curvature"),
        ]
    )
    apart = [{"point": "p3", "score": "fc_distance", "ci_low": -1.0, "ci_high": 1.0}]
    figure, _ = draw(found, ["k", "v"], best, differences=pd.DataFrame(apart))
    cells = panels(figure, 2)
    assert marked(cells[1, 0], pairs.ESTIMATE) == [(2.1, 7.0)]
    lines = [list(one.get_xdata()) for one in cells[1, 0].lines if one.get_marker() == ""]
    assert [1.9, 2.3] in lines
    assert not marked(cells[0, 1], pairs.ESTIMATE)
    one = of(found, "fc_distance").loc[3]
    assert marked(cells[0, 1], pairs.ALIKE) == [(one["v"], one["k"])]
    assert not marked(cells[1, 0], pairs.ALIKE)
    told = {"not surely worse", "best point", "most likely, 95 % interval"}
    assert told <= set(legend(figure))


def test_three_parameters_of_a_grid_are_shown_two_at_a_time_the_best_on_top(tmp_path):
    found = table(lambda k, v, c: k + v / 10 + len(c), **MORE)
    figure, _ = draw(found, list(MORE), truth={"k": 1.0, "v": 5.0, "c": "y"})
    cells = panels(figure, 3)
    (points,) = cells[1, 0].collections
    values = points.get_array()
    assert len(values) == 12
    assert list(values) == sorted(values)  # drawn last
    assert [text.get_text() for text in cells[2, 2].get_xticklabels()] == ["x", "y"]
    assert marked(cells[2, 0], pairs.TRUTH) == [(1.0, 1.0)]  # the second word
    style.save(figure, tmp_path / "sweep.png")


def test_points_without_a_value_are_crosses_and_without_any_there_is_a_figure(tmp_path):
    found = scattered()
    lost = found["point"].isin(["p1", "p2"])
    found.loc[lost, ["value", "ci_low", "ci_high", "expected"]] = math.nan
    figure, _ = draw(found, ["k", "v"])
    cells = panels(figure, 2)
    for axes in (cells[0, 1], cells[1, 0]):
        assert len(axes.collections[0].get_array()) == 10
        (crosses,) = [one for one in axes.lines if one.get_marker() == "x"]
        assert len(crosses.get_xdata()) == 2
    assert "no finite value" in legend(figure)
    found[["value", "ci_low", "ci_high", "expected"]] = math.nan
    figure, _ = draw(found, ["k", "v"], NOTHING, {"k": 1.0}, ALONE)
    style.save(figure, tmp_path / "sweep.png")


def test_without_a_likelihood_the_match_is_below_the_diagonal():
    found = scattered()
    found.loc[found["score"] == LIKELIHOOD, ["value", "ci_low", "ci_high"]] = math.nan
    figure, _ = draw(found, ["k", "v"])
    labels = " ".join(axes.get_ylabel() for axes in figure.axes[4:])
    assert "FC match (below the diagonal)" in labels
    assert "FC distance (above the diagonal)" in labels


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.geomspace(0.001, 0.1, 7), True),
        (np.linspace(0.001, 0.1, 7), False),
        (np.linspace(0, 3, 7), False),
        (np.geomspace(1, 4, 7), False),  # of little range
        ([5.0], False),
        ([-1.0, 1.0, 100.0], False),
    ],
)
def test_a_side_is_logarithmic_where_values_are(values, expected):
    assert marks.is_log(np.array(values)) == expected
    low, high = np.min(values), np.max(values)
    if expected:
        ticks = marks.log_ticks(low, high)
        assert len(ticks) > 1
        assert low <= min(ticks) < max(ticks) <= high * (1 + 1e-9)


def test_curves_over_ratios_have_a_logarithmic_side():
    figure, cells = draw(table(lambda k: k, k=[0.01, 0.1, 1.0, 10.0]), ["k"])
    for axes in cells.values():
        assert axes.get_xscale() == "log"
        low, high = axes.get_xlim()
        assert 0.005 < low < 0.01
        assert 10 < high < 20
    figure, cells = draw(table(lambda k: k, k=[0.0, 1.0, 2.0]), ["k"])
    assert {axes.get_xscale() for axes in figure.axes} == {"linear"}
