"""Whether the fixed point is stable, and how fast its slowest mode decays."""

from collections.abc import Callable

import numpy as np

from restmeg.theory import linear
from restmeg.theory.linear import Linear

COARSE = 64  # frequencies that a line is looked at on, before it is refined
FINEST = 20_000  # and when that gives up
BESIDE = 0.01  # of a rate: how far to the right of a mode it is proven that there is no other
SMALLEST = 1e-6  # per ms
NEWTON = 50  # steps
NEAR, ITERATIONS = 6, 40  # roots that are looked for around a place, and steps towards them
ROUNDS = 6


class UnresolvedError(Exception):
    """The modes could not be told apart."""


def slowest_mode(net: Linear) -> complex:
    """Growth rate and angular frequency, in 1 / ms, of the mode that grows fastest or decays least.

    A root s of det M(e^(s dt)) = 0 is found by Newton's method from where the network responds
    most, and proven to be the rightmost by counting the roots beyond it (argument principle).
    Raises UnresolvedError if that does not succeed.
    """
    alone = _local_roots(net)
    best = complex(alone[np.argmax(alone.real)])
    starts = [(best, None)]
    right = 0.0
    for _ in range(ROUNDS):
        for place in _peaks(net, right):
            starts += _nearest(net, place)
        found = [root for root in (_newton(net, *start) for start in starts) if root is not None]
        best = max(found, key=lambda root: root.real, default=best)
        right = best.real + max(BESIDE * abs(best.real), SMALLEST)
        if roots_beyond(net, right) == 0:
            return complex(best.real, abs(best.imag) if abs(best.imag) > SMALLEST else 0.0)
        starts = [(best, None)]
    return _bisected(net, right)


def roots_beyond(net: Linear, growth: float) -> int:
    """How many modes grow faster than ``growth`` (1 / ms).

    1 / (2 pi i) times the integral of d log f along the circle |z| = e^(growth dt), f = det M over
    that of the regions alone, which tends to one far outside; and those of the regions alone.
    Raises UnresolvedError if frequencies cannot be resolved.
    """
    local = _local_roots(net)
    inside = np.count_nonzero(local.real > growth)
    radius = np.exp(growth * net.dt)

    def log_ratio(frequencies: np.ndarray) -> np.ndarray:
        z = radius * linear.on_circle(net, frequencies)
        found = []
        for _, piece in linear.pieces(net, z):
            matrices = linear.system(net, piece)
            diagonal = np.diagonal(matrices, axis1=1, axis2=2).copy()
            sign, size = np.linalg.slogdet(matrices / diagonal[:, :, None])
            found.append(size + 1j * np.angle(sign))
        return np.concatenate(found)

    turned = _turned(log_ratio, _line(net))
    return int(inside - round(turned / np.pi))


def _turned(log_ratio: Callable, frequencies: np.ndarray) -> float:
    """By how much an angle turns along frequencies, refined until each step is small."""
    values = log_ratio(frequencies)
    while True:
        if not np.isfinite(values).all():
            raise UnresolvedError
        steps = np.diff(values)
        steps = steps.real + 1j * ((steps.imag + np.pi) % (2 * np.pi) - np.pi)
        wide = np.flatnonzero(np.abs(steps) > 1.0)
        if not len(wide):
            return float(steps.imag.sum())
        if len(frequencies) + len(wide) > FINEST:
            raise UnresolvedError
        between = (frequencies[wide] + frequencies[wide + 1]) / 2
        values = np.insert(values, wide + 1, log_ratio(between))
        frequencies = np.insert(frequencies, wide + 1, between)


def _line(net):
    """Angular frequencies from 0 to that of the step, dense where the network is slow."""
    top = np.pi / net.dt
    scale = 1 / net.tau.max()
    return np.tan(np.linspace(0, np.arctan(top / scale), COARSE)) * scale


def _local_roots(net):
    """Modes s of the regions alone: z of their two by two matrices, (2 N,), or twice as many.

    Raises UnresolvedError if they are beyond the numbers of a computer.
    """
    excitation, inhibition, local = net.excitatory, net.inhibitory, net.local
    matrices = np.zeros((len(net.weights), 2, 2))
    own = local["wEE"] - local["loss"]
    matrices[:, 0, 0] = 1 + excitation.step * (excitation.beta * own - excitation.alpha)
    matrices[:, 0, 1] = -excitation.step * excitation.beta * local["wIE"]
    matrices[:, 1, 0] = inhibition.step * inhibition.beta * local["wEI"]
    matrices[:, 1, 1] = 1 - inhibition.step * (inhibition.beta * local["wII"] + inhibition.alpha)
    if not np.isfinite(matrices).all():
        raise UnresolvedError
    z = np.linalg.eigvals(matrices).astype(complex).ravel()
    if net.second_order:  # z^2 - z = (z - 1) of Euler's step times (3 z - 1) / 2
        middle = (3 * z - 1) / 4
        root = np.sqrt(middle**2 - (z - 1) / 2)
        z = np.concatenate([middle + root, middle - root])
    with np.errstate(divide="ignore"):
        return np.log(z) / net.dt


def _peaks(net, right):
    """Where on the line of this growth rate the network responds most: complex frequencies."""
    line = _line(net)
    z = np.exp(right * net.dt) * linear.on_circle(net, line)
    sizes = np.concatenate(
        [
            np.linalg.norm(np.linalg.inv(linear.system(net, piece)), axis=(1, 2))
            for _, piece in linear.pieces(net, z)
        ]
    )
    padded = np.concatenate([[0], sizes, [0]])
    peaks = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:]))
    strongest = peaks[np.argsort(-sizes[peaks], kind="stable")][:6]
    return [complex(right, line[k]) for k in strongest]


def _nearest(net, place):
    """Roots near a place, to first order, with their vectors: a list, the rightmost first.

    The largest eigenvalues of M^-1 M' are those of the nearest ones, found by subspace iteration.
    """
    z = np.array([np.exp(place * net.dt)])
    try:
        operator = np.linalg.solve(linear.system(net, z)[0], linear.derivative(net, z)[0])
    except np.linalg.LinAlgError:  # the place is a root
        return [(place, None)]
    rng = np.random.Generator(np.random.Philox(0))
    basis = rng.normal(size=(len(operator), min(NEAR, len(operator)))).astype(complex)
    for _ in range(ITERATIONS):
        basis, _ = np.linalg.qr(operator @ basis)
    values, vectors = np.linalg.eig(basis.conj().T @ operator @ basis)
    roots = place - 1 / values[values != 0]
    order = np.argsort(-roots.real, kind="stable")
    return [(roots[k], basis @ vectors[:, values != 0][:, k]) for k in order[: NEAR // 2]]


def _newton(net, s, vector=None):
    """A root near a complex frequency, and a vector that the network answers with there; or None.

    By inverse iteration for nonlinear eigenproblems (Ruhe 1973, SIAM J Numer Anal 10:674).
    """
    for _ in range(NEWTON):
        z = np.array([np.exp(s * net.dt)])
        matrix, change = linear.system(net, z)[0], linear.derivative(net, z)[0]
        try:
            if vector is None:
                vector = np.linalg.inv(matrix).sum(axis=1)
            vector = vector / np.linalg.norm(vector)
            following = np.linalg.solve(matrix, change @ vector)
        except np.linalg.LinAlgError:  # a root, to the last bit
            return s
        weight = vector.conj() @ following
        if not (np.isfinite(weight) and weight):
            return None
        step = 1 / weight
        vector = following
        s = s - step
        if abs(step) < 1e-12 + 1e-10 * abs(s):
            return s
        if not -20 < s.real * net.dt < 1:
            return None
    return None


def _bisected(net, low):
    """The slowest mode's growth rate between bounds, by counting; its frequency from there.

    low: a rate beyond which there are modes.
    """
    high = 1.0 / net.dt
    while high - low > max(BESIDE * abs(low), SMALLEST):
        middle = (low + high) / 2
        low, high = (low, middle) if roots_beyond(net, middle) == 0 else (middle, high)
    start, *_ = _peaks(net, high)
    return complex((low + high) / 2, start.imag)
