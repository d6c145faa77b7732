"""The model on a connectome: from settings in words to the tables that the core works on.

`build_network` is where the names of the configuration meet the equations of `core`.
"""

import math
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from restmeg import check
from restmeg.connectome import delays_in_steps
from restmeg.core import layout

ROLES = {"simulated": 0, "target": 1}  # role: its number in the random stream
EXPONENTIAL_EULER, ADAMS_BASHFORTH = METHODS = ("exponential_euler", "adams_bashforth")


class Network(NamedTuple):
    """A connectome with a model on it, ready for `core.network.advance`."""

    coupling: layout.Coupling
    parameters: np.ndarray  # (len(layout.PARAMETERS), padded regions)
    noise: layout.Noise
    row: int  # length of a region's past in layout.State
    second_order: bool  # whether the method is of second order


def build_network(
    weights: np.ndarray,
    distances: np.ndarray,
    model: dict,
    dt: float,
    method: str = EXPONENTIAL_EULER,
) -> Network:
    """Put the model on a connectome.

    weights: (N, N) onto target from source; distances: (N, N) in mm; dt in ms.
    model: as in the configuration, plain numbers in ms and mm/ms, each of ``parameters`` and
        ``noise`` a scalar or a list of N values.
    method: of METHODS. With exponential Euler a step adds sigma sqrt(dt / tau) z to the noise, as
        Euler and Maruyama's does; with the other one the noise has its exact variance,
        sigma^2 / 2, whatever the step.

    Raises InputError for a list of another length or delays that exceed what can be addressed.
    """
    n_regions = len(weights)
    weights = model["coupling_strength"] * np.array(weights, dtype=np.float64)
    np.fill_diagonal(weights, 0.0)
    lengths = np.where(
        weights > 0, distances, 0.0
    )  # of pairs without a weight they may be anything
    second_order = method == ADAMS_BASHFORTH
    delays = delays_in_steps(lengths, model["conduction_speed"], dt, nearest=second_order)
    coupling, row = layout.lay_out_coupling(weights, delays)

    value = {
        name: _per_region(given, n_regions, f"model.parameters.{name}")
        for name, given in model["parameters"].items()
    }
    leak = np.zeros_like(value["r"])
    if model["coupling"] == "diffusive":
        leak[:n_regions] = [_sum(row) for row in weights]
    # What a rate does to the input of its own population and to that of the other.
    own = {"E": value["wEE"], "I": -value["wII"]}
    cross = {"E": -value["wIE"], "I": value["wEI"]}
    table = {"r": value["r"]}
    for name, loss in (("E", leak), ("I", 0.0)):
        a, theta, tau = (value[f"{symbol}_{name}"] for symbol in ("a", "theta", "tau"))
        dt_over_tau = np.divide(dt, tau, out=np.zeros_like(tau), where=tau > 0)  # padding has none
        gain = -a * layout.LOG2_E
        table |= {
            f"dt_over_tau_{name}": dt_over_tau,
            f"bias_{name}": -gain * theta,
            f"self_{name}": gain * (own[name] - loss),
            f"cross_{name}": gain * cross[name],
            f"gain_{name}": gain,
            f"offset_{name}": 1.0 / (1.0 + _exp(a * theta)),
            f"slope_{name}": dt_over_tau * a * own[name],
        }
    parameters = layout.aligned(np.stack([table[name] for name in layout.PARAMETERS]))

    given = {
        name: _per_region(values, n_regions, f"model.noise.{name}")
        for name, values in model["noise"].items()
    }
    tau = np.where(given["tau"] > 0, given["tau"], 1.0)  # padding has none
    decay = _exp(-dt / tau)
    spread = (1 - decay * decay) / 2 if second_order else dt / tau
    noise = layout.Noise(
        decay=decay,
        scale=given["sigma"] * np.sqrt(spread),
        mean=np.stack([given["mean_E"], given["mean_I"]]),
    )
    return Network(coupling, parameters, noise, row, second_order)


def initial_state(
    network: Network, rate_E: float | np.ndarray = 0.0, rate_I: float | np.ndarray = 0.0
) -> layout.State:
    """The state at t = 0: rates held constant at all times before, noise at zero.

    rate_E, rate_I: scalars or (N,).
    """
    n_regions = network.coupling.n_regions
    excitation = _per_region(rate_E, n_regions, "rate_E")
    return layout.State(
        past=layout.aligned(np.repeat(excitation, network.row)),
        inhibition=_per_region(rate_I, n_regions, "rate_I"),
        noise=np.zeros((2, layout.padded_regions(n_regions))),
        drift=np.zeros((2, layout.padded_regions(n_regions))),
        clock=np.array([0, network.coupling.longest]),
    )


def stream(seed: int, role: str, replicate: int) -> layout.Stream:
    """The random stream of one replicate; it depends on nothing else. role: a key of ROLES."""
    return layout.Stream(np.uint64(seed), np.uint64(ROLES[role]), np.uint64(replicate))


def _sum(values):
    """The sum of positive numbers, rounded once; infinite where it is too large."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def _per_region(values, n_regions, where):
    """A scalar or one value per region, as an array padded to whole vectors."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim:
        check.per_region(where, values.shape, n_regions)
    array = np.zeros(layout.padded_regions(n_regions))
    array[:n_regions] = values
    return array


def _exp(values):
    """Exponential, correctly rounded, so that it is the same with every C library.

    Arguments are held within +-700, where it is neither zero nor infinite.
    """
    different, place = np.unique(np.clip(values, -700, 700), return_inverse=True)
    return np.array([float(Decimal(float(x)).exp()) for x in different])[place]
