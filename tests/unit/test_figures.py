import numpy as np
import pandas as pd
import pytest
from restmeg import figures

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
    figure = figures.connectivity(simulated, target, LABELS, "pearson")
    meshes, matrices = heatmaps(figure)
    off = ~np.eye(6, dtype=bool)
    limit = max(abs(simulated[off]).max(), abs(target[off]).max())
    for mesh, shown, given in zip(meshes, matrices, (simulated, target), strict=True):
        assert mesh.get_clim() == (-limit, limit)
        assert np.isnan(np.diag(shown)).all()
        np.testing.assert_array_equal(shown[off], given[off])
    figures.plt.close(figure)


def test_connectivity_without_a_finite_value_is_drawn():
    nothing = np.full((6, 6), np.nan)
    figures.plt.close(figures.connectivity(nothing, nothing, LABELS, "pearson"))


def test_connectome_shows_weights_and_distances(fc):
    figure = figures.connectome(abs(fc[0]), 100 * abs(fc[1]), LABELS)
    _, (weights, distances) = heatmaps(figure)
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_array_equal(weights[off], abs(fc[0])[off])
    np.testing.assert_array_equal(distances[off], 100 * abs(fc[1])[off])
    figures.plt.close(figure)


def test_traces_are_about_their_means_and_farther_apart_than_the_widest():
    rng = np.random.default_rng(1)
    times = np.arange(100) * 0.5
    activity = rng.normal(5, 1, (100, 40))
    figure = figures.traces(times, activity, [f"R{k}" for k in range(40)], activity[:, :3], "abc")
    left = figure.axes[0]
    assert "first 16 of 40" in left.get_title(loc="left")
    lines = [line.get_ydata() for line in left.lines[:16]]
    means = [line.mean() for line in lines]
    widest = np.ptp(activity[:, :16], axis=0).max()
    np.testing.assert_allclose(np.diff(means), -1.1 * widest)
    figures.plt.close(figure)


def test_points_of_structure_and_function_are_means_over_replicates(fc, summary):
    weights = np.arange(15.0)
    pairs = fc[:, *np.triu_indices(6, 1)]
    figure = figures.structure_function(weights, pairs, summary)
    axes = figure.axes[0]
    shown = axes.collections[-1].get_offsets()
    np.testing.assert_allclose(shown, np.column_stack([weights, pairs.mean(axis=0)]))
    text = axes.get_title(loc="left")
    assert "mean 0.30, 95 % interval [0.20, 0.40]" in text
    assert f"r of the mean of 5: {np.corrcoef(weights, pairs.mean(axis=0))[0, 1]:.2f}" in text
    figures.plt.close(figure)


@pytest.mark.parametrize("values", [[0.1, 0.3, 0.5], [0.3], [np.nan, np.nan]])
def test_scores_show_mean_and_interval(summary, values):
    single = pd.DataFrame(
        [{"score": name, "value": value} for name in summary["score"] for value in values]
    )
    if np.isnan(values[0]):
        summary[["value", "ci_low", "ci_high", "n"]] = [np.nan, np.nan, np.nan, 0]
    figure = figures.scores(single, summary)
    first = figure.axes[0]
    assert first.get_title(loc="left") == "structure-function coupling"
    expected = "no finite value" if np.isnan(values[0]) else "mean 0.30, 95 % interval [0.20, 0.40]"
    assert expected in first.get_xlabel()
    bars = [line.get_ydata() for line in first.lines if list(line.get_xdata()) == [0, 0]]
    assert [list(bar) for bar in bars] == ([] if np.isnan(values[0]) else [[0.2, 0.4]])
    figures.plt.close(figure)


def test_sweep_has_a_curve_with_its_band_for_each_setting():
    rows = [
        {"k": k, "v": v, "score": score, "value": k * v, "ci_low": k * v - 1, "ci_high": k * v + 1}
        for v in (5.0, 10.0)
        for k in (2.0, 1.0)
        for score in ("structure_function_coupling", "fc_match")
    ]
    labels = {"k": "coupling strength", "v": "conduction speed (mm/ms)"}
    figure = figures.sweep(pd.DataFrame(rows), labels)
    for axes in figure.axes:
        curves = [
            line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_marker() == "o"
        ]
        assert [list(curve.get_ydata()) for curve in curves] == [[5, 10], [10, 20]]
        assert axes.get_xlabel() == "coupling strength"
        assert len(axes.collections) == 2  # the bands
    legend = figure.axes[1].get_legend().get_texts()
    assert [text.get_text() for text in legend] == [
        "conduction speed (mm/ms): 5",
        "conduction speed (mm/ms): 10",
    ]
    figures.plt.close(figure)


def test_a_saved_figure_is_not_blank_and_the_same_each_time(tmp_path, fc):
    for turn in ("a", "b"):
        figure = figures.connectivity(fc[0], fc[1], LABELS, "pearson")
        figures.save(figure, *(tmp_path / f"{turn}.{form}" for form in ("png", "svg")))
    for form in ("png", "svg"):
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()
    image = figures.plt.imread(tmp_path / "a.png")
    assert min(image.shape[:2]) > 400
    assert image[..., :3].std() > 0.05
    assert not figures.plt.get_fignums()
