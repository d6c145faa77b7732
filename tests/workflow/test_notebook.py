"""A notebook gets what the workflow writes, to the bit."""

import numpy as np
import pytest
import restmeg
import xarray as xr

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
    found = restmeg.score(fc, target, results.connectome, seed=3)
    for row in results.scores.itertuples():
        one = found.sel(measure=row.measure, score=row.score)
        for name in ("value", "ci_low", "ci_high"):
            assert float(f"{float(one[name]):.9g}") == getattr(row, name)
        assert one.n == row.n
    for row in results.scores_replicates.itertuples():
        one = found[row.score].sel(measure=row.measure, replicate=row.replicate)
        if not np.isnan(row.target_replicate):
            one = one.sel(target_replicate=row.target_replicate)
        assert float(f"{float(one):.9g}") == row.value
