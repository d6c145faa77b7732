"""Null networks in a study that Snakemake runs."""

import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import connectome, open_results, simulation
from restmeg.measures import pearson
from restmeg.model import build_network, initial_state, stream
from restmeg.nulls import making
from studies import Study

NULLS = {"rewired": {"number": 3}, "instant": {"method": "no_delays"}}
SCORED = {"score_nulls", "score", "plot_nulls", "plot_scores", "summary", "provenance"}


@pytest.fixture(scope="module")
def nulls_once(finished_once, tmp_path_factory):
    """The finished study, to which null networks were added."""
    path = tmp_path_factory.mktemp("nulls") / "study"
    shutil.copytree(finished_once, path)
    study = Study(path)
    study.config["nulls"] = NULLS
    assert study.todo() == {"null": 2, **dict.fromkeys(SCORED, 1)}
    study.run()
    return path


@pytest.fixture
def nulls(nulls_once, tmp_path):
    shutil.copytree(nulls_once, tmp_path / "study")
    study = Study(tmp_path / "study")
    study.config["nulls"] = {name: dict(null) for name, null in NULLS.items()}
    return study


def test_a_second_run_does_nothing_and_no_activity_is_left(nulls):
    assert nulls.todo() == {}
    assert nulls.unrecorded() == set()
    files = sorted(path.name for path in nulls.path.glob("results/nulls/**/*") if path.is_file())
    assert files == ["connectivity.nc", "connectivity.nc", "notes.csv"]


def test_more_null_networks_simulate_only_those(nulls):
    nulls.edit("nulls", rewired={"number": 20})
    assert nulls.todo() == {"null": 2, **dict.fromkeys(SCORED, 1)}  # 0-15, and 16-19
    first = next(nulls.path.glob("results/nulls/rewired/*/0-2/connectivity.nc"))
    nulls.run("results/nulls.csv")
    with (
        xr.open_dataset(first) as before,
        xr.open_dataset(first.parents[1] / "0-15/connectivity.nc") as after,
    ):
        assert after.null.values.tolist() == list(range(16))
        xr.testing.assert_identical(before.fc, after.fc[:3])
    nulls.edit("nulls", rewired={"number": 24})
    assert nulls.todo()["null"] == 1  # and the first batch stays
    nulls.edit("nulls", other={"method": "shuffled_delays", "number": 2})
    nulls.edit("nulls", rewired={"number": 20})
    assert nulls.todo()["null"] == 1
    table = pd.read_csv(nulls.result("nulls.csv"))
    assert set(table["null_n"]) <= {1, 20} | set(range(20))  # of some scores fewer have a value


@pytest.mark.parametrize(
    ("section", "values", "rules", "without"),
    [
        ("target", {"seed": 6}, {"simulate", *SCORED}, {"null"}),
        ("simulation", {"seed": 4}, {"simulate", "null", *SCORED}, set()),
        ("simulation", {"replicates": 6}, {"simulate", "null", *SCORED}, set()),
        ("model", {"coupling_strength": 2.0}, {"simulate", "null", *SCORED}, set()),
        ("nulls", {"rewired": {"method": "shuffled_delays", "number": 3}}, {"null"}, {"simulate"}),
    ],
)
def test_an_edit_reruns_null_networks_only_where_they_depend_on_it(
    nulls, section, values, rules, without
):
    nulls.edit(section, **values)
    todo = nulls.todo()
    assert rules <= todo.keys()
    assert not without & todo.keys()


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("nulls/rewiring", {"null", "score_nulls"}),
        ("null_scores", {"score_nulls", "score"}),
        ("nulls/__init__", set()),
        ("figures/nulls", {"plot_nulls"}),
    ],
)
def test_an_edit_of_the_code_reruns_what_uses_it(nulls, module, rules):
    path = nulls.path / f"workflow/restmeg/{module}.py"
    path.write_text(path.read_text() + "\nEDITED = True\n")
    todo = nulls.todo()
    assert rules <= todo.keys()
    assert ("null" in todo) == ("null" in rules)


def test_a_network_is_what_the_package_makes_of_its_seed_role_and_number(nulls, model, example):
    """A swapped seed, role, replicate or number in a script ends here."""
    anatomy = connectome.Connectome(*example, np.array([f"R{k}" for k in range(8)], dtype=object))
    found = {
        (path.parts[-4], int(number)): dataset.fc.sel(null=number).values[0, 0]
        for path in nulls.path.glob("results/nulls/*/*/*/connectivity.nc")
        for dataset in [xr.load_dataset(path)]
        for number in dataset.null.values
    }
    assert sorted(found) == [("instant", 0), *(("rewired", number) for number in range(3))]
    methods = {"rewired": "degree_length", "instant": "no_delays"}
    for (name, number), fc in found.items():
        null = making.network(methods[name], anatomy, 3, number)
        net = build_network(null.weights, null.distances, model, 0.1)
        for replicate in range(4):
            random = stream(3, "simulated", replicate)
            rate = simulation.run(net, initial_state(net), random, 600)[100:]
            np.testing.assert_array_equal(fc[replicate], pearson.pearson(rate).astype(np.float32))


def test_tables_hold_what_null_networks_say(nulls):
    results = open_results(nulls.path / "results")
    table, scores = results.nulls, results.scores
    assert table["null"].unique().tolist() == ["rewired", "instant"]
    first = table[table["null"] == "rewired"].set_index("score")
    for name, row in scores.set_index("score").iterrows():
        columns = ["null_z", "null_p", "null_n"]
        if name in first.index:
            assert row[columns].tolist() == first.loc[name, columns].tolist()
        else:
            assert row[columns].isna().all()
    networks = pd.read_csv(nulls.result("nulls_networks.csv"))
    of_match = networks[(networks["score"] == "fc_match") & (networks["null"] == "rewired")]
    assert of_match["network"].tolist() == [0, 1, 2]
    assert first.loc["fc_match", "null_mean"] == pytest.approx(of_match["value"].mean())
    notes = pd.read_csv(nulls.result("scores_notes.csv"))
    assert "null rewired" in set(notes["about"])
    assert nulls.result("figures/nulls.png").read_bytes().startswith(b"\x89PNG")
    page = nulls.result("summary.html").read_text()
    assert "Would another network do as well?" in page
    assert "FC match" in page.split("Would another network do as well?")[1]
    assert "degree_length, 3 networks" in page


def test_of_a_sweep_null_networks_are_of_the_shown_point(nulls):
    nulls.edit("sweep", **{"model.coupling_strength": [0.5, 1.5]})
    assert "null" not in nulls.todo()  # the shown one is the finished one
    nulls.run("results/scores.csv")
    table = pd.read_csv(nulls.result("nulls.csv"))
    assert (table["model.coupling_strength"] == 1.5).all()
    scores = pd.read_csv(nulls.result("scores.csv"))
    of_match = scores[scores["score"] == "fc_match"].set_index("model.coupling_strength")
    assert of_match["null_n"].isna().to_dict() == {0.5: True, 1.5: False}


@pytest.mark.parametrize(
    ("null", "line"),
    [
        (
            {"method": "no_delays", "number": 2},
            "config: nulls.a.number: found 2, but there is one network of method no_delays; "
            "expected 1, or left out",
        ),
        (
            {"method": "shuffled_delays"},
            "config: nulls.a.method: shuffled_delays leaves the connectome as it is, as all "
            "connections have no length; expected another method",
        ),
    ],
)
def test_a_null_that_cannot_be_made_ends_the_run_in_one_line(study, null, line):
    with np.load(study.path / "resources/connectome/example.npz") as archive:
        arrays = dict(archive)
    arrays["distances"] = np.zeros((8, 8))
    np.savez(study.path / "short.npz", **arrays)
    study.edit("connectome", source="short.npz")
    study.edit("nulls", a=null)
    result = study.snakemake("--dry-run")
    assert result.returncode == 1
    assert line in result.stderr


def test_what_cannot_be_rewired_is_told_by_the_job(study):
    star = np.zeros((5, 5))
    star[0, 1:] = star[1:, 0] = [1, 2, 4, 8]
    lengths = 20.0 * (star > 0)
    np.savez(study.path / "star.npz", weights=star, distances=lengths, labels=list("abcde"))
    study.edit("connectome", source="star.npz")
    study.edit("nulls", a={"number": 2})
    result = study.snakemake("--cores", "1", "--until", "null")
    assert result.returncode == 1
    assert (
        "degree_length cannot rewire this connectome: 8 connections of 5 regions" in result.stderr
    )
