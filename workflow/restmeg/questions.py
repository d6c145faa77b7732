"""What is possible but seldom meant in a user's files and settings: texts, none if all is usual.

They are asked once, before anything is computed, and no result depends on them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from restmeg import (
    check,
    connectome,
    formats,
    inverse,
    leadfield,
    rates,
    recording,
    segments,
    sensors,
)

BRAIN_MM = (25, 400)  # the longest tract of a brain: of 30 human connectomes 138 to 388
LATEST_MS = 500  # a signal's way through a brain of 400 mm at 0.8 mm/ms
SLOWEST_HZ = 20  # of sampling: recordings of MEG have more than 100, envelopes some
FASTEST_HZ = 25_000
EMPTY_S = 0.1  # of zeros in all regions, which no activity has
# The largest gain of a head and its sensors: of magnetometers and those of no known kind in
# T/(nA m), of gradiometers in T/m/(nA m).
HEAD = {"mag": (1e-16, 1e-11), "grad": (1e-14, 1e-9)}
# From lowest to highest value of a sensor: noise of a second has more, most artefacts less.
SWINGS = {"mag": (1e-14, 1e-8), "grad": (1e-12, 1e-6)}
OWN = 0.5  # of the regions, that an inverse shows most by their own row: others may leak much
SILENT = 1e-9  # of the largest gain: no more than rounding leaves of none
# What a region passes on of the others' rates (`rates.coupling_gain`). Of 4 s of 68 and 94 regions
# with weaker coupling than WEAK, functional connectivity is hardly that of the weights; additive
# coupling stronger than STRONG leads seven connectomes into saturation.
WEAK, STRONG = 0.01, 0.4
SCALE = (
    "another model.coupling_strength mends it, or connectome.normalise, such as mean_row_sum, "
    "which brings weights to a scale of their own (the bundled study has 5.3 of this product)"
)


def of_connectome(
    path: str | Path, anatomy: connectome.Connectome, beside: str | Path | None = None
) -> Iterator[str]:
    """Yield questions about a Connectome; path: of its file; beside: of that of its distances."""
    of = f"of {beside}, " if beside else ""
    weights, distances, labels = anatomy[:3]
    if "labels" in anatomy.assumed:
        yield (
            f"says no names of its regions; they are called {labels[0]} to {labels[-1]}, in its "
            "order; connectome.labels names them"
        )
    if "distance_unit" in anatomy.assumed:
        yield f"{of}no unit of distances is said, so mm is assumed; connectome.distance_unit tells"
    if connectome.is_triangle(weights):
        yield (
            "weights are a triangle, connections one way only; a file of undirected weights must "
            "hold both halves, or connectome.symmetrise say which one it has"
        )
    connected = weights > 0
    # Undirected, as structure-function coupling sees them.
    pairs = (weights + weights.T)[np.triu_indices(len(labels), 1)]
    if np.ptp(pairs) == 0:
        yield (
            "the weights of all pairs are equal; structure-function coupling, a correlation with "
            "them, has no value"
        )
    alone = labels[~(connected.any(axis=0) | connected.any(axis=1))]
    if len(alone):
        yield f"no connection to or from region {check.some(list(alone))}"
    longest = distances[connected].max()
    if longest == 0:
        yield "all distances are 0; signals arrive without delay"
    elif not BRAIN_MM[0] <= longest <= BRAIN_MM[1]:
        # Lengths differ less than streamline counts, whatever weights were divided by.
        spread, other = (m[connected].max() / max(m[connected].min(), 1e-300) for m in anatomy[:2])
        as_lengths = BRAIN_MM[0] <= weights.max() <= BRAIN_MM[1] and weights[connected].min() > 1
        if as_lengths or (longest > BRAIN_MM[1] and 1 < spread < other / 3):
            cause = "are weights and distances swapped?"
        elif "distance_unit" not in formats.leaves_open("connectome", path):
            cause = "is the attribute 'units' of distances right?"
        else:
            cause = "if they are in another unit, say so with connectome.distance_unit"
        yield (
            f"{of}the longest connection is {longest:.4g} mm, where a brain's have "
            f"{BRAIN_MM[0]} to {BRAIN_MM[1]} mm; {cause}"
        )


def of_coupling(row_sums: np.ndarray, models: list[dict]) -> Iterator[str]:
    """Yield questions about weights (their row sums, (N,)) with all models of a study."""
    models = [model for model in models if model["coupling_strength"] > 0]
    if not models:
        return  # uncoupled on purpose
    gains = [(rates.coupling_gain(model, row_sums), model) for model in models]
    strongest, model = max(gains, key=lambda pair: pair[0])
    mean = row_sums.mean()
    scale = (
        f"weights: their mean row sum, {mean:.3g}, times model.coupling_strength is "
        f"{model['coupling_strength'] * mean:.3g}"
    )
    if strongest < WEAK:
        yield f"{scale}: regions are practically uncoupled; {SCALE}"
    elif model["coupling"] == "additive" and strongest > STRONG:
        yield f"{scale}: regions may be saturated; {SCALE}"


def of_delays(longest: float, models: list[dict], dt: float) -> Iterator[str]:
    """Yield questions about delays. longest: of connections, in mm; dt: in ms."""
    speeds = [model["conduction_speed"] for model in models]
    latest, earliest = longest / min(speeds), longest / max(speeds)
    if latest > LATEST_MS:
        yield (
            f"model.conduction_speed: at {min(speeds):.4g} mm/ms signals are up to {latest:.0f} ms "
            f"on their way, where a brain's are at most {LATEST_MS} ms; is it in another unit?"
        )
    elif 0 < earliest <= dt:
        yield (
            f"model.conduction_speed: at {max(speeds):.4g} mm/ms no signal is longer on its way "
            f"than a step, {dt:g} ms, so there are no delays; is it in another unit, or the step "
            "too long?"
        )


def of_step(dt: float, row_sums: np.ndarray, models: list[dict], method: str) -> Iterator[str]:
    """Yield what is wrong with the step dt (ms), once for each cause: of the worst model."""
    worst: dict[str, tuple[float, str]] = {}
    for model in models:
        for cause, found in rates.step_notes(dt, model, row_sums, method).items():
            worst[cause] = max(found, worst.get(cause, found))
    for _, text in worst.values():
        yield text


def of_leadfield(field: leadfield.LeadField) -> Iterator[str]:
    """Yield questions about a LeadField."""
    sizes = np.abs(field.gain)
    kinds = np.full(len(field.sensors), "mag") if field.coils is None else field.coils.kinds
    usual, largest = True, np.zeros(len(kinds))  # of each sensor's kind
    for kind, (low, high) in HEAD.items():
        of_kind = kinds == kind
        if not of_kind.any():
            continue
        largest[of_kind] = most = sizes[:, of_kind].max()
        if not low <= most <= high:
            usual = False
            per = "T" if field.coils is None else sensors.UNITS[kind]
            of = " of gradiometers" if kind == "grad" else ""
            yield (
                f"the largest gain{of} is {most:.2g} {per}/(nA m), where a head's is {low:g} to "
                f"{high:g}; if it is in another unit, such as {per}/(A m), say so with "
                "leadfield.unit"
            )
    if usual and "unit" in field.assumed:
        yield f"says no unit, so {leadfield.UNIT} is assumed; leadfield.unit says it"
    yield from field.remarks
    seen = sizes > SILENT * largest
    silent = field.labels[~seen.any(axis=1)]
    if len(silent):
        radial = "" if field.sources is None else " (radial dipoles of a sphere have no field)"
        yield (
            f"no gain from {len(silent)} of {len(sizes)} regions, {check.some(list(silent))}; the "
            f"sensors do not see them{radial}"
        )
    deaf = field.sensors[~seen.any(axis=0)]
    if len(deaf):
        yield f"no gain at {len(deaf)} of {len(sizes.T)} sensors, {check.some(list(deaf))}"


def of_inverse(found: inverse.Inverse, random: bool, gain: np.ndarray) -> Iterator[str]:
    """Yield questions about an inverse.

    random: whether the lead field is the synthetic one; gain: of that, (N, sensors).
    """
    if found.matrix is not None:
        leakage = np.abs(found.matrix @ gain.T)
        own = np.count_nonzero(leakage.argmax(axis=1) == np.arange(len(leakage)))
        if own < OWN * len(leakage):
            yield (
                f"{own} of {len(leakage)} regions are seen more by their own row than any other "
                "region is; is it transposed, or are regions, sensors or units in each other's "
                "place, or is it of another head?"
            )
    if random:
        yield (
            "the synthetic lead field is random, and so is which region leaks into which; "
            "leadfield.source: sphere, or a file, has that of a head"
        )
    yield from found.remarks


def of_fit(fit: Mapping, truth: Mapping, nulls: Mapping) -> Iterator[str]:
    """Yield questions about a fit.

    fit, nulls: these sections of the configuration; truth: values of a synthetic target by dotted
    keys.
    """
    for key, (low, high) in fit["parameters"].items():
        if key in truth and not low <= truth[key] <= high:
            yield (
                f"{key}: of the synthetic target it is {truth[key]:g}, not between {low:g} and "
                f"{high:g}, where no fit can find it"
            )
    if fit["parameters"] and fit["method"] == "simulation" and nulls:
        yield "is by simulation, and not made on null networks, which are of the configured model"


def of_recording(series: recording.Recording) -> Iterator[str]:
    """Yield questions about a Recording whose sampling rate is known."""
    rate = series.sampling_rate or np.nan
    if not SLOWEST_HZ <= rate <= FASTEST_HZ:
        apart = f"{1 / rate:.4g} s" if rate < SLOWEST_HZ else f"{1e6 / rate:.4g} us"
        yield (
            f"its samples are {apart} apart; is the unit of its time, or target.sampling_rate, "
            "right?"
        )
    n = len(series.labels)
    if series.n_samples <= n and series.through is None:
        yield (
            f"{series.n_samples} samples for {n} regions: are time and region in each other's "
            "place?"
        )
    elif series.n_samples < 2 * n:
        yield (
            f"{series.n_samples} samples for {n} regions: correlations of so few are mostly chance"
        )


def of_values(looks: segments.Looks) -> Iterator[str]:
    """Yield questions about the values of a recording."""
    if looks.silent:
        then = "no score of such a replicate has a value"
        if looks.what == "sensor":
            then = "if it is broken, it should be marked as bad, or interpolated"
        yield f"no variance in {looks.what} {check.some(looks.silent)}; {then}"
    elif looks.zeros >= EMPTY_S:
        yield (
            f"all {looks.what}s are zero for {looks.zeros:.3g} s on end; if bad segments were set "
            "to zero, they should be left out (a .fif annotates them as BAD)"
        )
    for kind, swing in looks.swings.items():
        low, high = SWINGS[kind]
        if swing and not low <= swing <= high:
            unit = sensors.UNITS[kind]
            yield (
                f"from lowest to highest, values of a sensor of type {kind} are {swing:.2g} apart "
                f"(the median), where a head's are {low:g} to {high:g} {unit}; are they in {unit}?"
            )


def of_lengths(times: Mapping[str, float], to: segments.Sampling) -> Iterator[str]:
    """Yield what is left unused of simulated replicates.

    times: dt, duration, transient and sampling_interval in ms; to: what they are brought to.
    """
    own = segments.simulated(times).seconds
    if to.seconds < own * (1 - recording.UNEVEN):
        steps = int(1000 * to.seconds / times["dt"] + 1e-6)
        whole = (steps * times["dt"] + times["transient"]) / 1000
        yield (
            f"has {to.seconds:.4g} s on end, so that of simulated replicates of {own:.4g} s the "
            f"rest is not compared; simulation.duration: {whole:.6g} s, with the transient, makes "
            "use of all"
        )
