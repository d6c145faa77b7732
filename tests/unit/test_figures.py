import itertools

import matplotlib
import numpy as np
import pandas as pd
import pytest
import scored
from processes import run
from restmeg.estimands import Kind
from restmeg.figures import activity, anatomy, connectivity, style

LABELS = [f"R{k}" for k in range(6)]

PEARSON = Kind("pearson", "broadband")


@pytest.fixture
def fc():
    rng = np.random.default_rng(0)
    matrices = rng.uniform(-0.4, 0.3, (5, 6, 6))
    return (matrices + np.swapaxes(matrices, 1, 2)) / 2


def heatmaps(figure):
    """Values of the matrices of a figure, masked ones as NaN."""
    meshes = [axes.collections[0] for axes in figure.axes if axes.get_title(loc="left")]
    return meshes, [mesh.get_array().filled(np.nan).reshape(6, 6) for mesh in meshes]


def test_connectivity_is_on_one_diverging_scale_with_a_blank_diagonal(fc):
    simulated, target = fc[0], fc[1]
    figure = connectivity.connectivity(simulated, target, LABELS, PEARSON)
    meshes, matrices = heatmaps(figure)
    off = ~np.eye(6, dtype=bool)
    limit = max(abs(simulated[off]).max(), abs(target[off]).max())
    for mesh, shown, given in zip(meshes, matrices, (simulated, target), strict=True):
        assert mesh.get_clim() == (-limit, limit)
        assert np.isnan(np.diag(shown)).all()
        np.testing.assert_array_equal(shown[off], given[off])


def test_connectivity_without_a_finite_value_is_drawn():
    nothing = np.full((6, 6), np.nan)
    connectivity.connectivity(nothing, nothing, LABELS, PEARSON)


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


def test_points_of_structure_and_function_are_means_over_replicates(fc):
    weights = np.arange(15.0)
    pairs = fc[:, *np.triu_indices(6, 1)]
    figure = connectivity.structure_function(weights, pairs, pd.DataFrame(scored.rows()))
    axes = figure.axes[0]
    shown = axes.collections[-1].get_offsets()
    np.testing.assert_allclose(shown, np.column_stack([weights, pairs.mean(axis=0)]))
    text = axes.get_title(loc="left")
    assert "mean 0.30, 95 % interval [0.20, 0.40]" in text
    assert f"r of the mean of 5: {np.corrcoef(weights, pairs.mean(axis=0))[0, 1]:.2f}" in text


def ticks(axes):
    labels = axes.get_xticklabels(), axes.get_yticklabels()
    return [[label.get_text() for label in side] for side in labels]


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
@pytest.mark.parametrize("n", [8, 24, 68, 400])
def test_names_of_regions_are_legible_or_left_out(n, name):
    labels = [name.format(k) for k in range(n)]
    fc = np.random.default_rng(0).uniform(-1, 1, (n, n))
    for figure in (
        anatomy.connectome(abs(fc), abs(fc), labels),
        connectivity.connectivity(fc, fc, labels, PEARSON),
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
        figure = connectivity.connectivity(fc[0], fc[1], LABELS, PEARSON)
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
