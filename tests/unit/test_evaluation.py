"""How far simulations are from a target, against the files that a sweep point has."""

import csv

import netCDF4
import numpy as np
import pytest
from restmeg import (
    InputError,
    estimands,
    estimation,
    evaluated,
    evaluation,
    fit_by_simulation,
    fitted,
    inverse,
    power,
    reconstruction,
    scoring,
    simulation,
    store,
)
from restmeg.connectome import Connectome
from restmeg.errors import ResultWarning
from restmeg.evaluation import POWER
from restmeg.nested import replaced
from restmeg.parameters import Axis
from restmeg.scores import correlation

TIMES = {
    "dt": 0.1,
    "duration": 2300.0,
    "transient": 300.0,
    "sampling_interval": 1.0,
    "method": "exponential_euler",
}
KEY = "model.coupling_strength"
ASKED = estimands.Asked(["pearson", "phase_locking_value"], {"high": (30.0, 80.0)}, 300.0)


@pytest.fixture
def anatomy(example):
    weights, distances = example
    labels = np.array([f"R{k}" for k in range(8)], dtype=object)
    return Connectome(weights, distances, labels)


@pytest.fixture
def folder(anatomy, model, tmp_path):
    """A connectome, a target of five replicates and a round's proposals."""
    with store.new_netcdf(tmp_path / "connectome.nc", "Connectome", {}) as dataset:
        for name in ("labels", "weights", "distances"):
            store.add(dataset, name, getattr(anatomy, name))
        for name in ("target", "source"):
            store.add(dataset, name, anatomy.labels)
    estimate(tmp_path, replaced(model, {KEY: 1.0}), 9, "target", range(5))
    with (tmp_path / "points.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["number", KEY], [0, 1.5], [1, 0.6]])
    return tmp_path


def estimate(folder, model, seed, role, replicates):
    """Files of connectivity and spectra, as jobs of a point make them."""
    activity = folder / f"{role}_activity.nc"
    simulation.simulate_batch(
        folder / "connectome.nc", model, TIMES, seed, role, "p", list(replicates), activity
    )
    estimation.estimate_file(activity, ASKED, role, "p", folder / f"{role}_connectivity.nc")
    power.estimate_file(activity, role, "p", False, folder / f"{role}_spectra.nc")


def evaluate(folder, model, number, **other):
    """An evaluation of one proposal."""
    given = {
        "seed": 4,
        "replicates": list(range(4)),
        "only": [0, 1, 3],
        "asked": ASKED,
        "frequencies": None,
    } | other
    evaluation.evaluate_file(
        folder / "connectome.nc",
        folder / "points.csv",
        (2, number),
        [folder / "target_connectivity.nc"],
        [folder / "target_spectra.nc"],
        model,
        TIMES,
        path=folder / f"{number}.nc",
        **given,
    )
    return evaluated.read(folder / f"{number}.nc")


def test_an_evaluation_is_what_scores_of_a_point_with_these_parameters_are(folder, model, anatomy):
    found = evaluate(folder, model, 1)
    assert found.round == 2
    assert found.values == {KEY: 0.6}
    assert found.replicates == [0, 1, 3]
    estimate(folder, replaced(model, {KEY: 0.6}), 4, "simulated", range(4))
    scores = {}
    paths = {
        role: [[folder / f"{role}_{name}.nc"] for name in ("connectivity", "spectra")]
        for role in ("simulated", "target")
    }
    ours, theirs = (scoring.estimated.read(paths[role][0], role, anatomy.labels) for role in paths)
    for one in scoring.scored(
        ours, theirs.of([0, 1, 3]), anatomy.weights, anatomy.distances, ["fc_distance"]
    ):
        scores[one.measure, one.band] = one.found.summary.value
    assert len(scores) == 3
    for kind, value in zip(found.distance.kinds, found.distance.values, strict=True):
        if kind != POWER:
            assert value == pytest.approx(scores[kind], rel=1e-9, abs=1e-13)
    spectra = [
        power.read(paths[role][1], role, anatomy.labels, (1.0, 45.0)).power for role in paths
    ]
    a, b = (np.log10(one).reshape(len(one), -1) for one in spectra)
    b = b[[0, 1, 3]]
    plain = np.mean(
        [
            (a[r] - b[t]) @ (a[q] - b[u]) / a.shape[1]
            for r in range(4)
            for q in range(4)
            for t in range(3)
            for u in range(3)
            if r != q and t != u
        ]
    )
    assert found.distance.values[-1] == pytest.approx(plain, rel=1e-9)
    assert found.distance.weights[-1] == pytest.approx(a.shape[1] / b.var(axis=0, ddof=1).mean())

    # And without each replicate it is that of the others.
    fewer = evaluate(folder, model, 1, replicates=[0, 1, 3])
    assert found.distance.without_replicate[:, 2] == pytest.approx(fewer.distance.values)
    known = found.distance.known(np.array([0.5]))
    with store.open_netcdf(folder / "1.nc") as dataset:
        assert dataset["objective"][...] == pytest.approx(fewer_sum(fewer), rel=1e-9)
    assert evaluated.deviation(known) > 0


def fewer_sum(one):
    return one.distance.weights @ one.distance.values


def test_activity_that_is_not_finite_is_infinitely_far(folder, model, monkeypatch):
    def lost(batch, make=simulation.simulated):
        for number, (piece, state) in enumerate(make(batch)):
            piece[-1:] = np.nan if number == 2 else piece[-1:]
            yield piece, state

    monkeypatch.setattr(simulation, "simulated", lost)
    found = evaluate(folder, model, 0)
    assert np.isposinf(found.distance.values).all()
    assert found.distance.without_replicate.shape == (4, 4)
    assert "activity of replicate 2 is not finite" in found.notes
    assert not np.isfinite(found.distance.known(np.zeros(1)).finite().values).size


def test_a_silent_model_has_no_distance(folder, model):
    found = evaluate(folder, replaced(model, {"model.noise.sigma": 0.0}), 0)
    assert np.isnan(found.distance.values).all()
    assert "4 of 4 replicates have a silent region" in found.notes


def test_a_target_without_enough_replicates_or_noise_is_refused(folder, model):
    with pytest.raises(InputError, match=r"target: 2 of 2 replicates .* expected at least 3"):
        evaluate(folder, model, 0, only=[0, 1])
    with store.open_netcdf(folder / "target_connectivity.nc") as dataset:
        fc = dataset["fc"][...]
    with netCDF4.Dataset(folder / "target_connectivity.nc", "a") as dataset:
        dataset["fc"][...] = fc[:, :, :1]
    with pytest.raises(InputError, match="is the same in all replicates"):
        evaluate(folder, model, 0)


def test_an_inverse_is_seen_through(anatomy, model):
    rng = np.random.default_rng(1)
    leakage = np.eye(8) + 0.2 * rng.normal(size=(8, 8))
    operator = inverse.Operator(
        **{
            "labels": list(anatomy.labels),
            "leakage": leakage,
            "noise": 1e-3 * rng.normal(size=(8, 8)),
            "parameters": {},
        }
    )
    batch = simulation.Batch(anatomy, model, TIMES, 4, "simulated", [0, 1])
    like = evaluation.Patterns(np.arange(0), {}, np.arange(0), False)
    found, _ = evaluation.simulated_patterns(batch, ASKED, like, None, operator)
    for k in range(2):
        one = batch._replace(replicates=[k])
        passing = simulation.Passing(one, (piece for piece, _ in simulation.simulated(one)))
        held = evaluation.Held(passing, 0)
        seen = reconstruction.Reconstructed(held, operator, 4, "simulated")
        plain = estimation.estimate(seen, ASKED, "simulated")
        for kind, fc in zip(plain.kinds, plain.fc, strict=True):
            np.testing.assert_array_equal(found.rows[kind][k], correlation.edges(fc)[0])


class Evaluations:
    """Files of evaluations of a function, as rounds propose them."""

    def __init__(self, folder, axes, function):
        self.folder, self.axes, self.function = folder, axes, function
        self.bounds = {axis.name: [axis.low, axis.high] for axis in axes}

    def propose(self, number, before, points=8):
        path = self.folder / f"{number}.csv"
        nested = {"coupling_strength": 1.5, "noise": {"mean_E": 0.1}}
        fit_by_simulation.propose_file(number, points, nested, self.bounds, before, path)
        return path

    def run(self, rounds, points=8):
        paths = []
        for number in range(1, 1 + rounds):
            proposals = self.propose(number, paths, points)
            paths += [self.write(number, proposals, k) for k in range(points)]
        return paths

    def write(self, number, proposals, k):
        values = evaluated.proposal(proposals, k)
        distances = self.function(np.array(list(values.values())))
        rng = np.random.default_rng(1)  # of replicates, the same everywhere
        sides = distances[:, None] * (1 + 0.05 * rng.normal(size=(1, 10)))
        path = self.folder / f"{number}_{k}.nc"
        known = {"round": number, "number": k, "target_replicates": list(range(10))}
        with store.new_netcdf(path, "", known) as dataset:
            store.add(dataset, "parameter", np.array(list(values), dtype=object))
            store.add(dataset, "evaluation.value", np.array(list(values.values())))
            store.add(dataset, "evaluation.measure", np.array(["a", "b"], dtype=object))
            store.add(dataset, "evaluation.band", np.array(["x", "y"], dtype=object))
            store.add(dataset, "evaluation.distance", distances)
            store.add(dataset, "weight", np.array([2.0, 0.5]))
            store.add(dataset, "without_replicate", sides)
            store.add(dataset, "without_target", sides)
            store.add(dataset, "objective", np.array([2.0, 0.5]) @ distances)
        return path


AXES = [Axis("model.coupling_strength", 0.1, 10.0), Axis("model.noise.mean_E", -1.0, 1.0)]


def bowl(values):
    apart = np.array([np.log(values[0] / 2.0), 3 * (values[1] - 0.25)])
    return 1 + apart**2 * (1, 4)


def test_proposals_are_those_of_files_alone_and_begin_with_the_configured_model(tmp_path):
    given = Evaluations(tmp_path, AXES, bowl)
    paths = given.run(2)
    first = evaluated.proposal(tmp_path / "1.csv", 0)
    assert first == {"model.coupling_strength": 1.5, "model.noise.mean_E": 0.1}
    again = given.propose(2, list(reversed(paths[:8]))).read_bytes()
    assert given.propose(2, paths[:8]).read_bytes() == again
    for number in (1, 2):
        rows = [evaluated.proposal(tmp_path / f"{number}.csv", k) for k in range(8)]
        for row in rows:
            assert all(axis.low <= row[axis.name] <= axis.high for axis in AXES)
            assert all(float(f"{value:.6g}") == value for value in row.values())
    # Outside of the bounds there is no configured model.
    given.bounds["model.coupling_strength"] = [2.0, 10.0]
    given.propose(1, [])
    assert evaluated.proposal(tmp_path / "1.csv", 0)["model.coupling_strength"] >= 2


def fitted_to(folder, anatomy_path, function, rounds=3):
    given = Evaluations(folder, AXES, function)
    paths = given.run(rounds)
    model = {"coupling_strength": 1.5, "noise": {"mean_E": 0.1}}
    out = folder / "fit.nc", folder / "fit.csv"
    fit_by_simulation.fit_file(anatomy_path, paths, model, given.bounds, {}, *out)
    return fitted.read(out[0]), out


def test_a_bowl_is_fitted_and_its_file_read(folder):
    with pytest.warns(ResultWarning, match="activity is not finite or silent at"):
        found, out = fitted_to(
            folder,
            folder / "connectome.nc",
            lambda values: bowl(values) if values[0] < 7 else np.array([np.inf, np.nan]),
        )
    assert found.by_simulation
    assert found.values == pytest.approx([2.0, 0.25], rel=0.02)
    assert found.identified.all()
    assert ((found.low < found.values) & (found.values < found.high)).all()
    assert found.model["noise"]["mean_E"] == pytest.approx(found.values[1], rel=1e-8)
    for k, curve in enumerate(found.profiles):
        assert curve[curve[:, 1].argmin(), 0] == pytest.approx(found.values[k], rel=0.1)
        assert (np.diff(curve[:, 0]) > 0).all()
    assert found.path.shape == (24, 3)
    assert np.isnan(found.path).any() or np.isinf(found.path).any()
    with out[1].open() as file:
        rows = list(csv.DictReader(file))
    assert [row["identified"] for row in rows] == ["true", "true"]


def test_what_is_at_a_bound_or_flat_is_told(folder):
    def function(values):
        return np.array([(1.0 + np.log(values[0] / 0.1)) ** 2, 1.0])

    with pytest.warns(ResultWarning) as told:
        found, _ = fitted_to(folder, folder / "connectome.nc", function)
    assert not found.identified.any()
    texts = " ".join(str(one.message) for one in told)
    assert "model.coupling_strength is at a bound" in texts
    assert "model.noise.mean_E is not identified" in texts
    assert found.low[0] == pytest.approx(0.1)
    assert found.high[0] < 5
    assert (found.low[1], found.high[1]) == (-1.0, 1.0)


def test_a_fit_without_values_is_refused(folder):
    with pytest.raises(InputError, match="0 of 16 evaluated points have a finite distance"):
        fitted_to(folder, folder / "connectome.nc", lambda _: np.array([np.inf, np.inf]), rounds=2)
