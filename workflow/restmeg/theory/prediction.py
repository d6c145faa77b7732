"""What linear theory says of one model: from settings to theory.nc."""

import itertools
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import bands, connectome, estimands, fourier, store
from restmeg.bands import BROADBAND
from restmeg.errors import warn_of_results
from restmeg.estimands import Asked, Kind
from restmeg.scores.correlation import edges, lengths, located, log_pattern, undirected
from restmeg.theory import expected, predicted, spectra
from restmeg.theory.banded import banded
from restmeg.theory.estimates import Estimate, estimate
from restmeg.theory.gaussian import VALUES, connectivity
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
PEARSON = Kind("pearson", BROADBAND)  # all that there is without bands
LENGTHS = np.geomspace(1, 3600, 37)  # s, of recordings whose scores are predicted


class Compared(NamedTuple):
    """What recordings are compared by, and how long they are."""

    length: float  # of a replicate, in ms
    asked: Asked
    picked: float  # Hz, at which simulated rates are
    rate: float  # Hz, at which both sides are compared

    def used(self, band: str, length: float) -> float:
        """How many ms of a recording count in a band."""
        return length if band == BROADBAND else length - 2 * self.asked.edges


class Scores(NamedTuple):
    """Scores in theory: at this study's duration, and over the length of the recording."""

    names: list[str]
    value: np.ndarray  # (scores,)
    sd: np.ndarray  # (scores,)
    over_length: np.ndarray  # (LENGTHS, scores)


class OfKind(NamedTuple):
    """Functional connectivity by one measure in one band, in theory."""

    fc: np.ndarray  # (N, N), of an endless recording
    as_long: np.ndarray | None  # (N, N), what is to be expected of the study's, if that is not it
    scores: Scores


class _Anatomy:
    """Anatomy that scores are about."""

    def __init__(self, anatomy: connectome.Connectome) -> None:
        weights = undirected(anatomy.weights)
        self.structure = weights, log_pattern(weights), lengths(anatomy.distances)
        self.all_located = located(self.structure[-1]).all()

    def vectors(self, simulated, target):
        return expected.vectors(*self.structure, simulated, target)

    def at(self, prediction, ms):
        """Where pairs have no distance there is nothing of scores that need all of them."""
        return {
            name: one
            for name, one in prediction.at(ms).items()
            if self.all_located or name not in expected.OF_DISTANCE
        }

    def predicting(self, sides, has_target, ms, images=None):
        """What predicts scores of one estimate, or of two.

        images: of each, times the first vectors, where values at this length are all that is asked
            for; of others there are none then.
        """
        means = [side.mean(ms) for side in sides]
        given = self.vectors(means[0], means[-1])
        if images is None:
            varying = [side.variability(ms, given) for side in sides]
        else:
            given, varying = given[: expected.PROBES + 1], []
            for side, known in zip(sides, images, strict=True):
                found = side.variability(ms, given[: len(known)], known)
                rest = np.zeros((len(given) - len(known), given.shape[1]))
                varying.append(found._replace(images=np.concatenate([found.images, rest])))
        return expected.Prediction(varying[0], varying[-1] if has_target else None, given)


def _scores(now, over_length):
    return Scores(
        list(now),
        np.array([one.value for one in now.values()]),
        np.array([one.sd for one in now.values()]),
        np.array(over_length),
    )


def scores(
    anatomy: connectome.Connectome, own: Settled, target: Settled | None, duration: float
) -> Scores:
    """Scores of Pearson correlation, broadband, of recordings of ``duration`` ms and of LENGTHS.

    own, target: where theory holds; target: None if it is a recording, of which theory does not
    know the truth. Where pairs have no distance there is nothing of scores that need all of them.
    """
    on, other = _Anatomy(anatomy), own if target is None else target
    given = on.vectors(edges(own.fc), edges(other.fc))
    varying = [one.variability(given) for one in ([own] if other is own else [own, other])]
    prediction = expected.Prediction(varying[0], None if target is None else varying[-1], given)
    over_length = [[one.value for one in on.at(prediction, 1000 * s).values()] for s in LENGTHS]
    return _scores(on.at(prediction, duration), over_length)


def scores_in_band(
    anatomy: connectome.Connectome,
    own: Estimate,
    target: Estimate | None,
    compared: Compared,
    band: str,
) -> Scores:
    """The same of a measure in a band, of what counts of recordings; NaN of those too short."""
    on, has_target = _Anatomy(anatomy), target is not None
    sides = [own] if target is None or target is own else [own, target]
    study = on.predicting(sides, has_target, compared.used(band, compared.length))
    now = on.at(study, compared.used(band, compared.length))
    times = [compared.used(band, 1000 * s) for s in LENGTHS]
    enough = [ms for ms in times if ms >= 1000 * bands.LEAST]
    others: Iterable[expected.Prediction] = itertools.repeat(study)
    if own.size is not None:  # what is to be expected depends on the length itself
        first = on.vectors(own.endless, own.endless)[: expected.DISTANCE + 1]
        images = zip(*(side.over(enough, first) for side in sides), strict=True)
        others = map(partial(on.predicting, sides, has_target), enough, images)
    over_length = [[np.nan] * len(now)] * (len(times) - len(enough))
    for ms, prediction in zip(enough, others, strict=False):
        over_length.append([one.value for one in on.at(prediction, ms).values()])
    return _scores(now, over_length)


def by_kind(
    anatomy: connectome.Connectome, own: Settled, target: Settled | None, compared: Compared
) -> dict[Kind, OfKind]:
    """All measures in all bands that a study asks for, of those that theory knows.

    own, target: as of `scores`.
    """
    found = {}
    if PEARSON in compared.asked.kinds:
        found[PEARSON] = OfKind(own.fc, None, scores(anatomy, own, target, compared.length))
    both = [own] if target is None or target is own else [own, target]
    for band, limits in compared.asked.bands.items():
        sides = [banded(one, limits, (compared.picked, compared.rate)) for one in both]
        for measure in compared.asked.measures:
            if measure not in VALUES:
                continue
            ours, *theirs = (estimate(measure, side) for side in sides)
            other = None if target is None else (theirs or [ours])[0]
            fc = connectivity(measure, sides[0].coherency)
            as_long = None
            if ours.size is not None:
                as_long, rows = fc.copy(), np.triu_indices(len(fc), 1)
                as_long[rows] = as_long.T[rows] = ours.mean(compared.used(band, compared.length))
            of_scores = scores_in_band(anatomy, ours, other, compared, band)
            found[Kind(measure, band)] = OfKind(fc, as_long, of_scores)
    return found


def endless(settled: Settled, compared: Compared) -> dict[Kind, np.ndarray]:
    """Functional connectivity (N, N) of endless recordings, by all of those measures and bands."""
    found = {PEARSON: settled.fc} if PEARSON in compared.asked.kinds else {}
    for band, limits in compared.asked.bands.items():
        coherency = banded(settled, limits, (compared.picked, compared.rate)).coherency
        for measure in compared.asked.measures:
            if measure in VALUES:
                found[Kind(measure, band)] = connectivity(measure, coherency)
    return found


def predict_file(
    connectome_path: str | Path,
    model: dict,
    target_model: dict | None,
    target_path: str | Path | None,
    times: dict,
    compared: Compared,
    fourier_paths: Sequence[str | Path],
    point: str,
    path: str | Path,
    reconstructed: bool = False,
    signs: np.ndarray | None = None,
) -> None:
    """Write theory.nc of a simulated point, with what is expected of its scores.

    connectome_path: connectome.nc; model, target_model: as in the configuration, plain numbers, the
    latter None where the target is a recording; target_path: theory.nc of the target where that is
    another model; times: dt and transient in ms, and the integrator's method; compared: by what;
    fourier_paths: fourier.nc of the target's batches; point: name of the model; reconstructed:
    whether scores are of series seen through an inverse, which theory knows not; signs: (N,) that
    regions of the target are turned by, if any are.

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
    given = given if signs is None else given.turned(signs)
    if reconstructed:
        notes.append(REAL if recorded else LEAKS)
    if not len(given.frequencies):
        notes.append(f"{given.trouble}; its likelihood is left out")
    contents = _network(anatomy, own)
    found: dict[Kind, OfKind] = {}
    kinds = compared.asked.kinds
    fc: dict[Kind, np.ndarray] = {}
    likely = LogLikelihood(np.full(len(given.replicates), np.nan), np.nan)
    if own.net is not None and not own.trouble:
        usable = None if target is not None and target.trouble else target
        if not reconstructed:
            found = by_kind(anatomy, own, usable, compared)
        if len(given.frequencies) and not (reconstructed and recorded):
            likely = log_likelihood(own.net, given, gain_free=recorded)
        fc = endless(own, compared) if reconstructed else {k: one.fc for k, one in found.items()}
    contents |= _connectivity(anatomy, kinds, fc) | _scores_by_kind(kinds, found)
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
        "length": compared.length,
        **compared.asked.parameters(),
        **({"reconstructed": True} if reconstructed else {}),
    }
    _write(path, parameters, contents, notes)


def target_file(
    connectome_path: str | Path,
    model: dict,
    times: dict,
    compared: Compared,
    point: str,
    path: str | Path,
) -> None:
    """Write theory.nc of a simulated target: of its network alone.

    See `predict_file`.
    """
    anatomy = connectome.read(connectome_path)
    own = settle(anatomy.weights, anatomy.distances, model, times["dt"], times["method"])
    notes = [own.trouble] if own.trouble else []
    parameters = {"point": point, "model": model, "dt": times["dt"], "method": times["method"]}
    parameters |= compared.asked.parameters()
    fc = {} if own.trouble else endless(own, compared)
    contents = _network(anatomy, own) | _connectivity(anatomy, compared.asked.kinds, fc)
    _write(path, parameters, contents, notes)


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
        "frequency": SPECTRUM,
        "rest_E": settled.net.excitatory.rate if known else nothing,
        "rest_I": settled.net.inhibitory.rate if known else nothing,
        "growth_rate": settled.slowest.real,
        FREQUENCY: hertz(settled.slowest),
        "region_to": anatomy.labels,
        "region_from": anatomy.labels,
        "covariance": settled.covariance,
        "power": power if settled.trouble else spectra.power(settled.net, SPECTRUM),
    }


def _connectivity(anatomy, kinds, found):
    """Variables of functional connectivity, (N, N) of each kind; NaN of those not found."""
    n_regions = len(anatomy.labels)
    nothing = np.full((n_regions, n_regions), np.nan)
    values = np.stack([found.get(kind, nothing) for kind in kinds])
    names, of_bands, fc = estimands.over_bands(kinds, values)
    return {
        "measure": np.array(names, dtype=object),
        "band": np.array(of_bands, dtype=object),
        "theory.fc": fc,
    }


def _scores_by_kind(kinds, found):
    """Variables of scores, and what connectivity is to be expected where that depends on length."""
    if not found:
        return {}
    contents = {}
    one = next(iter(found.values()))
    values = {
        "expected": lambda of: of.scores.value,
        "expected_sd": lambda of: of.scores.sd,
        "expected_over_length": lambda of: of.scores.over_length,
        "fc_as_long": lambda of: of.fc if of.as_long is None else of.as_long,
    }
    if all(of.as_long is None for of in found.values()):
        del values["fc_as_long"]
    for name, value in values.items():
        nothing = np.full_like(value(one), np.nan)
        stacked = np.stack([value(found[k]) if k in found else nothing for k in kinds])
        *_, contents[name] = estimands.over_bands(kinds, stacked)
    names = np.array(one.scores.names, dtype=object)
    return {"score": names, "length": LENGTHS} | contents
