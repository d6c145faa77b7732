import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import connectivity, scores


def rates(study):
    """Activity by role and replicate, whatever the batches."""
    found = {}
    for path in study.path.glob("results/*/*/*/activity.nc"):
        with xr.open_dataset(path) as dataset:
            for replicate in dataset.replicate.values:
                role = path.relative_to(study.path).parts[1]
                found[role, int(replicate)] = dataset.rate_E.sel(replicate=replicate).values
    return found


def test_a_second_run_does_nothing(finished):
    assert finished.todo() == {}
    before = finished.data()
    finished.run()
    assert finished.data() == before


def test_results_are_what_the_package_computes(finished):
    """Scores in the table are those of the files of activity, computed anew."""
    activity = rates(finished)
    assert sorted(activity) == [("simulated", k) for k in range(4)] + [
        ("target", k) for k in range(2)
    ]
    fc = {
        role: np.array(
            [connectivity.pearson(activity[key]) for key in sorted(activity) if key[0] == role]
        )
        for role in ("simulated", "target")
    }
    with xr.open_dataset(finished.result("connectome.nc")) as dataset:
        weights = dataset.weights.values
        assert dataset.distances.attrs["units"] == "mm"
    table = pd.read_csv(finished.result("scores.csv")).set_index("score")
    coupling = scores.structure_function_coupling(fc["simulated"], weights)
    match = scores.fc_match(fc["simulated"], fc["target"])
    assert table.loc["structure_function_coupling", "value"] == pytest.approx(coupling.mean())
    assert table.loc["fc_match", "value"] == pytest.approx(match.mean())
    assert table["n"].to_dict() == {"structure_function_coupling": 4, "fc_match": 8}

    sensors, activity_path = (
        next(finished.path.glob(f"results/simulated/*/0-1/{name}.nc"))
        for name in ("sensors", "activity")
    )
    with (
        xr.open_dataset(sensors) as field,
        xr.open_dataset(activity_path) as rate,
        xr.open_dataset(finished.result("leadfield.nc")) as leadfield,
    ):
        assert field.field.attrs["units"] == "T"
        expected = rate.rate_E.astype(float) @ leadfield.gain
        np.testing.assert_allclose(field.field.values, expected.values, rtol=1e-6, atol=1e-12)


def test_bytes_do_not_depend_on_cores_or_batches(finished, study):
    study.run(cores=1)
    assert study.data() == finished.data()
    study.edit("simulation", replicates_per_job=3)
    study.run()
    regrouped = {key: rate.tobytes() for key, rate in rates(study).items()}
    assert regrouped == {key: rate.tobytes() for key, rate in rates(finished).items()}
    for name in ("scores.csv", "scores_replicates.csv"):
        assert study.result(name).read_bytes() == finished.result(name).read_bytes()


def test_figures_and_report(finished):
    names = ["connectome", "traces", "connectivity", "structure_function", "scores"]
    for name in names:
        assert finished.result(f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in finished.result(f"figures/{name}.svg").read_bytes()
    finished.run("--report", "report.html")
    report = (finished.path / "report.html").read_text()
    for name in names:
        assert f"{name}.png" in report
    assert "95 % bootstrap interval" in report


def test_a_job_leaves_a_progress_bar_in_its_log(finished):
    log = next(finished.path.glob("results/logs/simulate/simulated_*_0-1.log")).read_text()
    assert "100 %" in log
    assert "0.1 of 0.1 s simulated" in log


def test_two_axes_of_a_sweep(finished):
    """Finished points stay; the target stays; points share their noise."""
    base = finished.data()
    finished.edit("sweep", **{"model.coupling_strength": [0.0, 1.5]})
    new_point = {"simulate": 2, "project": 2, "connectivity": 2}  # two batches; the base is done
    assert finished.todo() == new_point | {"score": 1, "plot_scores": 1, "plot_sweep": 1}
    finished.run()
    finished.edit("sweep", **{"model.conduction_speed": ["10 m/s", "5 mm/ms"]})
    assert finished.todo()["simulate"] == 4
    finished.run()
    finished.edit("simulation", replicates=6)
    assert finished.todo()["simulate"] == 4  # one more batch at each of four points
    finished.edit("simulation", replicates=4)
    assert finished.todo() == {}

    after = finished.data()
    assert all(after[path] == data for path, data in base.items() if "scores" not in path)
    table = pd.read_csv(finished.result("scores.csv"))
    axes = ["model.coupling_strength", "model.conduction_speed"]
    assert list(table.columns[1:3]) == axes
    points = table[table["score"] == "fc_match"]
    assert points[axes].to_numpy().tolist() == [[0, 10], [0, 5], [1.5, 10], [1.5, 5]]
    # Without coupling speed has no effect; with the same noise the scores are then the same.
    assert points["value"].iloc[0] == points["value"].iloc[1]
    assert points["value"].iloc[2] != points["value"].iloc[3]
    assert finished.result("figures/sweep.png").exists()


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("figures", {"plot_activity", "plot_scores"}),
        ("scores", {"score", "plot_scores"}),
        ("connectivity", {"connectivity", "score", "plot_scores"}),
        (
            "simulation",
            {"simulate", "project", "connectivity", "score", "plot_activity", "plot_scores"},
        ),
    ],
)
def test_an_edit_of_a_module_reruns_what_uses_it(finished, module, rules):
    path = finished.path / f"workflow/restmeg/{module}.py"
    path.write_text(path.read_text() + "\n# edited\n")
    assert set(finished.todo()) == rules


@pytest.mark.parametrize(
    ("section", "values", "rules"),
    [
        ("leadfield", {"scale": "2 nA m/mV"}, {"project", "plot_activity"}),
        ("leadfield", {"scale": "1 uA m/V"}, set()),  # the same
        ("target", {"seed": 5}, {"simulate", "connectivity", "score", "plot_scores"}),
        ("target", {"model": {"coupling_strength": 1.5}}, set()),  # the same
    ],
)
def test_an_edit_of_the_config_reruns_what_depends_on_it(finished, section, values, rules):
    finished.edit(section, **values)
    assert set(finished.todo()) == rules


def test_a_killed_run_goes_on_where_it_was(finished):
    """A leftover of a killed job is no result, and what it left undone is made anew."""
    connectivity_path = next(finished.path.glob("results/target/*/0-1/connectivity.nc"))
    path = connectivity_path.with_name("activity.nc")
    before = path.read_bytes()
    for unfinished in (path, connectivity_path, finished.result("scores.csv")):
        unfinished.unlink()
    partial = path.with_name(".activity.nc.0123abcd.partial")
    partial.write_bytes(before[:2000])
    finished.run()
    assert path.read_bytes() == before
    assert not partial.exists()
