"""Tables of scores that nothing has computed."""

import math

import numpy as np
from restmeg import store, tables
from restmeg.scores import DYNAMICS, LEAKAGE, LIKELIHOOD, SCORES, SPECTRA

NOT_ALWAYS = LEAKAGE, DYNAMICS  # of what only some studies have
COLUMNS = ["value", "ci_low", "ci_high", "n", "expected"]
COUNTS = {"replicate": 20, "pair": 400, "target replicate": 20}
NONE = (math.nan,) * 3


def rows(point="pa", axes=None, measure="pearson", **given):
    """Rows of scores.csv of a point as dicts of numbers and texts: all scores, in order.

    axes: {swept parameter: value}; given: by name of a score its value and interval, and what
    theory expects if it does; others are 0.3 in 0.2 to 0.4, but for those that only some have.
    """
    found = []
    for name, score in SCORES.items():
        if score.input in NOT_ALWAYS and name not in given:
            continue
        value, low, high, *expected = given.get(name, (0.3, 0.2, 0.4))
        if name == LIKELIHOOD and name not in given:
            value, low, high = 1000.0, math.nan, math.nan
        kind = "power" if score.input == SPECTRA else measure
        of = ("", "") if name == LIKELIHOOD else (kind, "broadband")
        names = {"point": point, **(axes or {}), "measure": of[0], "band": of[1], "score": name}
        numbers = (value, low, high, COUNTS[score.of], *(expected or [math.nan]))
        found.append(names | dict(zip(COLUMNS, numbers, strict=True)))
    return found


def texts(table):
    """The same as `tables.read` gives them: theory that expects nothing is empty."""
    return [
        {
            key: "" if key == "expected" and math.isnan(value) else str(value)
            for key, value in row.items()
        }
        for row in table
    ]


def write(path, table):
    """Write rows as scores.csv."""
    tables.write(path, [list(table[0]), *(list(row.values()) for row in texts(table))])
    return path


def best(score, parameter, value, low=math.nan, high=math.nan, interval="points", at_edge=False):
    """A row of best.csv."""
    measure, band = ("", "") if score == LIKELIHOOD else ("pearson", "broadband")
    numbers = {"value": value, "ci_low": low, "ci_high": high}
    kind = {"measure": measure, "band": band, "score": score, "parameter": parameter}
    return kind | numbers | {"interval": interval, "at_edge": str(at_edge).lower()}


def best_texts(*table):
    """The same as texts."""
    return [
        {
            key: "" if isinstance(value, float) and math.isnan(value) else str(value)
            for key, value in row.items()
        }
        for row in table
    ]


def write_best(path, *table):
    """Write rows as best.csv."""
    tables.write(path, [list(table[0]), *(list(row.values()) for row in best_texts(*table))])
    return path


def write_theory(path, point="pa", n=8, trouble=""):
    """Write theory.nc of n regions: a match and a coupling that rise with the length, or none."""
    with store.new_netcdf(path, "Theory", {"point": point, "length": 3700.0}) as dataset:
        for of, name in (("measure", "pearson"), ("band", "broadband")):
            store.add(dataset, of, np.array([name], dtype=object))
        store.add(dataset, "theory.fc", np.full((1, 1, n, n), math.nan if trouble else 0.1))
        if not trouble:
            lengths = np.geomspace(1, 3600, 37)
            names = ["structure_function_coupling", "fc_match", "fc_match_ceiling"]
            names += ["baseline_weights", "baseline_distance"]
            rising = lengths / (lengths + 20)
            store.add(dataset, "score", np.array(names, dtype=object))
            store.add(dataset, "length", lengths)
            over_length = np.outer(rising, [1, 1, 1, 0.9, 0.5])
            store.add(dataset, "expected_over_length", over_length[None, None])
        store.add_notes(dataset, [trouble] if trouble else [])
    return path
