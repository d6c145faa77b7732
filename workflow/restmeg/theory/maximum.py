"""Where the likelihood of a target is highest among the values of a sweep, and how sure that is."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from restmeg.connectome import Connectome, delays_in_steps
from restmeg.fourier import REDUNDANCY, Fourier
from restmeg.model import ADAMS_BASHFORTH
from restmeg.nested import replaced
from restmeg.theory import stability
from restmeg.theory.likelihood import log_likelihood
from restmeg.theory.linear import NoFixedPointError, linearise
from restmeg.theory.settled import settle

NORMAL = 1.959963984540054  # two-sided 95 %
STEP = 0.02  # of a parameter's range, to begin with
FAR = 4  # standard errors, or steps, that are moved at once
NEAR = 0.05  # standard errors: a smaller move is none
ROUNDS = 20
SIGNS = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
EDGE = 1e-3  # of its range: nearer to an end of the sweep there is no maximum


class Maximum(NamedTuple):
    """The likeliest values of some parameters."""

    values: np.ndarray  # (parameters,)
    deviations: np.ndarray  # (parameters,) standard errors; NaN if not known


def likeliest(
    anatomy: Connectome,
    model: dict,
    times: Mapping,
    axes: Mapping[str, Sequence[float]],
    start: Mapping[str, float],
    target: Fourier,
    gain_free: bool,
) -> Maximum:
    """The likeliest values of parameters between the lowest and highest of a sweep.

    model: what is not swept, as in the configuration, plain numbers; times: dt in ms and the
    integrator's method; axes: {dotted key: its values}; start: {the same: where to begin};
    gain_free: see `likelihood.log_likelihood`.

    A quadratic is fitted to the log likelihood over about a standard error to both sides, and its
    maximum gone to, until it stays; delays change smoothly on the way. Standard errors are from
    its curvature, with what neighbouring bins of a tapered spectrum say twice counted once.

    Where it does not stay, as the data do not tell the parameters apart or theory does not hold
    there, the start is returned, without standard errors.
    """
    keys = list(axes)
    low = np.array([min(axes[key]) for key in keys], float)
    span = np.array([max(axes[key]) for key in keys], float) - low

    # As at the start, so that there the network is the one that is simulated.
    speed = replaced(model, start)["conduction_speed"]
    lengths = np.where(anatomy.weights > 0, anatomy.distances, 0.0)
    dt, method = times["dt"], times["method"]
    nearest = method == ADAMS_BASHFORTH
    rounding = delays_in_steps(lengths, speed, dt, nearest) - lengths / speed / dt

    def height(place: np.ndarray) -> float:
        values = dict(zip(keys, map(float, low + span * place), strict=True))
        try:
            changed = replaced(model, values)
            given = anatomy.weights, anatomy.distances, changed, dt
            net = linearise(*given, rounding=rounding, method=method)
            if stability.roots_beyond(net, 0.0):
                return np.nan
        except (NoFixedPointError, stability.UnresolvedError):
            return np.nan
        return float(np.nansum(log_likelihood(net, target, gain_free).values))

    place = (np.array([start[key] for key in keys]) - low) / span
    steps = np.full(len(keys), STEP)
    first = place
    deviations = np.full(len(keys), np.nan)
    settled = False
    for _ in range(ROUNDS):
        design = np.clip(place + _offsets(len(keys)) * steps, 0, 1)
        heights = np.array([height(point) for point in design])
        if not np.isfinite(heights).all():  # beyond where theory holds
            place, steps = (place + first) / 2, steps / 2
            continue
        gradient, curvature = _quadratic((design - place) / steps, heights)
        if np.linalg.eigvalsh(curvature).max() >= 0:  # no hill yet: go up, further
            move = FAR * gradient / np.linalg.norm(gradient)
            errors = np.full(len(keys), 2.0)
        else:
            move = -np.linalg.solve(curvature, gradient)
            errors = np.sqrt(REDUNDANCY * np.diag(np.linalg.inv(-curvature)))
        limit = FAR * np.maximum(errors, 1)
        move = move / max(1.0, np.max(np.abs(move) / limit))
        before, place = place, np.clip(place + move * steps, 0, 1)
        moved = np.abs(place - before) / (errors * steps)
        deviations = errors * steps
        settled = bool(np.all(np.abs(np.log2(errors)) < 1) and np.all(moved < NEAR))
        steps = np.clip(steps * errors, 1e-6, 0.25)
        if settled:
            break
    inside = (place > EDGE) & (place < 1 - EDGE)
    known = settled and np.all(deviations[inside] < 1)  # of the whole range
    found = replaced(model, dict(zip(keys, map(float, low + span * place), strict=True)))
    if (inside.all() and not known) or settle(
        anatomy.weights, anatomy.distances, found, dt, method
    ).trouble:
        place, known = first, False
    deviations = np.where(inside & known, deviations, np.nan)
    return Maximum(low + span * place, span * deviations)


def _offsets(n: int) -> np.ndarray:
    """Steps (points, n) from a middle to where a quadratic is fitted."""
    one = np.eye(n)
    corners = [a * one[i] + b * one[j] for i in range(n) for j in range(i) for a, b in SIGNS]
    return np.array([np.zeros(n), *(s * row for row in one for s in (-1, -0.5, 0.5, 1)), *corners])


def _quadratic(offsets, heights):
    """Gradient (n,) and curvature (n, n) at the middle of a quadratic fitted to some points."""
    n = offsets.shape[1]
    pairs = [(i, j) for i in range(n) for j in range(i + 1)]
    squares = np.stack([offsets[:, i] * offsets[:, j] for i, j in pairs], axis=1)
    columns = np.hstack([np.ones((len(offsets), 1)), offsets, squares])
    found, *_ = np.linalg.lstsq(columns, heights - heights.mean(), rcond=None)
    curvature = np.zeros((n, n))
    for (i, j), value in zip(pairs, found[1 + n :], strict=True):
        curvature[i, j] = curvature[j, i] = 2 * value if i == j else value
    return found[1 : 1 + n], curvature
