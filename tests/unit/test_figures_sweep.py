"""The figure of scores over a sweep: curves and maps."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import scored
from matplotlib.colors import to_rgba
from restmeg.figures import style, sweep
from restmeg.fourier import REDUNDANCY
from restmeg.scores import LIKELIHOOD
from test_figures import overlapping, ticks

LABELS = {"k": "coupling strength", "v": "conduction speed (mm/ms)", "c": "coupling"}
CURVES = ["FC match", "FC distance", "log likelihood", "structure-function coupling"]
NOTHING = pd.DataFrame([scored.best("fc_match", "k", 1.0)])[:0]


def table(value, **axes):
    """A table of scores over a grid: fc_match is ``value``, others follow from it."""
    rows = []
    for number, point in enumerate(itertools.product(*axes.values())):
        x = value(*point)
        rows += scored.rows(
            f"p{number}",
            dict(zip(axes, point, strict=True)),
            fc_match=(x, x - 1, x + 1, x + 0.5),
            fc_distance=(x**2, -1.0, x**2 + 1, 4.0),
            log_likelihood=(1000 - 20 * x, 980 - 20 * x, 1020 - 20 * x),
            structure_function_coupling=(2 * x, 2 * x - 1, 2 * x + 1),
            fc_match_ceiling=(0.25, 0.2, 0.3),
        )
    return pd.DataFrame(rows)


ALONE = pd.DataFrame(columns=["point", "score", "ci_low", "ci_high"])  # no differences


def draw(found, axes, best=NOTHING, truth=(), differences=ALONE):
    labels = {axis: LABELS[axis] for axis in axes}
    figure = sweep.sweep(found, best, differences, labels, dict(truth))
    assert not overlapping(figure)
    return figure, dict(zip(CURVES, figure.axes, strict=False))


def line(axes, colour, marker=None):
    """What lines of a colour hold, as lists of both coordinates."""
    return [
        [list(map(float, one.get_xdata())), list(map(float, one.get_ydata()))]
        for one in axes.lines
        if one.get_color() == colour and marker in (None, one.get_marker())
    ]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_sweep_of_a_number_has_four_panels_of_curves(tmp_path):
    figure, panels = draw(table(lambda k: k, k=[2.0, 1.0, 3.0]), ["k"])
    assert [axes.get_title(loc="left") for axes in figure.axes] == CURVES
    x = [1.0, 2.0, 3.0]
    assert line(panels["FC match"], style.SIMULATED, "o") == [[x, x]]
    assert line(panels["FC distance"], style.SIMULATED, "o") == [[x, x]]  # its root
    # Twenty replicates of the target, the best point at 1.
    assert line(panels["log likelihood"], style.SIMULATED, "o") == [[x, [0, -1, -2]]]
    assert line(panels[CURVES[3]], style.SIMULATED, "o") == [[x, [2, 4, 6]]]
    assert line(panels["FC match"], style.THEORY) == [[x, [1.5, 2.5, 3.5]]]
    assert line(panels["FC distance"], style.THEORY) == [[x, [2, 2, 2]]]
    for axes in figure.axes:
        assert axes.get_xlabel() == "coupling strength"
    assert "per target replicate" in panels["log likelihood"].get_ylabel()
    assert legend(figure) == [
        "simulated, 95 % interval", "linear theory", "best", "ceiling of the match",
    ]  # fmt: skip
    style.save(figure, tmp_path / "sweep.png")


def test_intervals_of_a_squared_distance_are_roots_with_their_sign():
    found = table(lambda k: k, k=[1.0, 2.0])
    shown = sweep.readable(found[found["score"] == "fc_distance"])
    assert shown["value"].tolist() == [1, 2]
    assert shown["ci_low"].tolist() == [-1, -1]
    np.testing.assert_allclose(shown["ci_high"], np.sqrt([2, 5]))


def test_the_ceiling_is_drawn_in_the_panel_of_the_match_alone():
    _, panels = draw(table(lambda k: k, k=[1.0, 2.0]), ["k"])
    (ceiling,) = line(panels["FC match"], style.TARGET)
    assert ceiling[1] == [0.25, 0.25]
    for name in CURVES[1:]:
        assert not line(panels[name], style.TARGET)


def test_the_truth_is_a_line_in_each_panel_where_the_sweep_comes_near_it():
    found = table(lambda k: k, k=[1.0, 2.0])
    figure, panels = draw(found, ["k"], truth={"k": 1.4})
    for axes in panels.values():
        assert [x for x, _ in line(axes, style.INK)] == [[1.4, 1.4]]
    assert legend(figure)[-1] == "truth"
    figure, panels = draw(found, ["k"], truth={"k": 9.0})
    assert "truth" not in legend(figure)
    for axes in panels.values():
        assert not line(axes, style.INK)
        assert axes.get_xlim()[1] < 3
    draw(found, ["k"], truth={"k": [1.0, 2.0]})  # one of each region


def test_the_best_value_has_its_interval_and_words():
    best = pd.DataFrame(
        [
            scored.best("fc_match", "k", 3.0, 3.0, 3.0),
            scored.best("fc_distance", "k", 1.0, 1.0, 2.0),
            scored.best(LIKELIHOOD, "k", 1.234, 1.2, 1.268, "curvature"),
        ]
    )
    _, panels = draw(table(lambda k: k, k=[1.0, 2.0, 3.0]), ["k"], best)
    titles = {name: axes.get_title(loc="right") for name, axes in panels.items()}
    assert titles == {
        "FC match": "highest at 3",
        "FC distance": "lowest at 1 (1 to 2, to the edge of the sweep)",
        "log likelihood": "highest at 1.234 (1.200 to 1.268)",
        CURVES[3]: "",
    }
    assert line(panels["FC match"], style.BEST, "o") == [[[3], [3]]]
    assert line(panels["FC distance"], style.BEST, "None") == [[[1, 2], [1, 1]]]
    # On the parabola of its interval, which goes through the best point: half of it is 0.034, and
    # 20 replicates of the target and what a spectrum says twice are counted.
    top = REDUNDANCY * 1.959964**2 / (2 * 0.034**2 * 20) * (1.234 - 1) ** 2
    hill, interval, dot = line(panels["log likelihood"], style.BEST)
    assert dot == [[1.234], [pytest.approx(top, rel=1e-5)]]
    assert interval == [[1.2, 1.268], dot[1] * 2]
    assert max(hill[1]) == pytest.approx(top, rel=1e-2)
    assert np.interp(1.0, *hill) == pytest.approx(0, abs=0.01 * top)
    assert not line(panels[CURVES[3]], style.BEST)


def test_a_curve_for_each_setting_of_others():
    axes = {"c": ["x", "y"], "k": [2.0, 1.0]}
    figure, panels = draw(table(lambda c, k: k, **axes), axes, truth={"k": 1.0, "c": "x"})
    found = [one for one in panels["FC match"].lines if one.get_marker() == "o"]
    assert [list(one.get_ydata()) for one in found] == [[1, 2]] * 2
    assert legend(figure) == ["coupling: x", "coupling: y", "ceiling of the match", "truth"]


def test_a_parameter_with_one_value_makes_no_curves_of_its_own():
    axes = {"v": [5.0], "k": [2.0, 1.0]}
    figure, panels = draw(table(lambda v, k: k, **axes), axes)
    assert line(panels["FC match"], style.SIMULATED, "o") == [[[1, 2], [1, 2]]]
    assert "linear theory" in legend(figure)
    assert panels["FC match"].get_xlabel() == "coupling strength"


def test_points_without_a_value_are_counted_and_panels_stay_alike():
    found = table(lambda k: k, k=[1.0, 2.0, 3.0])
    gap = (found["score"] == LIKELIHOOD) & (found["k"] > 1)
    found.loc[gap, ["value", "ci_low", "ci_high"]] = math.nan
    figure, panels = draw(found, ["k"])
    assert [text.get_text() for text in panels["log likelihood"].texts] == ["none at 2 of 3 points"]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_words_alone_have_a_mark_each_and_nothing_between(tmp_path):
    figure, panels = draw(table(lambda c: len(c), c=["no", "yes"]), ["c"], truth={"c": "no"})
    (marks,) = [one for one in panels["FC match"].lines if one.get_marker() == "o"]
    assert marks.get_linestyle() == "None"
    assert legend(figure) == ["simulated, 95 % interval", "ceiling of the match"]
    style.save(figure, tmp_path / "sweep.png")


def test_without_theory_there_is_no_likelihood_and_it_says_so(tmp_path):
    found = table(lambda k: k, k=[1.0, 2.0])
    found.loc[found["score"] == LIKELIHOOD, ["value", "ci_low", "ci_high"]] = math.nan
    found["expected"] = math.nan
    figure, panels = draw(found, ["k"])
    assert [text.get_text() for text in panels["log likelihood"].texts] == ["no finite value"]
    assert not panels["FC match"].texts
    assert "linear theory" not in legend(figure)
    style.save(figure, tmp_path / "sweep.png")


def test_a_sweep_without_any_finite_value_is_drawn(tmp_path):
    for axes in ({"k": [1.0, 2.0]}, {"k": [1.0, 2.0], "v": [5.0, 10.0]}):
        found = table(lambda *point: point[0], **axes)
        found[["value", "ci_low", "ci_high", "expected"]] = math.nan
        best = pd.DataFrame([scored.best("fc_match", "k", 1.0, 1.0, 2.0)])
        figure, _ = draw(found, axes, best, {"k": 1.0, "v": 5.0})
        assert all(
            "no finite value" in [text.get_text() for text in axes.texts]
            for axes in figure.axes[:3]
        )
        style.save(figure, tmp_path / "sweep.png")


def maps(figure):
    return [axes for axes in figure.axes if axes.get_title(loc="left")]


GRID = {"k": [2.0, 1.0, 3.0], "v": [10.0, 5.0]}


def test_two_numbers_make_maps_dark_where_a_score_is_good(tmp_path):
    found = table(lambda k, v: k / 4 - v / 100, **GRID)
    found.loc[(found["k"] == 2) & (found["score"] == "fc_match"), "value"] = np.nan
    figure, _ = draw(found, ["k", "v"])
    style.save(figure, tmp_path / "sweep.png")
    match, distance, likelihood, coupling = maps(figure)
    assert [axes.get_title(loc="left") for axes in maps(figure)] == CURVES
    assert not coupling.patches  # it has no best point
    shown = match.collections[0].get_array().filled(np.nan)
    np.testing.assert_allclose(shown, [[0.2, np.nan, 0.7], [0.15, np.nan, 0.65]])
    assert [text.get_text() for text in match.texts] == ["0.200", "0.700", "0.150", "0.650"]
    places = [axes.patches[-1].get_xy() for axes in (match, distance, likelihood)]
    assert places == [(2, 0), (0, 1), (0, 1)]
    for axes in (match, distance, likelihood):
        assert axes.patches[-1].get_edgecolor() == pytest.approx(to_rgba(style.BEST))
        assert ticks(axes) == [["1", "2", "3"], ["5", "10"]]
        assert axes.get_xlabel() == "coupling strength"
        assert axes.get_ylabel() == "conduction speed (mm/ms)"
    low, high = (
        sum(axes.collections[0].cmap(at)[:3]) for axes, at in ((match, 1.0), (distance, 0.0))
    )
    assert max(low, high) < 0.9
    assert legend(figure) == ["best point"]
    # Theory expects 0.5 more than the best match, 0.7.
    assert match.get_title(loc="right") == "theory at the best 1.20, ceiling 0.25"


def test_a_map_marks_the_truth_and_the_likeliest_values_between_points():
    best = pd.DataFrame(
        [
            scored.best(LIKELIHOOD, "v", 7.5, 6.0, 9.0, "curvature"),
            scored.best(LIKELIHOOD, "k", 2.25, 2.0, 2.5, "curvature"),
            scored.best("fc_match", "k", 3.0, 2.0, 3.0),
            scored.best("fc_match", "v", 5.0, 5.0, 5.0),
        ]
    )
    found = table(lambda k, v: k + v, **GRID)
    figure, _ = draw(found, ["k", "v"], best, {"v": 10.0, "k": 1.5})
    *others, likelihood, coupling = maps(figure)
    assert line(likelihood, style.BEST, "o") == [[[1.75], [1.0]]]
    assert "root scale" in "".join(axes.get_ylabel() for axes in figure.axes)
    assert line(likelihood, style.BEST, "None") == [
        [[1.5, 2.0], [1.0, 1.0]],
        [[1.75, 1.75], [pytest.approx(0.7), pytest.approx(1.3)]],
    ]
    for axes in (*others, likelihood, coupling):
        assert line(axes, style.INK, "D")[:1] == [[[1.0], [1.5]]]
    assert not any(line(axes, style.BEST) for axes in others)
    assert legend(figure) == ["best point", "most likely, 95 % interval", "truth"]
    figure, _ = draw(found, ["k", "v"], best[2:], {"v": 99.0, "k": 1.5})
    assert legend(figure) == ["best point"]


def test_a_large_map_has_no_numbers_and_ticks_with_room():
    axes = {"k": np.linspace(0, 3, 30), "v": np.linspace(2, 20, 40)}
    figure, _ = draw(table(lambda k, v: k + v, **axes), axes)
    assert not figure.axes[0].texts


def test_points_that_are_not_surely_worse_have_a_thin_frame():
    found = table(lambda k, v: k + v, **GRID)
    apart = pd.DataFrame(
        [
            {"point": name, "score": score, "ci_low": low, "ci_high": 1.0}
            for name, score, low in [("p0", "fc_match", -1.0), ("p1", "fc_match", 0.5)]
        ]
    )
    figure, _ = draw(found, ["k", "v"], differences=apart)
    match, distance, *_ = maps(figure)
    dashed = [patch for patch in match.patches if patch.get_linestyle() not in ("solid", "-")]
    (cell,) = [patch.get_xy() for patch in dashed]
    assert cell == pytest.approx((1.06, 1.06))  # of p0: k = 2, v = 10
    assert legend(figure) == ["best point", "not surely worse"]
    assert all(patch.get_linestyle() in ("solid", "-") for patch in distance.patches)


def test_far_values_of_a_likelihood_leave_the_colours_to_those_near_the_best():
    found = table(lambda k, v: {1.0: 0.0, 2.0: 5.0, 3.0: 5000.0}[k], **GRID)
    figure, _ = draw(found, ["k", "v"])
    mesh = maps(figure)[2].collections[0]
    assert mesh.norm.vmin == -50
    best, near, far = mesh.norm(np.array([0.0, -5.0, -5000.0]))
    assert best == 1
    assert 0.6 < near < 0.75  # 1 - sqrt(5 / 50)
    assert far == 0


def test_a_number_makes_room_for_a_mark():
    found = table(lambda k, v: k + v, **GRID)
    figure, _ = draw(found, ["k", "v"], truth={"k": 2.0, "v": 6.0})
    match = maps(figure)[0]
    heights = {round(text.get_position()[1], 2) for text in match.texts}
    assert heights == {0.2, 1.2}
    figure, _ = draw(found, ["k", "v"], truth={"k": 2.0, "v": 9.0})
    heights = [round(text.get_position()[1], 2) for text in maps(figure)[0].texts]
    assert heights.count(1.8) == 1
