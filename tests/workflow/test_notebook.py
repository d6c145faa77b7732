"""A notebook gets what the workflow writes, to the bit."""

import numpy as np
import pytest
import restmeg
import xarray as xr
from restmeg.scores import OF_CONNECTIVITY, SCORES

SMALL = {"duration": "60 ms", "transient": "10 ms", "progress": False}


@pytest.fixture
def results(finished):
    return restmeg.open_results(finished.path / "results")


def batch(finished, role, name):
    (path,) = finished.path.glob(f"results/{role}/*/0-1/{name}.nc")
    with xr.open_dataset(path) as dataset:
        return dataset.load()


@pytest.mark.parametrize(("role", "seed"), [("simulated", 3), ("target", 5)])
def test_simulate_and_connectivity_are_identical_to_the_files(finished, role, seed):
    activity = restmeg.simulate("example", role=role, seed=seed, replicates=2, **SMALL)
    xr.testing.assert_identical(activity, batch(finished, role, "activity"))
    fc = restmeg.connectivity(activity)
    xr.testing.assert_identical(fc, batch(finished, role, "connectivity"))


def test_project_is_identical_to_the_files(finished, results):
    stored = batch(finished, "simulated", "sensors")
    activity = batch(finished, "simulated", "activity")
    for lead in (results.leadfield, results.leadfield.gain):
        found = restmeg.project(activity, lead, scale="50 nA m/mV")
        xr.testing.assert_identical(found, stored)


def test_score_is_what_the_tables_say(results):
    fc, target = results.load("connectivity"), results.load("connectivity", "target")
    with pytest.warns(restmeg.ResultWarning):  # of too few replicates
        found = restmeg.score(fc, target, results.connectome)
    scores, singles = (
        table[table["score"].isin(OF_CONNECTIVITY)]
        for table in (results.scores, results.scores_replicates)
    )
    for row in scores.itertuples():
        one = found.sel(measure=row.measure, band=row.band, score=row.score)
        for name in ("value", "ci_low", "ci_high"):
            assert same(one[name], getattr(row, name))
        assert one.n == row.n
    for row in singles.itertuples():
        at = {"replicate": row.replicate, "target_replicate": row.target_replicate}
        at = {name: number for name, number in at.items() if not np.isnan(number)}
        own = SCORES[row.score].is_mean
        values = found[row.score if own else f"{row.score}_{next(iter(at))}"]
        assert same(values.sel(measure=row.measure, band=row.band, **at), row.value)


def same(value, read):
    """Whether a number is that of a table, in its digits."""
    return np.array_equal(float(f"{float(value):.9g}"), read, equal_nan=True)
