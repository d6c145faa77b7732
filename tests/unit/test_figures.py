import itertools

import matplotlib
import numpy as np
import pandas as pd
import pytest
from processes import run
from restmeg.figures import activity, anatomy, connectivity, scores, style, sweep

LABELS = [f"R{k}" for k in range(6)]


@pytest.fixture
def fc():
    rng = np.random.default_rng(0)
    matrices = rng.uniform(-0.4, 0.3, (5, 6, 6))
    return (matrices + np.swapaxes(matrices, 1, 2)) / 2


@pytest.fixture
def summary():
    names = ["structure_function_coupling", "fc_match"]
    columns = {"value": 0.3, "ci_low": 0.2, "ci_high": 0.4, "n": 5}
    return pd.DataFrame([{"score": name, **columns} for name in names])


def heatmaps(figure):
    """Values of the matrices of a figure, masked ones as NaN."""
    meshes = [axes.collections[0] for axes in figure.axes if axes.get_title(loc="left")]
    return meshes, [mesh.get_array().filled(np.nan).reshape(6, 6) for mesh in meshes]


def test_connectivity_is_on_one_diverging_scale_with_a_blank_diagonal(fc):
    simulated, target = fc[0], fc[1]
    figure = connectivity.connectivity(simulated, target, LABELS, "pearson")
    meshes, matrices = heatmaps(figure)
    off = ~np.eye(6, dtype=bool)
    limit = max(abs(simulated[off]).max(), abs(target[off]).max())
    for mesh, shown, given in zip(meshes, matrices, (simulated, target), strict=True):
        assert mesh.get_clim() == (-limit, limit)
        assert np.isnan(np.diag(shown)).all()
        np.testing.assert_array_equal(shown[off], given[off])


def test_connectivity_without_a_finite_value_is_drawn():
    nothing = np.full((6, 6), np.nan)
    connectivity.connectivity(nothing, nothing, LABELS, "pearson")


def test_connectome_shows_weights_and_distances(fc):
    figure = anatomy.connectome(abs(fc[0]), 100 * abs(fc[1]), LABELS)
    _, (weights, distances) = heatmaps(figure)
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_array_equal(weights[off], abs(fc[0])[off])
    np.testing.assert_array_equal(distances[off], 100 * abs(fc[1])[off])


def test_traces_are_about_their_means_and_farther_apart_than_the_widest():
    rng = np.random.default_rng(1)
    times = np.arange(100) * 0.5
    rates = rng.normal(5, 1, (100, 40))
    figure = activity.traces(times, rates, [f"R{k}" for k in range(40)], rates[:, :3], "abc")
    left = figure.axes[0]
    assert "first 16 of 40" in left.get_title(loc="left")
    lines = [line.get_ydata() for line in left.lines[:16]]
    means = [line.mean() for line in lines]
    widest = np.ptp(rates[:, :16], axis=0).max()
    np.testing.assert_allclose(np.diff(means), -1.1 * widest)


def test_points_of_structure_and_function_are_means_over_replicates(fc, summary):
    weights = np.arange(15.0)
    pairs = fc[:, *np.triu_indices(6, 1)]
    figure = connectivity.structure_function(weights, pairs, summary)
    axes = figure.axes[0]
    shown = axes.collections[-1].get_offsets()
    np.testing.assert_allclose(shown, np.column_stack([weights, pairs.mean(axis=0)]))
    text = axes.get_title(loc="left")
    assert "mean 0.30, 95 % interval [0.20, 0.40]" in text
    assert f"r of the mean of 5: {np.corrcoef(weights, pairs.mean(axis=0))[0, 1]:.2f}" in text


@pytest.mark.parametrize("values", [[0.1, 0.3, 0.5], [0.3], [np.nan, np.nan]])
def test_scores_show_mean_and_interval(summary, values):
    single = pd.DataFrame(
        [{"score": name, "value": value} for name in summary["score"] for value in values]
    )
    if np.isnan(values[0]):
        summary[["value", "ci_low", "ci_high", "n"]] = [np.nan, np.nan, np.nan, 0]
    figure = scores.scores(single, summary)
    first = figure.axes[0]
    assert first.get_title(loc="left") == "structure-function coupling"
    expected = "no finite value" if np.isnan(values[0]) else "mean 0.30, 95 % interval [0.20, 0.40]"
    assert expected in first.get_xlabel()
    bars = [line.get_ydata() for line in first.lines if list(line.get_xdata()) == [0, 0]]
    assert [list(bar) for bar in bars] == ([] if np.isnan(values[0]) else [[0.2, 0.4]])


SCORES = ("structure_function_coupling", "fc_match")


def swept(value, **axes):
    """A table of scores over the grid of some axes."""
    return pd.DataFrame(
        [
            dict(zip(axes, point, strict=True))
            | {"score": score, "value": value(*point)}
            | {"ci_low": value(*point) - 1, "ci_high": value(*point) + 1}
            for point in itertools.product(*axes.values())
            for score in SCORES
        ]
    )


AXES = {"k": "coupling strength", "v": "conduction speed (mm/ms)"}


def curves(axes, n):
    return [line for line in axes.lines if len(line.get_xdata()) == n and line.get_marker() == "o"]


def test_sweep_has_a_curve_with_its_band(tmp_path):
    figure = sweep.sweep(swept(lambda k: 5 * k, k=[2.0, 1.0, 3.0]), {"k": AXES["k"]})
    for axes in figure.axes:
        (curve,) = curves(axes, 3)
        assert curve.get_xdata().tolist() == [1, 2, 3]
        assert curve.get_ydata().tolist() == [5, 10, 15]
        assert axes.get_xlabel() == "coupling strength"
        assert len(axes.collections) == 1  # the band
    style.save(figure, tmp_path / "sweep.png")


@pytest.mark.parametrize(
    "axes", [{"c": ["x", "y"], "k": [2.0, 1.0]}, {"k": [2.0, 1.0], "v": [5.0]}]
)
def test_curves_run_over_a_number(axes):
    table = swept(lambda *point: point[list(axes).index("k")], **axes)
    figure = sweep.sweep(table, {axis: AXES.get(axis, "coupling") for axis in axes})
    found = [list(curve.get_ydata()) for curve in curves(figure.axes[0], 2)]
    assert found == [[1, 2]] * (2 if "c" in axes else 1)
    legend = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    expected = ["coupling: x", "coupling: y"] if "c" in axes else ["conduction speed (mm/ms): 5"]
    assert legend == expected


def test_words_alone_have_a_mark_each_and_nothing_between(tmp_path):
    figure = sweep.sweep(swept(lambda c: len(c), c=["no", "yes"]), {"c": "coupling"})
    (marks,) = curves(figure.axes[0], 2)
    assert marks.get_linestyle() == "None"
    style.save(figure, tmp_path / "sweep.png")


def test_two_numbers_make_a_map(tmp_path):
    table = swept(lambda k, v: k / 4 - v / 100, k=[2.0, 1.0, 3.0], v=[10.0, 5.0])
    table.loc[table["k"] == 2, "value"] = np.nan
    figure = sweep.sweep(table, AXES)
    style.save(figure, tmp_path / "sweep.png")
    maps = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in maps] == [
        "structure-function coupling",
        "FC match",
    ]
    for axes in maps:
        shown = axes.collections[0].get_array().filled(np.nan)
        np.testing.assert_allclose(shown, [[0.2, np.nan, 0.7], [0.15, np.nan, 0.65]])
        assert [text.get_text() for text in axes.texts] == ["0.20", "0.70", "0.15", "0.65"]
        assert axes.patches[0].get_xy() == (2, 0)  # around the highest
        assert axes.get_ylabel() == "conduction speed (mm/ms)"
        assert axes.get_xlabel() == "coupling strength\nframed: highest, 0.70 at 3, 5"
        assert ticks(axes) == [["1", "2", "3"], ["5", "10"]]


def ticks(axes):
    labels = axes.get_xticklabels(), axes.get_yticklabels()
    return [[label.get_text() for label in side] for side in labels]


def test_a_large_map_has_no_numbers_and_ticks_with_room():
    axes = {"k": np.linspace(0, 3, 30), "v": np.linspace(2, 20, 40)}
    figure = sweep.sweep(swept(lambda k, v: k + v, **axes), AXES)
    assert not figure.axes[0].texts
    assert not overlapping(figure)


def test_a_map_without_a_finite_value_is_drawn(tmp_path):
    figure = sweep.sweep(swept(lambda k, v: np.nan, k=[1.0, 2.0], v=[5.0, 10.0]), AXES)
    style.save(figure, tmp_path / "sweep.png")
    assert "no finite value" in figure.axes[0].get_xlabel()


def overlapping(figure):
    """Pairs of neighbouring names of ticks that overlap where the figure is drawn."""
    with style.look():
        figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    found = []
    for axes in figure.axes:
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            boxes = [label.get_window_extent(renderer) for label in labels if label.get_text()]
            found += [pair for pair in itertools.pairwise(boxes) if pair[0].overlaps(pair[1])]
    return found


@pytest.mark.parametrize("name", ["lh.superiortemporal{}", "R{}", "a name beyond all measure {}"])
@pytest.mark.parametrize("n", [8, 20, 24, 30, 68, 100, 400])
def test_names_of_regions_are_legible_or_left_out(n, name):
    labels = [name.format(k) for k in range(n)]
    fc = np.random.default_rng(0).uniform(-1, 1, (n, n))
    for figure in (
        anatomy.connectome(abs(fc), abs(fc), labels),
        connectivity.connectivity(fc, fc, labels, "pearson"),
    ):
        assert not overlapping(figure)
        panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
        assert len(panels) == 2
        for axes in panels:
            below, beside = ticks(axes)
            named = n <= 90
            assert below == beside
            assert len(beside) == (n if named else 0)
            sizes = [label.get_fontsize() for label in axes.get_yticklabels()]
            assert all(size * style.DPI / 72 > 10 for size in sizes)  # pixels
            assert (f"({n} regions)" in axes.get_title(loc="left")) == (not named)
            box = axes.get_window_extent()
            assert box.width == pytest.approx(box.height)
            assert box.width / figure.dpi > 3


def test_a_saved_figure_is_not_blank_and_the_same_each_time(tmp_path, fc):
    for turn in ("a", "b"):
        figure = connectivity.connectivity(fc[0], fc[1], LABELS, "pearson")
        style.save(figure, *(tmp_path / f"{turn}.{form}" for form in ("png", "svg")))
    for form in ("png", "svg"):
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()
    image = matplotlib.image.imread(tmp_path / "a.png")
    assert min(image.shape[:2]) > 400
    assert image[..., :3].std() > 0.05


def test_importing_and_drawing_change_no_settings(tmp_path):
    code = """
        import matplotlib
        read = dict.__getitem__  # as asking for the backend chooses one
        settings = lambda: {key: read(matplotlib.rcParams, key) for key in matplotlib.rcParams}
        before = settings()
        import numpy as np
        from restmeg.figures import anatomy, from_results, style
        assert settings() == before, "import"
        figure = anatomy.connectome(np.ones((3, 3)), np.ones((3, 3)), ["a", "b", "$c$"])
        style.save(figure, "a.png", "a.svg")
        assert settings() == before, "drawing"
        import matplotlib.pyplot
        assert not matplotlib.pyplot.get_fignums()
        try:
            with style.look():
                raise ValueError
        except ValueError:
            assert settings() == before, "an error"
        """
    result = run(code, tmp_path)
    assert result.returncode == 0, result.stderr
