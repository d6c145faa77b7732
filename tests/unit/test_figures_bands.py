"""The figure of all measures and bands, and regions in the order of hemispheres."""

import numpy as np
import pandas as pd
import pytest
from restmeg.estimands import Kind
from restmeg.figures import connectivity, matrix

KINDS = [
    Kind("phase_locking_value", "alpha"),
    Kind("pearson", "alpha"),
    Kind("pearson", "broadband"),
]


@pytest.mark.parametrize(
    ("labels", "order", "groups"),
    [
        (["Insula_L", "Insula_R", "Cuneus_L", "Cuneus_R"], [0, 2, 1, 3], ["left", "right"]),
        (["rh.a", "lh.a", "rh.b"], [0, 2, 1], ["right", "left"]),
        (["r_a", "r_b", "l_a"], [0, 1, 2], ["right", "left"]),
        (["left V1", "right V1"], [0, 1], ["left", "right"]),
        (["R0", "R1", "R2"], [0, 1, 2], []),
        (["Insula_L", "Vermis"], [0, 1], []),
        (["Insula_L", "Cuneus_L"], [0, 1], []),
    ],
)
def test_regions_stand_by_hemisphere_where_all_names_say_one(labels, order, groups):
    found, named = matrix.hemispheres(labels)
    assert found.tolist() == order
    assert [name for name, *_ in named] == groups
    if named:
        assert [named[0][1], named[-1][2]] == [0, len(labels)]


def test_each_measure_and_band_has_both_roles_and_its_match():
    rng = np.random.default_rng(0)
    labels = ["a_L", "a_R", "b_L", "b_R"]
    simulated, target = ({kind: rng.random((4, 4)) for kind in KINDS} for _ in range(2))
    rows = [
        {"measure": kind.measure, "band": kind.band, "score": score, "value": value}
        for kind in KINDS
        for score, value in (("fc_match", 0.5), ("fc_match_ceiling", 0.6))
    ]
    rows.append({"measure": "pearson", "band": "alpha", "score": "leakage_null", "value": 0.25})
    figure = connectivity.by_band(simulated, target, labels, pd.DataFrame(rows))
    panels = {
        (axes.get_title(loc="left"), axes.get_xlabel()): axes
        for axes in figure.axes
        if axes.get_title(loc="left")
    }
    match = "match 0.50, ceiling 0.60"
    leaked = f"{match}, leakage 0.25"
    assert {*panels} == {("alpha", match), ("broadband", match), ("alpha", leaked)}
    drawn = panels["broadband", match].collections[0].get_array().filled(np.nan)
    order = [0, 2, 1, 3]
    ours, theirs = (of[KINDS[2]][np.ix_(order, order)] for of in (simulated, target))
    upper, lower = np.triu_indices(4, 1), np.tril_indices(4, -1)
    np.testing.assert_array_equal(drawn[upper], ours[upper])
    np.testing.assert_array_equal(drawn[lower], theirs[lower])
    assert np.isnan(np.diag(drawn)).all()
    assert panels["alpha", match].collections[0].get_clim()[0] == 0  # phase locking is positive


def test_connectivity_that_is_nowhere_finite_is_drawn():
    nothing = {kind: np.full((3, 3), np.nan) for kind in KINDS}
    columns = ["measure", "band", "score", "value"]
    connectivity.by_band(nothing, nothing, ["a", "b", "c"], pd.DataFrame(columns=columns))
