"""The figure of the scores of one point: what each is, and what the match is held against."""

import math

import numpy as np
import pandas as pd
import pytest
import scored
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_rgb
from restmeg.figures import scores, style
from restmeg.scores import SCORES
from test_figures import overlapping

BESIDE = ["ceiling", "weights", "log weights", "minus distance"]


def draw(values=(0.1, 0.3, 0.5), notes=(), nulls=None, **given):
    """The figure and its three panels."""
    single = pd.DataFrame([{"score": name, "value": x} for name in SCORES for x in values])
    figure = scores.scores(single, pd.DataFrame(scored.rows(**given)), notes, nulls)
    assert not overlapping(figure)
    return figure, figure.axes


def bars(axes, colour):
    """Intervals: {place: ends}."""
    return {
        line.get_xdata()[0]: tuple(line.get_ydata())
        for line in axes.lines
        if line.get_color() == colour and len(line.get_xdata()) == 2 and line.get_xdata()[0] >= 0
        if line.get_xdata()[0] == line.get_xdata()[1]
    }


def points(axes, colour):
    """Places of marks of one colour, without the dots of replicates."""
    rgb = pytest.approx(to_rgb(colour))
    return [
        tuple(map(float, mark.get_offsets()[0]))
        for mark in axes.collections
        if len(mark.get_offsets()) == 1
        and mark.get_sizes()[0] > 40
        and tuple(mark.get_facecolor()[0][:3]) == rgb
    ]


def dots(axes):
    """How many marks each scatter has: values, then an estimate."""
    return [len(m.get_offsets()) for m in axes.collections if isinstance(m, PathCollection)]


def labels(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_three_panels_have_values_intervals_and_numbers(tmp_path):
    figure, (left, middle, right) = draw(fc_distance=(4e-4, -1e-4, 9e-4))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["structure-function coupling", "FC match", "FC distance"]
    assert labels(left) == ["model\n0.30\n[0.20, 0.40]\n20 replicates"]
    assert bars(left, style.SIMULATED) == {0: (0.2, 0.4)}
    assert points(left, style.SIMULATED) == [(0, 0.3)]
    assert labels(middle)[0] == "model\n0.30\n[0.20, 0.40]\n400 pairs"
    assert [label.split("\n0")[0].replace("\n", " ") for label in labels(middle)[1:]] == BESIDE
    assert points(right, style.SIMULATED) == [(0, pytest.approx(0.02))]
    assert bars(right, style.SIMULATED) == {0: (pytest.approx(-0.01), pytest.approx(0.03))}
    assert "root" in right.get_ylabel()
    assert legend(figure) == ["mean, 95 % interval", "replicate, or pair"]
    style.save(figure, tmp_path / "scores.png")


def test_pseudo_values_are_no_replicates():
    _, (left, _, right) = draw()
    assert dots(left) == [3, 1]
    assert dots(right) == [0, 1]


def test_what_leakage_alone_matches_stands_beside_the_match_where_it_is_known():
    _, (_, match, _) = draw(leakage_null=(0.25, 0.2, 0.3))
    assert [label.split("\n0")[0].replace("\n", " ") for label in labels(match)[1:]] == [
        *("ceiling", "leakage alone", "weights", "log weights", "minus distance")
    ]
    assert points(match, style.NULL) == [(2, 0.25)]
    assert bars(match, style.NULL) == {2: (0.2, 0.3)}


def test_all_that_the_match_is_held_against_is_on_its_axis():
    _, (_, match, _) = draw(
        fc_match_ceiling=(0.5, 0.45, 0.55),
        baseline_weights=(0.1, 0.05, 0.15),
        baseline_log_weights=(0.15, math.nan, math.nan),
        baseline_distance=(0.4, 0.35, 0.45),
    )
    assert points(match, style.TARGET) == [(1, 0.5)]
    assert bars(match, style.TARGET) == {1: (0.45, 0.55)}
    assert points(match, style.ANATOMY) == [(2, 0.1), (3, 0.15), (4, 0.4)]
    assert bars(match, style.ANATOMY) == {2: (0.05, 0.15), 4: (0.35, 0.45)}
    assert labels(match)[3].endswith("0.15\nno interval")
    # Over the whole panel: the ceiling with its interval, and the best of anatomy.
    levels = {
        line.get_color(): line.get_ydata()[0]
        for line in match.lines
        if line.get_linestyle() == "--"  # of the ceiling, and of minus the distance
    }
    assert levels == {style.TARGET: 0.5, style.ANATOMY: 0.4}
    (band,) = match.patches
    assert band.get_y() == 0.45
    assert band.get_height() == pytest.approx(0.1)
    assert match.get_title(loc="right") == "not surely better than minus distance"


@pytest.mark.parametrize(
    ("distance", "weights", "said"),
    [
        ((0.1, 0.05, 0.15), (0.1, 0.05, 0.15), "better than all of anatomy"),
        ((0.6, 0.5, 0.7), (0.1, 0.05, 0.15), "worse than minus distance"),
        (
            (0.35, 0.3, 0.5),
            (0.6, 0.5, 0.7),
            "worse than weights; not surely better than minus distance",
        ),
    ],
)
def test_a_model_that_does_not_beat_anatomy_is_told_at_once(distance, weights, said):
    _, (_, match, _) = draw(
        baseline_distance=distance,
        baseline_weights=weights,
        baseline_log_weights=(0.1, 0.05, 0.15),
    )
    assert match.get_title(loc="right") == said


def test_theory_has_a_mark_beside_each_score_that_it_expects():
    figure, (left, match, right) = draw(
        structure_function_coupling=(0.3, 0.2, 0.4, 0.37),
        fc_match=(0.14, 0.1, 0.18, 0.142),
        fc_match_ceiling=(0.13, 0.1, 0.16, 0.143),
        fc_distance=(1e-4, -1e-4, 2e-4, 0.0),
    )
    assert [y for _, y in points(left, style.THEORY)] == [0.37]
    assert [y for _, y in points(match, style.THEORY)] == [0.142, 0.143]
    assert [y for _, y in points(right, style.THEORY)] == [0]
    assert legend(figure)[-1] == "linear theory"


def test_null_networks_stand_beside_the_match_by_kind(tmp_path):
    rng = np.random.default_rng(0)
    nulls = pd.DataFrame(
        [
            {"null": null, "score": name, "value": value}
            for null, n in (("a_name_that_is_long_enough", 30), ("instant", 1))
            for name in ("structure_function_coupling", "fc_match")
            for value in [*rng.normal(0.1, 0.02, n - 1), 0.1]
        ]
    )
    nulls.loc[0:0, "value"] = np.nan
    figure, (left, match, _) = draw(nulls=nulls)
    assert len(labels(left)) == 1
    assert labels(match)[-1] == "null instant\n1 network"
    assert labels(match)[-2].endswith("30 networks")
    assert dots(match)[-2:] == [30, 1]
    style.save(figure, tmp_path / "scores.png")


def test_without_a_finite_value_there_are_labels_alone(tmp_path):
    given = dict.fromkeys(SCORES, scored.NONE)
    figure, (left, match, right) = draw([math.nan] * 3, **given)
    for axes in (left, match, right):
        assert all("none" in label for label in labels(axes))
    assert match.get_title(loc="right") == ""
    style.save(figure, tmp_path / "scores.png")


def test_a_single_recording_without_a_ceiling(tmp_path):
    figure, (_, match, _) = draw(fc_match_ceiling=scored.NONE)
    assert labels(match)[1] == "ceiling\nnone"
    assert not match.patches
    style.save(figure, tmp_path / "scores.png")


def test_the_first_notes_are_below_in_lines_that_have_room():
    figure, _ = draw(notes=["short", "long " * 60, "third", "fourth", "fifth"])
    text = figure._supxlabel.get_text()
    assert text.startswith("! short\n! long long")
    assert text.endswith("\nand 2 more in scores_notes.csv")
    with style.look():
        figure.canvas.draw()
    assert figure._supxlabel.get_window_extent().x1 < figure.bbox.x1
    panel = figure.axes[0].get_window_extent()
    plain, _ = draw()
    with style.look():
        plain.canvas.draw()
    assert panel.height > 0.9 * plain.axes[0].get_window_extent().height


@pytest.mark.parametrize("n", [1, 4, 20, 49, 50, 500, 501])
def test_few_values_have_no_shape_and_many_no_dots(n):
    values = np.random.default_rng(0).normal(0.3, 0.1, n)
    _, (left, *_) = draw(values)
    shapes = [mark for mark in left.collections if isinstance(mark, PolyCollection)]
    assert len(shapes) == (n >= 50)
    assert dots(left) == ([n, 1] if n <= 500 else [1])


def test_a_shape_ends_in_points_and_not_where_values_do():
    values = np.random.default_rng(0).uniform(0.2, 0.4, 100)
    _, (left, *_) = draw(values)
    (shape,) = [mark for mark in left.collections if isinstance(mark, PolyCollection)]
    outline = shape.get_paths()[0].vertices
    assert outline[:, 1].min() < values.min() - 0.02
    lowest = outline[outline[:, 1] < values.min() - 0.02]
    assert np.ptp(lowest[:, 0]) < 0.5 * np.ptp(outline[:, 0])


def test_values_far_from_zero_are_not_squeezed_towards_it():
    high = dict.fromkeys(SCORES, (0.93, 0.92, 0.94))
    _, (left, match, right) = draw([0.92, 0.93, 0.94], **(high | {"fc_distance": (1.0, 0.9, 1.1)}))
    assert left.get_ylim()[0] > 0.9
    assert match.get_ylim()[0] > 0.9
    assert right.get_ylim()[0] <= 0  # what a true model has


def test_an_axis_of_correlations_ends_with_these():
    _, (_, match, _) = draw(fc_match_ceiling=(0.1, -1.5, 1.7))
    assert match.get_ylim() == (-1.05, 1.05)
