"""What linear theory says of one model: from settings to theory.nc."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import connectome, fourier, store
from restmeg.errors import warn_of_results
from restmeg.scores.correlation import edges, lengths, located, log_pattern, undirected
from restmeg.theory import expected, predicted, spectra
from restmeg.theory.likelihood import LogLikelihood, log_likelihood
from restmeg.theory.linear import linearise
from restmeg.theory.settled import Settled, hertz, settle

TITLE = "Linear theory"
FREQUENCY = "slowest_frequency"
SPECTRUM = np.arange(1.0, 101.0)  # Hz
LEAKS = (
    "theory is of the activity of regions, and scores are of reconstructed series, which leak: "
    "expected scores are left out"
)
REAL = f"{LEAKS}, and so is the likelihood, which would take leakage for coupling"
LENGTHS = np.geomspace(1, 3600, 37)  # s, of recordings whose scores are predicted


class Scores(NamedTuple):
    """Scores in theory: at this study's duration, and over the length of the recording."""

    names: list[str]
    value: np.ndarray  # (scores,)
    sd: np.ndarray  # (scores,)
    over_length: np.ndarray  # (LENGTHS, scores)


def scores(
    anatomy: connectome.Connectome, own: Settled, target: Settled | None, duration: float
) -> Scores:
    """Scores to be expected of recordings of ``duration`` ms and of LENGTHS.

    own, target: where theory holds; target: None if it is a recording, of which theory does not
    know the truth. Where pairs have no distance there is nothing of scores that need all of them.
    """
    other = own if target is None else target
    given = expected.vectors(
        undirected(anatomy.weights),
        log_pattern(undirected(anatomy.weights)),
        lengths(anatomy.distances),
        edges(own.fc),
        edges(other.fc),
    )
    varying = [one.variability(given) for one in ([own] if other is own else [own, other])]
    scores = expected.Prediction(varying[0], None if target is None else varying[-1], given)
    all_located = located(lengths(anatomy.distances)).all()

    def at(ms: float) -> dict[str, expected.Expected]:
        return {
            name: one
            for name, one in scores.at(ms).items()
            if all_located or name not in expected.OF_DISTANCE
        }

    now = at(duration)
    over_length = [[one.value for one in at(1000 * s).values()] for s in LENGTHS]
    return Scores(
        list(now),
        np.array([one.value for one in now.values()]),
        np.array([one.sd for one in now.values()]),
        np.array(over_length),
    )


def predict_file(
    connectome_path: str | Path,
    model: dict,
    target_model: dict | None,
    target_path: str | Path | None,
    times: dict,
    length: float,
    fourier_paths: Sequence[str | Path],
    point: str,
    path: str | Path,
    reconstructed: bool = False,
) -> None:
    """Write theory.nc of a simulated point, with what is expected of its scores.

    connectome_path: connectome.nc; model, target_model: as in the configuration, plain numbers, the
    latter None where the target is a recording; target_path: theory.nc of the target where that is
    another model; times: dt and transient in ms, and the integrator's method; length: of the
    replicates that are compared, in ms; fourier_paths: fourier.nc of the target's batches; point:
    name of the model; reconstructed: whether scores are of series seen through an inverse, which
    theory knows not.

    Where theory does not hold, the file says why and gives no numbers (NaN), and it is warned of.
    """
    anatomy = connectome.read(connectome_path)
    own = settle(anatomy.weights, anatomy.distances, model, times["dt"], times["method"])
    target = None
    if target_model is not None:
        target = own if target_path is None else _read_target(target_path, anatomy, times)
    notes = []
    if own.trouble:
        notes.append(f"{own.trouble}; expected scores and likelihood are left out")
    elif target is not None and target.trouble:
        notes.append(f"of the target, {target.trouble}; expected matches are left out")
    given, recorded = fourier.read(fourier_paths)
    if reconstructed:
        notes.append(REAL if recorded else LEAKS)
    if not len(given.frequencies):
        notes.append(f"{given.trouble}; its likelihood is left out")
    contents = _network(anatomy, own)
    likely = LogLikelihood(np.full(len(given.replicates), np.nan), np.nan)
    if own.net is not None and not own.trouble:
        usable = None if target is not None and target.trouble else target
        if not reconstructed:
            contents |= _score_variables(scores(anatomy, own, usable, length))
        if len(given.frequencies) and not (reconstructed and recorded):
            likely = log_likelihood(own.net, given, gain_free=recorded)
    contents |= {
        "target_replicate": given.replicates,
        "log_likelihood": likely.values,
        "scale": likely.gain,
    }
    unsettled = predicted.unsettled(own.slowest.real, times["transient"])
    warn_of_results(f"theory, point {point}", notes + unsettled)
    parameters = {
        "point": point,
        "model": model,
        "target_model": target_model,
        "dt": times["dt"],
        "method": times["method"],
        "transient": times["transient"],
        "length": length,
        **({"reconstructed": True} if reconstructed else {}),
    }
    _write(path, parameters, contents, notes)


def target_file(
    connectome_path: str | Path, model: dict, times: dict, point: str, path: str | Path
) -> None:
    """Write theory.nc of a simulated target: of its network alone.

    See `predict_file`.
    """
    anatomy = connectome.read(connectome_path)
    own = settle(anatomy.weights, anatomy.distances, model, times["dt"], times["method"])
    notes = [own.trouble] if own.trouble else []
    parameters = {"point": point, "model": model, "dt": times["dt"], "method": times["method"]}
    _write(path, parameters, _network(anatomy, own), notes)


def _read_target(path, anatomy, times):
    """The network of a target, from its theory.nc."""
    with store.open_netcdf(path, "covariance", "growth_rate", FREQUENCY) as dataset:
        parameters, _ = store.provenance(dataset)
        growth, frequency = (float(dataset[name][...]) for name in ("growth_rate", FREQUENCY))
        covariance = dataset["covariance"][...]
        trouble = "; ".join(store.notes(dataset)) or None
    slowest = complex(growth, 2 * np.pi * frequency / 1000)
    net = None
    if not trouble:
        given = anatomy.weights, anatomy.distances, parameters["model"], times["dt"]
        net = linearise(*given, method=times["method"])
    return Settled(net, slowest, covariance, trouble)


def _write(path, parameters, contents, notes):
    with store.new_netcdf(path, TITLE, parameters) as dataset:
        for name, values in contents.items():
            store.add(dataset, name, values)
        store.add_notes(dataset, notes)


def _network(anatomy, settled):
    """Variables of the network alone."""
    n_regions = len(anatomy.labels)
    known = settled.net is not None
    nothing = np.full(n_regions, np.nan)
    power = np.full((n_regions, len(SPECTRUM)), np.nan)
    return {
        "region": anatomy.labels,
        "region_to": anatomy.labels,
        "region_from": anatomy.labels,
        "frequency": SPECTRUM,
        "rest_E": settled.net.excitatory.rate if known else nothing,
        "rest_I": settled.net.inhibitory.rate if known else nothing,
        "growth_rate": settled.slowest.real,
        FREQUENCY: hertz(settled.slowest),
        "covariance": settled.covariance,
        "theory.fc": settled.fc,
        "power": power if settled.trouble else spectra.power(settled.net, SPECTRUM),
    }


def _score_variables(found):
    return {
        "score": np.array(found.names, dtype=object),
        "expected": found.value,
        "expected_sd": found.sd,
        "length": LENGTHS,
        "expected_over_length": found.over_length,
    }
