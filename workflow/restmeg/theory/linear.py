"""The network around its fixed point: what a small deviation of the rates does, step by step.

The equations are those of the integrator, not of its limit, so that variances are those of the
simulation. With z = e^(s dt), s the complex frequency, a step of exponential Euler reads

    (z - 1) / (dt phi) rE = -alpha rE
        + beta (wEE rE - wIE rI + sum_j k W_ij z^-d rE_j - loss rE + x)

and the like for rI, to which only its own region's rE comes in; a step of Adams and Bashforth's has
3 / 2 - z^-1 / 2 in place of phi. With rI eliminated there is one equation for each region,
M(z) rE = n, and everything follows from M (regions, regions): spectra
S = M^-1 <n n*> M^-*, their inverse, and, where its determinant is zero, the modes of the network.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from restmeg.connectome import delays_in_steps
from restmeg.model import ADAMS_BASHFORTH, EXPONENTIAL_EULER

HERMITE = np.polynomial.hermite_e.hermegauss(20)  # averages over a normal distribution
RELAXED = 4000  # steps towards the fixed point
PIECE = 2**21  # complex numbers of a stack of matrices


class Population(NamedTuple):
    """One population of each region around the fixed point: arrays (N,)."""

    rate: np.ndarray
    alpha: np.ndarray  # decay, per ms
    beta: np.ndarray  # response of the rate's derivative to input, per ms
    step: np.ndarray  # dt phi, ms; of the method of second order dt


class Linear(NamedTuple):
    """The network around its fixed point."""

    dt: float  # ms
    excitatory: Population
    inhibitory: Population
    local: dict  # wEE, wIE, wEI, wII and loss of coupling, (N,) each
    weights: np.ndarray  # (N, N) k W
    delays: np.ndarray  # (n,) different delays, in steps
    places: np.ndarray  # (N, N) which of them is of a pair
    sigma: np.ndarray  # (N,)
    tau: np.ndarray  # (N,) ms
    second_order: bool  # whether the method is Adams and Bashforth's


class NoFixedPointError(Exception):
    """The rates settle nowhere."""


class Spread(NamedTuple):
    """Variances that inputs have, and their covariances with the rates, of one population."""

    input: Any = 0.0
    rate: Any = 0.0


AT_REST = Spread(), Spread()


def linearise(
    weights: np.ndarray,
    distances: np.ndarray,
    model: dict,
    dt: float,
    spreads: tuple[Spread, Spread] = AT_REST,
    rounding: np.ndarray | None = None,
    method: str = EXPONENTIAL_EULER,
) -> Linear:
    """The network around the fixed point that the rates go to from rest.

    weights: (N, N) onto target from source; distances: (N, N) in mm; model: as in the
    configuration, plain numbers in ms and mm/ms; dt in ms.
    spreads: of the inputs of E and I. If there are any, the response to an input is averaged over
        them, and the fixed point is that of the mean rates (statistical linearisation).
    rounding: (N, N) what to add to exact delays, in steps, in place of rounding them up to whole
        ones: with a fixed one the network changes smoothly with the conduction speed.
    method: of the integrator, as of `model.build_network`.

    Raises NoFixedPointError if there is none, or its numbers are beyond those of a computer.
    """
    n_regions = len(weights)
    weights = model["coupling_strength"] * np.array(weights, dtype=np.float64)
    np.fill_diagonal(weights, 0.0)
    lengths = np.where(weights > 0, distances, 0.0)
    second_order = method == ADAMS_BASHFORTH
    speed = model["conduction_speed"]
    if rounding is None:
        steps: np.ndarray = delays_in_steps(lengths, speed, dt, nearest=second_order)
    else:
        steps = lengths / speed / dt + rounding
    delays, places = np.unique(steps, return_inverse=True)
    value = {
        name: np.broadcast_to(np.asarray(given, float), n_regions)
        for part in ("parameters", "noise")
        for name, given in model[part].items()
    }
    value["loss"] = weights.sum(axis=1) if model["coupling"] == "diffusive" else np.zeros(n_regions)
    rates = _fixed_point(value, weights, spreads)
    tau = np.array([value["tau_E"], value["tau_I"]])
    _, decays, slopes = _drift(value, weights, rates, spreads)
    alpha, beta = decays / tau, slopes / tau
    exponent = dt * (beta * np.array([value["wEE"], -value["wII"]]) - alpha)
    step = dt * np.divide(np.expm1(exponent), exponent, np.ones_like(tau), where=exponent != 0)
    if second_order:
        step = np.full_like(tau, dt)
    numbers = np.concatenate([alpha, beta, step, weights])
    if not (np.isfinite(numbers).all() and (step > 0).all()):
        raise NoFixedPointError
    excitatory, inhibitory = (
        Population(*parts) for parts in zip(rates, alpha, beta, step, strict=True)
    )
    return Linear(
        dt,
        excitatory,
        inhibitory,
        {name: value[name] for name in ("wEE", "wIE", "wEI", "wII", "loss")},
        weights,
        delays,
        places.reshape(weights.shape),
        value["sigma"],
        value["tau"],
        second_order,
    )


def _transfer(value, name, drive, variance):
    """F of a population, its slope and its curvature, averaged over normal inputs."""
    a, theta = value[f"a_{name}"], value[f"theta_{name}"]
    points, weights = HERMITE
    if not np.any(variance):
        points, weights = np.zeros(1), np.ones(1)
    u = drive + np.sqrt(variance) * points[:, None]
    s = 1 / (1 + np.exp(np.clip(-a * (u - theta), -700, 700)))
    slope = a * s * (1 - s)
    offset = 1 / (1 + np.exp(np.clip(a * theta, -700, 700)))
    parts = s - offset, slope, a * slope * (1 - 2 * s)
    return [weights @ part / weights.sum() for part in parts]


def _inputs(value, weights, rates):
    """Mean inputs of E and I."""
    rate_E, rate_I = rates
    coupling = weights @ rate_E - value["loss"] * rate_E
    return (
        value["wEE"] * rate_E - value["wIE"] * rate_I + coupling + value["mean_E"],
        value["wEI"] * rate_E - value["wII"] * rate_I + value["mean_I"],
    )


def _drift(value, weights, rates, spreads):
    """tau times the derivatives of the mean rates, their decays and their slopes over input.

    (2, N) each, E and I.
    """
    drifts, decays, slopes = [], [], []
    r = value["r"]
    drives = _inputs(value, weights, rates)
    for name, rate, drive, spread in zip("EI", rates, drives, spreads, strict=True):
        mean, slope, curvature = _transfer(value, name, drive, spread.input)
        drifts.append(-rate + (1 - r * rate) * mean - r * spread.rate * slope)
        decays.append(1 + r * mean)
        slopes.append((1 - r * rate) * slope - r * spread.rate * curvature)
    return np.array(drifts), np.array(decays), np.array(slopes)


def _fixed_point(value, weights, spreads):
    """Rates (2, N) that do not change, found by following the noiseless network from rest.

    Without delays, which do not move a fixed point, and then with Newton's method.
    """
    tau = np.array([value["tau_E"], value["tau_I"]])
    own = np.array([value["wEE"] - value["loss"], -value["wII"]])
    rates = mean = np.zeros((2, len(weights)))
    step = 0.2 * tau.min()
    for n in range(RELAXED):
        drift, decay, slope = _drift(value, weights, rates, spreads)
        exponent = step / tau * np.minimum(slope * own - decay, -0.1)
        change = np.expm1(exponent) / exponent * step / tau * drift
        rates = rates + change
        mean = mean + (rates - mean) / (n + 1 if n < RELAXED // 2 else n + 1 - RELAXED // 2)
        if np.abs(change).max() < 1e-9:
            break
    for start in (rates, mean):  # where they oscillate without end, it is in their middle
        rates = _newton(value, weights, spreads, start)
        if rates is not None:
            return rates
    raise NoFixedPointError


def _newton(value, weights, spreads, rates):
    """Rates (2, N) near some that do not change, or None."""
    n_regions = len(weights)
    diagonal = np.arange(n_regions)
    own = np.array([value["wEE"] - value["loss"], -value["wII"]])
    drift, decay, slope = _drift(value, weights, rates, spreads)
    for _ in range(50):
        if np.abs(drift).max() < 1e-14 * (1 + np.abs(rates).max()):
            break
        jacobian = np.zeros((2 * n_regions, 2 * n_regions))
        jacobian[:n_regions, :n_regions] = slope[0][:, None] * weights
        for row, column, entry in (
            (0, 0, slope[0] * own[0] - decay[0]),
            (0, 1, -slope[0] * value["wIE"]),
            (1, 0, slope[1] * value["wEI"]),
            (1, 1, slope[1] * own[1] - decay[1]),
        ):
            jacobian[row * n_regions + diagonal, column * n_regions + diagonal] += entry
        try:
            change = np.linalg.solve(jacobian, drift.ravel()).reshape(rates.shape)
        except np.linalg.LinAlgError:
            return None
        for shorter in (1.0, 0.5, 0.25, 0.1, 0.02):  # a full step may overshoot
            nearer = rates - shorter * change
            after = _drift(value, weights, nearer, spreads)
            if np.abs(after[0]).max() < np.abs(drift).max():
                break
        rates, (drift, decay, slope) = nearer, after
    found = np.abs(drift).max() < 1e-10 * (1 + np.abs(rates).max())  # not if NaN
    return rates if found else None


def pieces(net: Linear, z: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield which part of z (n,), and that part, whose stack of matrices fits into memory."""
    size = max(1, PIECE // net.weights.size)
    for first in range(0, len(z), size):
        which = slice(first, min(first + size, len(z)))
        yield which, z[which]


def _local(net, z):
    """Of E and I: what stands for s, (n, N) each, and the response of rI to its input."""
    z = np.asarray(z)[:, None]
    mean = _mean(net, z)
    s_E, s_I = ((z - 1) / (part.step * mean) for part in (net.excitatory, net.inhibitory))
    inhibition = net.inhibitory
    response = inhibition.beta / (s_I + inhibition.alpha + inhibition.beta * net.local["wII"])
    return s_E, s_I, response


def _mean(net, z):
    """What the drift of now and of the step before make of the drift of now."""
    return 1.5 - 0.5 / z if net.second_order else 1.0


def system(net: Linear, z: np.ndarray) -> np.ndarray:
    """M(z), complex (n, N, N) in 1 / ms, at z = e^(s dt) (n,)."""
    s_E, _, response = _local(net, z)
    shift = np.asarray(z)[:, None] ** -net.delays.astype(float)
    excitation, local = net.excitatory, net.local
    matrices = shift[:, net.places]
    matrices *= -excitation.beta[:, None] * net.weights
    regions = np.arange(len(net.weights))
    loop = local["wEE"] - local["loss"] - local["wIE"] * local["wEI"] * response
    matrices[:, regions, regions] += s_E + excitation.alpha - excitation.beta * loop
    return matrices


def derivative(net: Linear, z: np.ndarray) -> np.ndarray:
    """dM / ds (n, N, N), s the complex frequency in 1 / ms."""
    _, _, response = _local(net, z)
    column = np.asarray(z)[:, None]
    shift = column ** -net.delays.astype(float) * net.delays * net.dt
    excitation, inhibition, local = net.excitatory, net.inhibitory, net.local
    matrices = shift[:, net.places]
    matrices *= excitation.beta[:, None] * net.weights
    mean = _mean(net, column)
    ds = net.dt * column / mean
    if net.second_order:
        ds = ds - net.dt * (column - 1) / (2 * column * mean**2)
    ds_E, ds_I = (ds / part.step for part in (excitation, inhibition))
    # d response / ds = -response^2 / beta_I ds_I, and no response where beta_I is zero
    change = response * np.divide(
        response, inhibition.beta, out=np.zeros_like(response), where=inhibition.beta != 0
    )
    regions = np.arange(len(net.weights))
    matrices[:, regions, regions] += ds_E - excitation.beta * (
        local["wIE"] * local["wEI"] * change * ds_I
    )
    return matrices


def on_circle(net: Linear, frequencies: np.ndarray) -> np.ndarray:
    """z of angular frequencies (n,) in 1 / ms."""
    return np.exp(1j * np.asarray(frequencies) * net.dt)


def noise(net: Linear, z: np.ndarray) -> np.ndarray:
    """Spectrum of n (n, N): of x_E, and of x_I as it comes in through rI.

    Two-sided, per 1 / ms of angular frequency: a variance is 1 / pi times its integral over the
    positive ones. z: on the unit circle.
    """
    _, _, response = _local(net, z)
    through_I = 1 + np.abs(net.local["wIE"] * response) ** 2
    return net.excitatory.beta**2 * through_I * input_noise(net, z)


def input_noise(net: Linear, z: np.ndarray) -> np.ndarray:
    """Spectrum of x_E, and of x_I, (n, N), as in `noise`."""
    decay = np.exp(-net.dt / net.tau)
    spread = (1 - decay**2) / 2 if net.second_order else net.dt / net.tau
    scale = net.dt * net.sigma**2 * spread
    return scale / np.abs(np.asarray(z)[:, None] - decay) ** 2


def input_spectra(
    net: Linear, z: np.ndarray, spectra: np.ndarray, responses: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spectra (n, N) of the inputs of E and I, and of rI.

    z: on the unit circle; spectra: of rE, (n, N); responses: diagonals of M^-1, (n, N).
    """
    s_E, s_I, response = _local(net, z)
    excitation, inhibition, local = net.excitatory, net.inhibitory, net.local
    outside = input_noise(net, z)
    together = -responses * excitation.beta * local["wIE"] * response * outside  # rE with x_I
    of_E = np.abs((s_E + excitation.alpha) / excitation.beta) ** 2 * spectra
    both = local["wEI"] ** 2 * spectra + outside + 2 * local["wEI"] * together.real
    of_I = np.abs((s_I + inhibition.alpha) / inhibition.beta * response) ** 2 * both
    return of_E, of_I, np.abs(response) ** 2 * both
