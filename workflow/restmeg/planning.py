"""What a planned recording could tell: standard errors to expect, before anything is recorded.

Of a fit by likelihood (`fit`) they follow from the expected information of theory alone
(Cramer-Rao), which grows with the number of segments of the recording.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from restmeg import connectome, fit, fourier, inverse, tables
from restmeg.errors import InputError
from restmeg.fourier import REDUNDANCY
from restmeg.settings import flat
from restmeg.theory import observed
from restmeg.theory.observed import CrossSpectra, Observation
from restmeg.theory.search import Search

LENGTHS = [float(f"{x:.3g}") for x in np.geomspace(8, 3600, 25)]  # s of one recording
REGIONS, SENSORS = "regions", "sensors"  # where it is recorded: without noise, or with that of both
HEAD = ["seen_at", "parameter", "value", "recordings", "seconds", "standard_error", "relative"]


def of_segment(search: Search, places: np.ndarray) -> np.ndarray:
    """Covariance (P, P) to be expected of a fit to one segment, in coordinates of the search.

    places: of the model's parameters. Gain and noise of a recording, which are not known, are
    estimated as well: but for the noise, where there is none.
    """
    found = observed.information(
        search.net(places), search.changes(places), search.given.frequencies, search.seen
    )
    n = len(places)
    free = [*range(n), n] + ([n + 1] if search.seen.noise else [])
    kept = found[np.ix_(free, free)] / REDUNDANCY
    scale = np.sqrt(np.diag(kept))
    if not (scale > 0).all():
        raise InputError(
            "config: fit.parameters: one of them changes nothing that is recorded; expected others"
        )
    # A direction that is not told has an error beyond any range, and not none.
    values, vectors = np.linalg.eigh(kept / np.outer(scale, scale))
    whole = (vectors / np.maximum(values, 1e-12)) @ vectors.T / np.outer(scale, scale)
    return whole[:n, :n]


def expect_file(
    connectome_path: str | Path,
    inverse_path: str | Path | None,
    model: dict,
    times: Mapping,
    bounds: Mapping[str, Sequence[float]],
    rate: float,
    band: Sequence[float] | None,
    recordings: int,
    path: str | Path,
) -> None:
    """Write planning.csv: of each parameter the standard error over the length of a recording.

    connectome_path: connectome.nc; inverse_path: inverse.nc, which has lead field and noise of
    sensors, or None for regions alone; model: the truth, in plain numbers; times: dt in ms and the
    integrator's method; bounds: {dotted key: lowest and highest value}; rate: Hz of the recording;
    band: lowest and highest frequency in Hz that count, or None for those of a recording;
    recordings: how many of that length there are, as of subjects.

    Raises InputError if the model's value is not between the bounds, or its fixed point not stable.
    """
    anatomy = connectome.read(connectome_path)
    own = flat(model, "model.")
    for key, (low, high) in bounds.items():
        if not low < own[key] < high:
            raise InputError(
                f"config: fit.parameters.{key}: the planned value is {own[key]:g}; expected one "
                f"between the bounds, {low:g} and {high:g}"
            )
    length = round(fourier.SEGMENT * rate)
    which = fourier.bins(length, rate, recorded=True, band=band)
    n = len(anatomy.labels)
    data = CrossSpectra(which * rate / length, np.zeros((len(which), n, n), complex), 1)
    ways = {REGIONS: (data, Observation())}
    if inverse_path is not None:
        ways[SENSORS] = fit.through_inverse(data, inverse.operator(inverse_path))
    rows: list[list] = [HEAD]
    for name, (given, seen) in ways.items():
        search = Search(anatomy, model, times, bounds, given, seen, calibrated=False)
        places = np.array([axis.place(own[axis.name]) for axis in search.axes])
        if search.stable(places) is None:
            raise InputError(
                "config: model: the network has no stable fixed point there, so that linear theory "
                "does not say what could be known; expected other parameters"
            )
        deviations = np.sqrt(np.diag(of_segment(search, places)))
        for axis, of_one in zip(search.axes, deviations, strict=True):
            value = own[axis.name]
            for seconds in LENGTHS:
                number = recordings * seconds / fourier.SEGMENT
                error = of_one * axis.slope(value) / np.sqrt(number)
                relative = tables.number(error / abs(value)) if value else ""
                numbers = map(tables.number, (value, recordings, seconds, error))
                row = [name, axis.name, *numbers]
                rows.append([*row, relative])
    tables.write(path, rows)
