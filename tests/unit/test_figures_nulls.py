"""The figure of null networks, and which results go into it."""

import itertools

import numpy as np
import pandas as pd
import pytest
from restmeg.figures import from_results, nulls, style

SCORES = ["structure_function_coupling", "fc_distance", "fc_match"]  # as they are drawn


@pytest.fixture
def given():
    """Tables of one point: two nulls, of 30 networks and of one."""
    rng = np.random.default_rng(0)
    beside, networks, own = [], [], []
    for k, score in enumerate(SCORES):
        for null, n in (("rewired", 30), ("instant", 1)):
            values = k + rng.normal(size=n)
            networks += [[null, number, score, value] for number, value in enumerate(values)]
            z = -3.21 if n > 1 else np.nan
            beside.append([null, score, k + 3.0, z, 1 / (n + 1), n])
        own.append([score, k + 3.0, k + 2.5, k + 3.5])
    return (
        pd.DataFrame(beside, columns=["null", "score", "value", "null_z", "null_p", "null_n"]),
        pd.DataFrame(networks, columns=["null", "network", "score", "value"]),
        pd.DataFrame(own, columns=["score", "value", "ci_low", "ci_high"]),
    )


def test_a_panel_for_each_score_and_a_column_for_each_null(given):
    figure = nulls.nulls(*given)
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == len(SCORES)
    for k, axes in enumerate(panels):
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == [
            "rewired\nz = \N{MINUS SIGN}3.21\np = 0.032\n30 networks",
            "instant\np = 0.5\n1 network",
        ]
        dots = [collection.get_offsets() for collection in axes.collections[-1:]]
        assert len(dots[0]) == 1
        assert dots[0][0][0] == 1  # in the middle of its column
        line = [line for line in axes.lines if len(set(line.get_ydata())) == 1][-1]
        value = k + 3.0 if k != 1 else np.sqrt(k + 3.0)  # of a squared distance the root
        assert line.get_ydata()[0] == value
    assert "lower is better" in panels[1].get_ylabel()
    assert "lower" not in panels[2].get_ylabel()


def test_the_study_has_no_interval_and_the_match_no_second_panel(given):
    beside, networks, own = (
        pd.concat(
            [table, table[table["score"] == "fc_match"].assign(score="fc_match_minus_ceiling")]
        )
        for table in given
    )
    figure = nulls.nulls(beside, networks, own)
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title(loc="left") for axes in panels][1:] == ["FC distance", "FC match"]
    assert not any(axes.patches for axes in panels)


def test_titles_do_not_cover_each_other(given):
    beside, networks, own = given
    long = "structure_function_partial"  # the longest of all names
    tables = [
        table.replace("structure_function_coupling", long) for table in (beside, networks, own)
    ]
    figure = nulls.nulls(*tables)
    with style.look():
        figure.canvas.draw()
    titles = [axes._left_title.get_window_extent() for axes in figure.axes]
    assert not any(a.overlaps(b) for a, b in itertools.pairwise(titles))


def test_networks_without_a_value_and_points_without_a_score_are_drawn(given, tmp_path):
    beside, networks, own = given
    networks.loc[networks["score"] == "fc_match", "value"] = np.nan
    own["ci_low"] = own["ci_high"] = np.nan
    style.save(nulls.nulls(beside, networks, own), tmp_path / "a.png")
    figure = nulls.nulls(beside[:0], networks[:0], own)
    assert "No score of this point has a finite value." in figure.texts[0].get_text()


def test_the_figure_is_of_the_first_measure_and_the_point_of_the_nulls(
    given, tmp_path, monkeypatch
):
    beside, networks, own = given
    both = []
    for name, table, points in (
        ("nulls", beside, ["pb"]),
        ("networks", networks, ["pb"]),
        ("scores", own, ["pa", "pb"]),
    ):
        copies = [
            table.assign(point=point, measure=measure, band="broadband", of=f"{point} {measure}")
            for point in points
            for measure in ("pearson", "other")
        ]
        pd.concat(copies).to_csv(tmp_path / f"{name}.csv", index=False)
        both.append(tmp_path / f"{name}.csv")
    drawn = {}
    monkeypatch.setattr(nulls, "nulls", lambda *tables: drawn.setdefault("tables", tables))
    monkeypatch.setattr(style, "save", lambda figure, *paths: drawn.setdefault("paths", paths))
    from_results.draw_nulls(*both, "", {"nulls": "n.png", "nulls_svg": "n.svg"})
    assert drawn["paths"] == ("n.png", "n.svg")
    for table, original in zip(drawn["tables"], given, strict=True):
        assert set(table["of"]) == {"pb pearson"}
        assert len(table) == len(original)
