"""best.csv: the best values of a sweep, from tables and from the likelihood's curvature."""

import numpy as np
import pytest
from restmeg import best, connectome, fourier, library, tables

LABELS = np.array([f"R{k}" for k in range(8)], dtype=object)
TIMES = {"dt": 0.1, "method": "exponential_euler"}
KEY = "model.coupling_strength"
HEAD = ["point", KEY, "measure", "band", "score", "value", "ci_low", "ci_high", "n"]


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    folder = tmp_path_factory.mktemp("target")
    activity = library.simulate("example", role="target", replicates=8, progress=False)
    activity.to_netcdf(folder / "activity.nc")
    fourier.estimate_file(folder / "activity.nc", False, None, "pt", folder / "fourier.nc")
    return folder / "fourier.nc"


@pytest.fixture
def write(tmp_path, example, model, target):
    """A callable that writes best.csv of a sweep over coupling strength and reads it again."""

    def make(distances, likelihoods, differences, axes=None):
        """distances, likelihoods: of strengths 1, 1.5 and 2; differences: rows."""
        strengths = dict(zip(("pa", "pb", "pc"), (1.0, 1.5, 2.0), strict=True))
        rows = [HEAD]
        for (name, k), distance, likely in zip(
            strengths.items(), distances, likelihoods, strict=True
        ):
            rows.append([name, k, "pearson", "broadband", "fc_distance", distance, 0, 0, 64])
            rows.append([name, k, "", "", "log_likelihood", likely, "", "", 8])
        tables.write(tmp_path / "scores.csv", rows)
        names = ["point", KEY, "reference", *HEAD[2:]]
        tables.write(tmp_path / "differences.csv", [names, *differences])
        connectome.write(tmp_path / "connectome.nc", connectome.Connectome(*example, LABELS), "x")
        paths = [tmp_path / f"{name}.csv" for name in ("scores", "differences")]
        out = tmp_path / "best.csv"
        axes = {KEY: [1.0, 1.5, 2.0]} if axes is None else axes
        best.write(*paths, tmp_path / "connectome.nc", [target], model, TIMES, axes, out)
        return tables.read(out)[1]

    return make


def difference(point, strength, reference, low, high, score="fc_distance"):
    return [
        point,
        strength,
        reference,
        "pearson",
        "broadband",
        score,
        (low + high) / 2,
        low,
        high,
        64,
    ]


def test_points_that_cannot_be_told_from_the_best_one_are_its_interval(write):
    rows = write(
        [0.3, 0.1, 0.15],
        ["nan"] * 3,
        [difference("pa", 1.0, "pb", 0.1, 0.3), difference("pc", 2.0, "pb", -0.02, 0.1)],
    )
    assert rows == [
        {
            **{"measure": "pearson", "band": "broadband", "score": "fc_distance"},
            **{"parameter": KEY, "value": "1.5", "ci_low": "1.5", "ci_high": "2"},
            **{"interval": "points", "at_edge": "false"},
        }
    ]


def test_likelihood_has_a_maximum_between_points(write):
    (row,) = write([0, 0, 0], [-30, -10, -40], [])
    assert (row["score"], row["parameter"], row["interval"]) == (
        *("log_likelihood", KEY, "curvature"),
    )
    low, value, high = (float(row[name]) for name in ("ci_low", "value", "ci_high"))
    assert row["at_edge"] == "false"
    assert low < 1.5 < high
    assert low < value < high < low + 0.15
    assert value != 1.5


def test_at_the_edge_of_the_sweep_there_is_no_interval(write):
    (row,) = write([0, 0, 0], [-10, -20, -40], [], axes={KEY: [1.0, 1.2]})
    assert float(row["value"]) == 1.2
    assert row["ci_low"] == row["ci_high"] == ""
    assert row["at_edge"] == "true"


@pytest.mark.parametrize("distances", [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])
def test_a_best_point_at_the_edge_has_no_interval(write, distances):
    """Whether or not others can be told from it."""
    best, others = ("pa", ("pb", "pc")) if distances[0] < distances[2] else ("pc", ("pa", "pb"))
    rows = [
        difference(others[0], 1.5, best, -0.1, 0.2),
        difference(others[1], 2.0, best, 0.1, 0.3),
    ]
    (row,) = write(distances, ["nan"] * 3, rows)
    assert row["value"] == {"pa": "1", "pc": "2"}[best]
    assert (row["ci_low"], row["ci_high"], row["at_edge"]) == ("", "", "true")


def test_the_interval_of_a_likelihood_is_not_cut_at_the_end_of_the_sweep(write):
    """The same maximum in a sweep that ends within its interval and in one that does not."""
    (wide,) = write([0, 0, 0], [-30, -10, -40], [])
    end = float(wide["value"]) + 0.25 * (float(wide["ci_high"]) - float(wide["value"]))
    (cut,) = write([0, 0, 0], [-30, -10, -40], [], axes={KEY: [1.0, end]})
    assert cut["at_edge"] == "false"
    assert float(cut["ci_high"]) > end
    for name in ("value", "ci_low", "ci_high"):
        assert float(cut[name]) == pytest.approx(float(wide[name]), abs=0.01)


def test_a_sweep_of_one_value_has_no_edge(write):
    (row,) = write(
        [0.1] * 3,
        ["nan"] * 3,
        [difference("pa", 1.0, "pb", -0.1, 0.2)],
        axes={KEY: [1.5]},
    )
    assert row["at_edge"] == "false"


def test_a_score_that_says_not_which_is_better_is_left_out(write):
    rows = [difference("pa", 1.0, "pb", -1, 1, "structure_function_coupling")]
    assert write([0, 0, 0], ["nan"] * 3, rows) == []


def test_of_points_on_a_line_the_likeliest_stands_for_what_lies_between(
    tmp_path, example, model, target
):
    """As of two keys zipped; a point beside the line makes it two directions."""
    speed = "model.conduction_speed"
    connectome.write(tmp_path / "connectome.nc", connectome.Connectome(*example, LABELS), "x")
    paths = [tmp_path / f"{name}.csv" for name in ("scores", "differences")]
    tables.write(paths[1], [["point", KEY, speed, "reference", *HEAD[2:]]])
    points = {"pa": (1.0, 5.0), "pb": (1.5, 10.0), "pc": (2.0, 15.0), "pd": (2.0, 5.0)}
    for number, is_known in ((3, False), (4, True)):
        rows = [
            [name, *values, "", "", "log_likelihood", likely, "", "", 8]
            for (name, values), likely in zip(points.items(), (-30, -10, -40, -50), strict=True)
        ][:number]
        tables.write(paths[0], [["point", KEY, speed, *HEAD[2:]], *rows])
        axes = {KEY: [1.0, 1.5, 2.0], speed: [5.0, 10.0, 15.0]}
        given = tmp_path / "connectome.nc", [target], model, TIMES, axes, tmp_path / "best.csv"
        best.write(*paths, *given)
        _, found = tables.read(tmp_path / "best.csv")
        values = {row["parameter"]: float(row["value"]) for row in found}
        assert (values == {KEY: 1.5, speed: 10.0}) != is_known
        assert all((row["ci_low"] != "") == is_known for row in found)
