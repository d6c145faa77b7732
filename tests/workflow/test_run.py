import csv

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import open_results, simulation
from restmeg.bands import USUAL
from restmeg.measures import pearson
from restmeg.model import build_network, initial_state, stream
from restmeg.scores import DYNAMICS, LEAKAGE, OF_SPECTRA, SCORES, correlation
from scipy import signal
from studies import checksums

LAST = {"summary", "provenance"}


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
            [pearson.pearson(activity[key]) for key in sorted(activity) if key[0] == role]
        )
        for role in ("simulated", "target")
    }
    with xr.open_dataset(finished.result("connectome.nc")) as dataset:
        weights = dataset.weights.values
        assert dataset.distances.attrs["units"] == "mm"
    table = pd.read_csv(finished.result("scores.csv")).set_index("score")
    pairs = {role: correlation.edges(matrices) for role, matrices in fc.items()}
    coupling = correlation.correlations(pairs["simulated"], correlation.undirected(weights)[None])
    match = correlation.correlations(pairs["simulated"], pairs["target"])
    assert table.loc["structure_function_coupling", "value"] == pytest.approx(coupling.mean())
    assert table.loc["fc_match", "value"] == pytest.approx(match.mean())
    results, logs = open_results(finished.path / "results"), {}
    for role, number in (("simulated", 4), ("target", 2)):
        spectra = results.load("spectra", role)
        assert spectra.power.attrs["units"] == "Hz^-1"
        series = np.array([activity[role, k] for k in range(number)], dtype=float)
        _, expected = signal.welch(series, 10_000.0, nperseg=500, axis=1)  # 50 ms, a segment
        assert spectra.frequency.values.tolist() == [20, 40, 60, 80, 100]
        np.testing.assert_allclose(spectra.power, expected[:, 1:6].swapaxes(1, 2), rtol=1e-9)
        assert spectra.band.values.tolist() == list(USUAL)
        logs[role] = np.log10(expected[:, 1:3]).reshape(number, -1)  # up to 45 Hz
    spectral = correlation.correlations(logs["simulated"], logs["target"])
    assert table.loc["spectral_match", "value"] == pytest.approx(spectral.mean())
    counts = {"replicate": 4, "target replicate": 2, "pair": 8}
    assert table["n"].to_dict() == {
        name: counts[score.of]
        for name, score in SCORES.items()
        if score.input not in (LEAKAGE, DYNAMICS)
    }

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
        expected = 50 * rate.rate_E.astype(float) @ leadfield.gain
        largest = np.abs(expected.values).max()
        np.testing.assert_allclose(field.field.values, expected, rtol=1e-6, atol=1e-7 * largest)
        assert 1e-16 < largest < 1e-12  # as of a head


def test_bytes_do_not_depend_on_cores_or_batches(finished, study):
    study.run(cores=1)
    assert study.data() == finished.data()
    study.edit("simulation", replicates_per_job=3)
    study.run("results/scores.csv")
    regrouped = {key: rate.tobytes() for key, rate in rates(study).items()}
    assert regrouped == {key: rate.tobytes() for key, rate in rates(finished).items()}
    for name in ("scores.csv", "scores_replicates.csv"):
        assert study.result(name).read_bytes() == finished.result(name).read_bytes()


def test_each_figure_is_there_in_two_formats(finished):
    for name in ("connectome", "traces", "connectivity", "structure_function", "scores", "spectra"):
        assert finished.result(f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in finished.result(f"figures/{name}.svg").read_bytes()


def test_an_edit_of_a_caption_or_the_page_remakes_the_summary_alone(finished):
    for name in ("traces.rst", "summary.html.j2"):
        path = finished.path / "workflow/report" / name
        before = path.read_text()
        path.write_text(before + f" More of {name}.\n")
        assert finished.todo() == {"summary": 1}
        path.write_text(before)
    path.write_text(before + " More.\n")
    finished.run()
    assert "More." in finished.result("summary.html").read_text()
    assert finished.todo() == {}


def test_a_job_leaves_a_progress_bar_in_its_log(finished):
    log = next(finished.path.glob("results/logs/simulate/simulated_*_0-1.log")).read_text()
    assert "100 %" in log
    assert "0.1 of 0.1 s simulated" in log


def test_two_axes_of_a_sweep(finished):
    """Finished points stay; the target stays; points share their noise."""
    base = finished.data()
    finished.edit("sweep", **{"model.coupling_strength": [0.0, 1.5]})
    new_point = {
        "simulate": 2,
        "connectivity": 2,
        "spectra": 2,
        "theory": 1,
        "theory_of_target": 1,
        "score_point": 1,
    }  # two batches; the base is done
    gathered = dict.fromkeys(
        ("points", "score", "best", "plot_activity", "plot_scores", "plot_sweep", *LAST), 1
    )
    assert finished.todo() == new_point | gathered
    finished.run("results/scores.csv")
    finished.edit("sweep", **{"model.conduction_speed": ["10 m/s", "5 mm/ms"]})
    assert finished.todo()["simulate"] == 4
    finished.run()
    finished.edit("simulation", replicates=6)
    assert finished.todo()["simulate"] == 4  # one more batch at each of four points
    finished.edit("simulation", replicates=4)
    assert finished.todo() == {}

    after = finished.data()
    kept = [path for path in base if path.endswith(".nc") and path != "results/scores.nc"]
    assert all(after[path] == base[path] for path in kept)
    table = pd.read_csv(finished.result("scores.csv"))
    axes = ["model.coupling_strength", "model.conduction_speed"]
    assert list(table.columns[1:3]) == axes
    points = table[table["score"] == "fc_match"]
    assert points[axes].to_numpy().tolist() == [[0, 10], [0, 5], [1.5, 10], [1.5, 5]]
    # Without coupling speed has no effect; with the same noise the scores are then the same.
    assert points["value"].iloc[0] == points["value"].iloc[1]
    assert points["value"].iloc[2] != points["value"].iloc[3]
    assert finished.result("figures/sweep.png").exists()
    differences = open_results(finished.path / "results").differences
    assert list(differences.columns[1:3]) == axes
    differences = differences[differences["score"] == "fc_match"].set_index("point")
    best = points.loc[points["value"].idxmax(), "point"]
    assert (differences["reference"] == best).all()
    others = points[points["point"] != best].set_index("point")["value"]
    expected = others - points["value"].max()
    pd.testing.assert_series_equal(differences["value"], expected, atol=1e-8)


SIMULATE = {"simulate", "project", "connectivity", "spectra", "fourier", "theory"}
SIMULATE |= {"score_point", "score"}
PLOTS = {"plot_activity", "plot_scores"} | LAST


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("job", set()),
        ("figures/style", PLOTS),
        ("figures/anatomy", PLOTS),
        ("summary/captions", {"summary"}),
        ("console/screen", set()),
        ("scores/intervals", {"theory", "score_point", "score"} | PLOTS),
        ("measures/pearson", {"connectivity", "score_point", "score", "plot_scores"} | LAST),
        ("measures/__init__", set()),
        ("formats/__init__", set()),
        ("formats/npz", set()),
        ("formats/netcdf", {"connectome", "leadfield", "points"} | SIMULATE | PLOTS),
        ("core/noise", SIMULATE | PLOTS),
    ],
)
def test_an_edit_of_a_module_reruns_what_uses_it(finished, module, rules):
    path = finished.path / f"workflow/restmeg/{module}.py"
    path.write_text(path.read_text() + "\nEDITED = True\n")
    assert set(finished.todo()) == rules


def test_comments_and_touched_files_rerun_nothing(finished):
    for path in (finished.path / "workflow/restmeg").rglob("*.py"):
        path.write_text(path.read_text() + "\n# edited\n")
    for path in finished.path.glob("workflow/**/*.*"):
        path.touch()
    (finished.path / "resources/connectome/example.npz").touch()
    (finished.path / "config/config.yaml").touch()
    assert finished.todo() == {}


def test_an_edit_while_a_job_runs_makes_its_result_outdated(study):
    script = study.path / "workflow/scripts/simulate.py"
    module = study.path / "workflow/restmeg/rates.py"
    script.write_text(
        script.read_text() + f"\nwith open({str(module)!r}, 'a') as file:\n    "
        "file.write('EDITED = True\\n')\n"
    )
    study.snakemake("--cores", "1", "results/connectome.nc")
    result = study.snakemake("--cores", "1", "--until", "simulate")
    assert result.returncode == 1  # the first job has run, and the others find other code
    assert "rates.py: has changed since this run was planned" in result.stderr
    assert len(list(study.path.glob("results/*/*/*/activity.nc"))) == 1
    assert study.todo()["simulate"] == 3


def test_another_restmeg_on_the_path_is_not_used(study):
    rival = study.path / "elsewhere/restmeg"
    rival.mkdir(parents=True)
    (rival / "__init__.py").write_text("raise RuntimeError('the wrong one')\n")
    study.run("results/connectome.nc", PYTHONPATH=str(rival.parent))


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


OF_THEORY = ("expected", "expected_sd")  # of nine digits and not of bits
NINE_DIGITS = {name: ["value", "ci_low", "ci_high"] for name in OF_SPECTRA}  # and these
NINE_DIGITS["log_likelihood"] = ["value"]


def test_the_small_study_is_what_it_always_was(finished, data):
    """A swapped role, seed or point in a script ends here."""
    stored = data / "small_study"
    assert finished.result("points.csv").read_text() == (stored / "points.csv").read_text()
    for name in ("scores.csv", "scores_replicates.csv"):
        found, stored_rows = (list(table(path)) for path in (finished.result(name), stored / name))
        assert len(found) == len(stored_rows)
        for row, other in zip(found, stored_rows, strict=True):
            near = [*OF_THEORY, *NINE_DIGITS.get(row["score"], [])]
            for column, text in row.items():
                if column in near and text:
                    before = pytest.approx(float(other[column]), rel=1e-7, abs=1e-9, nan_ok=True)
                    assert float(text) == before
                else:
                    assert text == other[column]
    assert checksums(finished) == (stored / "checksums.txt").read_text()


def table(path):
    return csv.DictReader(path.read_text().splitlines())


def test_activity_is_what_the_package_simulates_for_its_role_and_seed(finished, model, example):
    found = rates(finished)
    net = build_network(*example, model, 0.1)
    for (role, replicate), rate in found.items():
        seed = {"simulated": 3, "target": 5}[role]
        state = initial_state(net)
        random = stream(seed, role, replicate)
        expected = simulation.run(net, state, random, 600)[100:]
        np.testing.assert_array_equal(rate, expected)


def test_a_renamed_connectome_simulates_nothing_again(finished):
    (finished.path / "resources/connectome/example.npz").rename(finished.path / "renamed.npz")
    finished.edit("connectome", source="renamed.npz")
    assert finished.todo() == dict.fromkeys(LAST, 1)  # which tell its name
    # Nor what changes no number: these matrices are symmetric.
    finished.edit("connectome", orientation="source_target")
    assert finished.todo() == dict.fromkeys(LAST, 1)


def test_after_a_change_of_batches_the_table_of_points_leaves_old_files_out(finished):
    """A glob would mix the replicates of two studies."""
    finished.edit("simulation", duration="80 ms", replicates_per_job=3)
    finished.run("results/scores.csv")
    assert len(list(finished.path.glob("results/simulated/*/*/activity.nc"))) == 4
    loaded = open_results(finished.path / "results").load("activity")
    assert loaded.replicate.values.tolist() == [0, 1, 2, 3]
    assert loaded.sizes["time"] == 700


def test_activity_that_is_not_kept_goes_and_is_not_missed(finished, study):
    """Fewer files, the same scores, and only what is new is simulated.

    One of the points diverges, and ends nothing.
    """
    study.edit("sweep", **{"model.coupling_strength": [1e308, 1.5]})
    study.edit("simulation", keep="shown")
    study.run()
    assert study.todo() == {}
    shown = study.result("simulated/p44136fa355b3")
    kept = set(study.path.glob("results/*/*/*/activity.nc"))
    assert kept == set(shown.glob("*/activity.nc"))
    assert study.unrecorded() == set()
    assert (shown / "scores.csv").read_bytes() == finished.result(
        "simulated/p44136fa355b3/scores.csv"
    ).read_bytes()
    with xr.open_dataset(study.result("scores.nc")) as dataset:
        values = dataset.value.sel(measure="pearson", band="broadband", score="fc_match").values
    assert np.isnan(values).tolist() == [True, False]
    assert (
        study.result("scores_notes.csv").read_text().count(": activity diverges, and scores") == 2
    )
    assert "activity diverges" in study.result("summary.html").read_text()
    study.edit("sweep", **{"model.coupling_strength": [1e308, 1.5, 2.0]})
    assert {name: study.todo().get(name) for name in ("simulate", "connectivity")} == {
        "simulate": 2,
        "connectivity": 2,
    }
    module = study.path / "workflow/restmeg/core/network.py"
    module.write_text(module.read_text() + "\nEDITED = True\n")
    assert study.todo()["simulate"] == 7  # three points and the target, also where it is gone


def test_only_the_shown_point_is_projected_unless_all_are_wanted(study):
    study.edit("sweep", **{"model.coupling_strength": [0.5, 1.5]})
    assert study.todo()["project"] == 2
    study.edit("leadfield", project="all")
    assert study.todo()["project"] == 4
