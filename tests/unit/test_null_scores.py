"""Scores of null networks beside the study's: z, p, and whether they find a known truth."""

import numpy as np
import pandas as pd
import pytest
from restmeg import (
    InputError,
    connectome,
    estimands,
    estimated,
    estimation,
    null_networks,
    null_scores,
    scoring,
    simulation,
    store,
    tables,
)
from restmeg.nulls import making
from restmeg.scores import SCORES

LABELS = np.array([f"R{k}" for k in range(8)], dtype=object)
TIMES = {
    "dt": 0.1,
    "duration": 8000.0,
    "transient": 300.0,
    "sampling_interval": 2.0,
    "method": "exponential_euler",
}
N_NULLS, N_REPLICATES = 39, 5

PEARSON = estimands.Asked(["pearson"])


def plainly(value, nulls, lowest):
    """Mean, standard deviation, z, p, n with nothing but loops."""
    nulls = [x for x in nulls if x == x]
    n = len(nulls)
    mean = sum(nulls) / n
    sd = (sum((x - mean) ** 2 for x in nulls) / (n - 1)) ** 0.5
    good = sum((x <= value) if lowest else (x >= value) for x in nulls)
    return mean, sd, (value - mean) / sd, (1 + good) / (1 + n), n


@pytest.mark.parametrize("direction", ["highest", "lowest", None])
def test_a_score_beside_null_networks(direction):
    rng = np.random.default_rng(0)
    for _ in range(20):
        nulls, value = rng.normal(size=30), rng.normal()
        nulls[3] = np.nan
        found = null_scores.against(value, nulls, direction)
        assert found == pytest.approx(plainly(value, nulls, direction == "lowest"))


def test_the_least_p_is_that_of_the_number_of_networks():
    found = null_scores.against(5.0, np.zeros(99) + np.arange(99) / 1000, "highest")
    assert found.p == 0.01
    assert null_scores.against(-5.0, np.arange(99.0), "highest").p == 1


def test_a_network_that_is_the_study_s_own_is_as_good():
    """Though its connectivity was rounded to 32 bits."""
    nulls = np.array([0.3 - 1e-8, 0.1])
    assert null_scores.against(0.3, nulls, "highest").p == 2 / 3
    assert null_scores.against(-0.3, -nulls, "lowest").p == 2 / 3
    assert null_scores.against(0.3, nulls - 1e-3, "highest").p == 1 / 3


def test_what_cannot_be_said_of_few_networks_or_none():
    one = null_scores.against(0.3, np.array([0.1]), "highest")
    assert (one.mean, one.n) == (0.1, 1)
    assert np.isnan([one.sd, one.z, one.p]).all()  # it could only be 0.5 or 1
    assert null_scores.against(0.3, np.array([0.1, np.nan]), "highest").n == 1
    for value, nulls in ((0.3, [np.nan]), (np.nan, [0.1, 0.2])):
        found = null_scores.against(value, np.array(nulls), "highest")
        assert np.isnan(found[:-1]).all()
    alike = null_scores.against(0.3, np.full(5, 0.1), "highest")
    assert np.isnan(alike.z)
    assert alike.p == 1 / 6


def test_p_holds_its_level():
    """Of 4000 studies that are null networks themselves, as many as it says have so small a p."""
    rng = np.random.default_rng(1)
    p = np.array(
        [
            null_scores.against(values[0], values[1:], "highest").p
            for values in rng.normal(size=(4000, 40))
        ]
    )
    for level in (0.025, 0.05, 0.2, 0.5):
        error = np.sqrt(level * (1 - level) / len(p))
        assert abs((p <= level + 1e-9).mean() - level) < 4 * error


def test_scores_of_the_target_or_anatomy_alone_have_no_null():
    assert [
        *("structure_function_coupling", "structure_function_spearman"),
        *("structure_function_partial", "fc_match", "fc_match_minus_ceiling"),
        *("fc_match_corrected", "fc_distance", "fc_match_partial"),
    ] == null_scores.SCORED


class Study:
    """Files of a small study with null networks."""

    def __init__(self, folder, anatomy, model):
        self.folder, self.anatomy, self.model = folder, anatomy, model
        connectome.write(self.path("connectome.nc"), anatomy, "x")
        tables.write(
            self.path("points.csv"),
            [
                ["role", "point", "model.coupling_strength", "replicates", "folder"],
                ["simulated", "p0", 1.5, "0-4", "x"],
                ["target", "p1", 1.5, "0-4", "y"],
            ],
        )
        self.replicates = list(range(N_REPLICATES))
        self.nulls("nulls.nc", range(N_NULLS))
        self.connectivity("simulated.nc", anatomy, "simulated", "p0", 0)

    def path(self, name):
        return self.folder / name

    def nulls(self, name, numbers, method="degree_length", null="rewired"):
        null_networks.simulate_batch(
            self.path("connectome.nc"),
            null,
            method,
            list(numbers),
            self.model,
            TIMES,
            0,
            "p0",
            self.replicates,
            PEARSON,
            self.path(name),
        )

    def connectivity(self, name, anatomy, role, point, seed):
        """Of a network by the steps that a point goes through."""
        own = self.path("own.nc")
        connectome.write(own, anatomy, "x")
        activity = self.path("activity.nc")
        simulation.simulate_batch(
            own, self.model, TIMES, seed, role, point, self.replicates, activity
        )
        estimation.estimate_file(activity, PEARSON, role, point, self.path(name))

    def target(self, anatomy, name="target.nc"):
        """A target on a connectome, and the scores of the point against it."""
        self.connectivity(name, anatomy, "target", "p1", 77)
        simulated, target = (
            estimated.read([self.path(file)], role, self.anatomy.labels)
            for file, role in (("simulated.nc", "simulated"), (name, "target"))
        )
        rows = [
            ["p0", one.measure, one.band, one.score, one.found.summary.value]
            for one in self.scored(simulated, target)
        ]
        tables.write(
            self.path("scores.csv"), [["point", "measure", "band", "score", "value"], *rows]
        )
        return target

    def scored(self, simulated, target):
        return scoring.scored(simulated, target, self.anatomy.weights, self.anatomy.distances)

    def write(self, *files, names=("rewired",), point="p0", target="target.nc"):
        out = [self.path(name) for name in ("nulls.csv", "networks.csv", "notes.csv")]
        null_scores.write(
            [self.path(name) for name in files or ("nulls.nc",)],
            list(names),
            [self.path(target)],
            self.path("connectome.nc"),
            self.path("points.csv"),
            self.path("scores.csv"),
            point,
            out,
        )
        return [pd.read_csv(path) for path in out]


@pytest.fixture(scope="module")
def study(tmp_path_factory, example, model):
    anatomy = connectome.Connectome(*example, LABELS)
    with pytest.warns(UserWarning, match="all regions are connected"):
        found = Study(tmp_path_factory.mktemp("study"), anatomy, model)
    found.target(anatomy)
    return found


def test_the_connectome_of_the_target_beats_null_networks(study):
    study.target(study.anatomy)
    table = study.write()[0].set_index("score")
    assert (table["null_n"][["fc_match", "structure_function_coupling"]] == N_NULLS).all()
    for score in ("structure_function_coupling", "fc_match", "fc_match_partial", "fc_distance"):
        assert table.loc[score, "null_p"] <= 0.05, score
        assert abs(table.loc[score, "null_z"]) > 1.5
    assert table.loc["fc_match", "null_z"] > 0
    assert table.loc["fc_distance", "null_z"] < 0


def test_a_target_of_another_network_does_not_tell_the_connectome_from_null_networks(study):
    """Of ten networks that are none of the null networks.

    Of forty of them 10 % had a p of the match of 0.05 or less, and their mean was 0.42; of the
    distance 2.5 %, mean 0.63.
    """
    p = []
    for number in range(1000, 1010):
        study.target(making.network("degree_length", study.anatomy, 0, number))
        table = study.write()[0].set_index("score")["null_p"]
        p.append(table[["fc_match", "fc_distance"]].tolist())
        # What is of the simulation and the weights alone does not know the target.
        assert table["structure_function_coupling"] == 0.025
    assert ((np.array(p) <= 0.05).mean(axis=0) <= 0.2).all()
    assert (np.mean(p, axis=0) > 0.25).all()


def test_values_are_those_of_each_network_simulated_as_a_point(study):
    target = study.target(study.anatomy)
    beside, networks, notes = study.write()
    assert list(beside.columns) == [
        *("point", "model.coupling_strength", "null", "measure", "band", "score", "value"),
        *("null_mean", "null_sd", "null_z", "null_p", "null_n"),
    ]
    assert (beside["model.coupling_strength"] == 1.5).all()
    for number in (0, 7):
        null = making.network("degree_length", study.anatomy, 0, number)
        study.connectivity("one.nc", null, "simulated", "p0", 0)
        simulated = estimated.read([study.path("one.nc")], "simulated", LABELS)
        expected = {one.score: one.found.summary.value for one in study.scored(simulated, target)}
        found = networks[networks["network"] == number].set_index("score")["value"]
        for score, value in found.items():
            assert value == pytest.approx(expected[score], rel=1e-5, abs=1e-6, nan_ok=True)
    own = pd.read_csv(study.path("scores.csv")).set_index("score")["value"]
    for _, row in beside.iterrows():
        assert row["value"] == pytest.approx(own[row["score"]])
        values = networks.loc[networks["score"] == row["score"], "value"]
        lowest = SCORES[row["score"]].direction == "lowest"
        expected = plainly(row["value"], values, lowest)
        columns = ["null_mean", "null_sd", "null_z", "null_p", "null_n"]
        assert row[columns].tolist() == pytest.approx(expected, rel=1e-6)
    assert notes.to_numpy().tolist() == [
        ["p0", "null rewired", "all regions are connected, so weights alone change their places"]
    ]


def test_batches_and_nulls_are_told_apart_by_what_they_say(study):
    study.target(study.anatomy)
    with pytest.warns(UserWarning, match="all regions"):
        study.nulls("first.nc", [0, 1])
        study.nulls("second.nc", [2])
    study.nulls("instant.nc", [0], "no_delays", "instant")
    beside, networks, _ = study.write(
        "second.nc", "instant.nc", "first.nc", names=["instant", "rewired"]
    )
    assert beside["null"].unique().tolist() == ["instant", "rewired"]
    of_rewired = networks[(networks["null"] == "rewired") & (networks["score"] == "fc_match")]
    assert of_rewired["network"].tolist() == [0, 1, 2]
    alone = study.write("first.nc", "second.nc")[1]
    pd.testing.assert_frame_equal(
        alone.reset_index(drop=True), networks[networks["null"] == "rewired"].reset_index(drop=True)
    )
    instant = beside[(beside["null"] == "instant") & (beside["score"] == "fc_match")].iloc[0]
    assert instant["null_n"] == 1
    assert np.isnan(instant["null_z"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "simulated"}, "role simulated; expected null"),
        ({"point": "p9"}, "point p9; expected p0"),
        ({"measures": ["other"]}, "measures other; expected pearson"),
        ({"labels": LABELS[::-1]}, "its regions are not those of the connectome"),
    ],
)
def test_files_that_do_not_belong_are_refused(study, change, words):
    study.target(study.anatomy)
    labels = change.pop("labels", LABELS)
    measures = change.pop("measures", ["pearson"])
    parameters = {"role": "null", "null": "rewired", "point": "p0"} | change
    with store.new_netcdf(study.path("odd.nc"), "x", parameters, 0) as dataset:
        store.add(dataset, "null", np.array([0]))
        store.add(dataset, "measure", np.array(measures, dtype=object))
        store.add(dataset, "band", np.array(["broadband"], dtype=object))
        store.add(dataset, "replicate", np.arange(2))
        for end in ("region_to", "region_from"):
            store.add(dataset, end, labels)
        store.add(dataset, "nulls.fc", np.zeros((1, 1, 1, 2, 8, 8), np.float32))
    with pytest.raises(InputError, match=words):
        study.write("odd.nc")


def test_a_network_that_is_there_twice_or_a_null_that_is_nowhere_is_refused(study):
    study.target(study.anatomy)
    with pytest.raises(InputError, match=r"nulls\.nc: network 0 is there more than once"):
        study.write("nulls.nc", "nulls.nc")
    with pytest.raises(InputError, match="null other: none of 1 files is of it"):
        study.write(names=["other"])
