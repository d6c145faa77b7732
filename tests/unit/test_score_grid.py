"""scores.nc: the numbers of scores.csv by the values of a sweep."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import scored
import xarray as xr
from restmeg import InputError, bundled, dialect, open_results, score_grid, settings, tables
from restmeg.variables import VARIABLES

K, COUPLING, SPEED = "model.coupling_strength", "model.coupling", "model.conduction_speed"
MORE = {"expected_sd": "", "null_z": "-1.5", "null_p": "0.01", "null_n": "100"}


def study(folder, axes, points):
    """points.csv and scores.csv of some points, and scores.nc of them; a target beside them."""
    rows = [["role", "point", *axes, "replicates", "folder"]]
    rows += [["simulated", f"p{k}", *values, "0-1", "x"] for k, values in enumerate(points)]
    tables.write(folder / "points.csv", [*rows, ["target", "pt", *points[0], "0-1", "x"]])
    found = []
    for k, values in enumerate(points):
        match = (k / 7, k - 1.0, k + 1.0)
        own = dict(zip(axes, values, strict=True))
        table = scored.rows(f"p{k}", own, fc_match=(*match, 0.25))
        found += [row | MORE for row in table]
    scored.write(folder / "scores.csv", found)
    score_grid.write(folder / "points.csv", folder / "scores.csv", folder / "scores.nc")
    with xr.open_dataset(folder / "scores.nc") as dataset:
        return pd.read_csv(folder / "scores.csv", keep_default_na=False), dataset.load()


def same(table, dataset, axes):
    """Whether each number of the table is where its names say."""
    for row in table.to_dict("records"):
        place = {axis: row[axis] for axis in axes} or {}
        place |= {name: row[name] for name in ("measure", "band", "score")}
        one = dataset.sel(place)
        for name in ("value", "ci_low", "ci_high", "expected", "null_z", "n", "null_n"):
            number = math.nan if row[name] == "" else float(row[name])
            np.testing.assert_equal(float(one[name]), number)


def test_a_grid_has_a_dimension_for_each_parameter(tmp_path):
    values = {K: [2.0, 0.1, 0.30000000000000004], COUPLING: ["diffusive", "additive"], SPEED: [9.5]}
    table, found = study(tmp_path, list(values), list(itertools.product(*values.values())))
    assert found.value.dims == (*values, "measure", "band", "score")
    for axis, side in values.items():
        assert found[axis].values.tolist() == side
    assert found[SPEED].attrs == {"units": "mm/ms", "long_name": "conduction speed"}
    assert found.value.attrs == {"units": "1", "long_name": "value"}
    assert found.point.sel({K: 0.1, COUPLING: "additive", SPEED: 9.5}).item() == "p3"
    same(table, found, values)
    likely = found.value.sel(score="log_likelihood")
    assert np.isnan(likely.sel(measure="pearson")).all()
    assert (found.n.sel(score="log_likelihood", measure="pearson") == 0).all()
    other = open_results(tmp_path).scores_grid
    xr.testing.assert_identical(other, found)
    with pytest.raises(InputError, match="expected the attribute scores_grid"):
        open_results(tmp_path).load("scores")


def test_points_that_are_no_grid_stand_one_after_the_other(tmp_path):
    points = [(0.5, "additive"), (1.5, "diffusive"), (1.0, "additive")]
    table, found = study(tmp_path, [K, COUPLING], points)
    assert found.value.dims == ("point", "measure", "band", "score")
    assert found.point.values.tolist() == ["p0", "p1", "p2"]
    assert found[K].dims == ("point",)
    assert {K, COUPLING} <= set(found.coords)
    assert found[COUPLING].values.tolist() == ["additive", "diffusive", "additive"]
    same(table, found, ["point"])


def test_without_a_sweep_there_is_no_dimension_for_it(tmp_path):
    table, found = study(tmp_path, [], [()])
    assert found.value.dims == ("measure", "band", "score")
    assert found.point.item() == "p0"
    same(table, found, [])


def test_every_parameter_that_can_be_swept_is_described():
    schema = settings.load_schema(bundled.schema())
    rules = dialect.scalars("model", schema["properties"]["model"])
    assert [name for name in VARIABLES if name.startswith("model.")] == list(rules)
    for key, rule in rules.items():
        one = VARIABLES[key]
        assert one.units == rule.get("unit", None if "enum" in rule else "1")
        assert settings.axis_label(key, schema).partition(" (")[0] == one.long_name
