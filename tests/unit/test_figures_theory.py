"""The figures of linear theory."""

import numpy as np
import pandas as pd
import pytest
import scored
from restmeg.figures import style, theory
from scipy import stats
from test_figures import overlapping

LENGTHS = np.geomspace(1, 3600, 37)
RISING = LENGTHS / (LENGTHS + 20)
EXPECTED = {
    "structure_function_coupling": RISING,
    "fc_match": RISING,
    "fc_match_ceiling": RISING,
    "fc_distance": RISING,
    "baseline_weights": 0.9 * RISING,
    "baseline_distance": 0.5 * RISING,
}


def words(figure):
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


def test_simulation_beside_theory_has_means_the_line_and_z(tmp_path):
    rng = np.random.default_rng(0)
    expected = rng.uniform(-0.1, 0.3, 2000)
    fc = expected + rng.normal(0, 0.05, (200, 2000))
    figure = theory.beside_simulation(fc, expected)
    left, right = figure.axes
    shown = left.collections[-1].get_offsets()
    np.testing.assert_allclose(shown, np.column_stack([expected, fc.mean(axis=0)]))
    (line,) = [line for line in left.lines if line.get_color() == style.THEORY]
    assert line.get_slope() == 1
    low, high = left.get_xlim()
    assert high - low < 1.2 * np.ptp(expected)
    assert "199 degrees of freedom" in right.get_xlabel()
    chance, found = right.collections[-1].get_offsets().T
    assert len(chance) == theory.MIDDLE + 2 * theory.ENDS
    middle = np.abs(chance) < 2
    np.testing.assert_allclose(found[middle], chance[middle], atol=0.2)
    style.save(figure, tmp_path / "theory.png")


@pytest.mark.parametrize("n", [2, 3, 20])
def test_chance_is_student_s_t_of_so_many_replicates(n):
    rng = np.random.default_rng(0)
    fc = rng.normal(0, 0.05, (n, 28))
    _, right = theory.beside_simulation(fc, np.zeros(28)).axes
    chance, found = right.collections[-1].get_offsets().T
    expected = stats.t.ppf((np.arange(28) + 0.5) / 28, n - 1)
    np.testing.assert_allclose(chance, expected, rtol=1e-7, atol=1e-9)
    outside = stats.ttest_1samp(fc, 0).statistic
    np.testing.assert_allclose(found, np.sort(outside), rtol=1e-9)
    beyond = (np.abs(outside) > stats.t.ppf(0.975, n - 1)).sum()
    assert f": {beyond} of 28 pairs" in right.texts[0].get_text()


def test_a_pair_that_is_far_off_is_seen():
    fc = np.random.default_rng(0).normal(0, 0.05, (20, 28))
    expected = np.zeros(28)
    expected[3] = 1.0
    _, right = theory.beside_simulation(fc, expected).axes
    assert right.collections[-1].get_offsets()[0, 1] < -50
    assert right.get_ylim()[0] < -50


def test_three_regions_have_a_figure(tmp_path):
    fc = np.random.default_rng(0).normal(0, 0.05, (5, 3))
    style.save(theory.beside_simulation(fc, np.zeros(3)), tmp_path / "theory.png")


@pytest.mark.parametrize(
    ("fc", "expected", "trouble", "said"),
    [
        (np.ones((5, 3)), np.full(3, np.nan), "the fixed point is unstable", "is unstable."),
        (np.ones((1, 3)), np.ones(3), "", "one replicate, or gaps"),
        (np.ones((5, 3)), np.ones(3), "", "replicates do not differ"),
        (np.full((5, 3), np.nan), np.ones(3), "", "one replicate, or gaps"),
    ],
)
def test_without_theory_or_simulations_words_say_why(fc, expected, trouble, said):
    figure = theory.beside_simulation(fc, expected, trouble)
    assert not figure.axes
    assert words(figure).startswith("Nothing to compare with linear theory: ")
    assert said in words(figure)


def summary(**given):
    return pd.DataFrame(scored.rows(**given))


def test_expected_scores_over_the_length_with_what_was_found(tmp_path):
    given = {
        "fc_match": (0.2, 0.1, 0.3),
        "fc_match_ceiling": (0.25, np.nan, np.nan),
        "structure_function_coupling": (0.4, 0.3, 0.5),
    }
    figure = theory.over_length(LENGTHS, EXPECTED, 3.7, summary(**given))
    match, coupling = figure.axes
    curves = [line for line in match.lines if len(line.get_xdata()) == len(LENGTHS)]
    assert [line.get_color() for line in curves] == [
        style.SIMULATED, style.TARGET, style.ANATOMY, style.ANATOMY,
    ]  # fmt: skip
    np.testing.assert_array_equal(curves[3].get_ydata(), EXPECTED["baseline_distance"])
    points = [line for line in match.lines if line.get_marker() == "o"]
    places = [line.get_xdata()[0] for line in points]
    assert np.exp(np.mean(np.log(places))) == pytest.approx(3.7)
    assert len(set(places)) == 4  # none covers another
    assert [line.get_ydata()[0] for line in points] == [0.2, 0.25, 0.3, 0.3]
    bars = [line for line in match.lines if len(set(line.get_xdata())) == 1 and line not in points]
    assert len([bar for bar in bars if len(bar.get_xdata()) == 2]) == 3 + 1  # and this study's
    assert [line.get_ydata()[0] for line in coupling.lines if line.get_marker() == "o"] == [0.4]
    for axes in figure.axes:
        assert "this study, 3.7\N{NO-BREAK SPACE}s" in [text.get_text() for text in axes.texts]
    assert not overlapping(figure)
    style.save(figure, tmp_path / "length.png")


def test_names_of_lines_do_not_cover_each_other_nor_leave_their_lines():
    figure = theory.over_length(LENGTHS, EXPECTED, 3.7, summary())
    with style.look():
        figure.canvas.draw()
    axes = figure.axes[0]
    names = [text for text in axes.texts if "study" not in text.get_text()]
    boxes = [text.get_window_extent() for text in names]
    assert len(boxes) == 4
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
    (alone,) = [text for text in names if text.get_text() == "minus distance"]
    assert alone.xy[1] == EXPECTED["baseline_distance"][-1]


@pytest.mark.parametrize("seconds", [0.5, 3.7, 600.0, 20000.0])
def test_the_study_s_length_is_named_within_the_panel(seconds):
    figure = theory.over_length(LENGTHS, EXPECTED, seconds, summary())
    with style.look():
        figure.canvas.draw()
    for axes in figure.axes:
        (name,) = [text for text in axes.texts if "this study" in text.get_text()]
        box, panel = name.get_window_extent(), axes.get_window_extent()
        assert panel.x0 <= box.x0
        assert box.x1 <= panel.x1 + 5


def test_of_a_recording_theory_expects_no_match():
    figure = theory.over_length(LENGTHS, {"structure_function_coupling": RISING}, 60, summary())
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["structure-function coupling"]


def test_a_baseline_that_theory_does_not_expect_is_left_out():
    expected = {name: EXPECTED[name] for name in EXPECTED if name != "baseline_distance"}
    figure = theory.over_length(LENGTHS, expected, 60, summary())
    names = [text.get_text() for text in figure.axes[0].texts if "study" not in text.get_text()]
    assert sorted(names) == ["ceiling", "model", "weights"]


def test_without_expected_scores_words_say_why():
    figure = theory.over_length(np.zeros(0), {}, 3.7, summary(), "regions are saturated")
    assert not figure.axes
    assert words(figure) == "No expected scores: regions are saturated."
