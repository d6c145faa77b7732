"""Which rates a model can have, and what is to be said of those that it has."""

from collections.abc import Sequence

import numpy as np

from restmeg import check
from restmeg.model import ADAMS_BASHFORTH, EXPONENTIAL_EULER

LONG_STEP = 0.5  # of a time constant: a longer step than that follows something else
EXPLICIT_STEP = 0.6  # of a rate: more decay than that in a step is near what is unstable
STEEP_STEP = 1  # what a diffusive coupling may pull a rate back in one step
NEAR = 0.02  # of the way from rest to a limit: a rate that never leaves this edge is saturated
BEYOND = 0.1  # of the range: farther out than that no rounding or short step gets


def limits(parameters: dict) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest rate of the excitatory population, (1,) or (N,).

    F lies between -s and 1 - s, s = sigmoid(-a theta), and rE' = 0 at rE = F / (1 + r F): from
    there rE' points inward, so that a rate that starts inside never gets out.

    parameters: as in the configuration, in plain numbers.
    """
    a, theta, r = (
        np.atleast_1d(np.asarray(parameters[name], float)) for name in ("a_E", "theta_E", "r")
    )
    low = -1 / (1 + np.exp(np.clip(a * theta, -700, 700)))
    edges = np.stack([low, 1 + low])
    with np.errstate(divide="ignore"):
        rates = np.where(1 + r * edges > 0, edges / (1 + r * edges), [[-np.inf], [np.inf]])
    return rates.min(axis=0), rates.max(axis=0)


def slope(model: dict) -> np.ndarray:
    """Slope of F at the constant drive, (1,) or (N,): what a small input does to a region at rest.

    F'(u) = a s (1 - s), s = sigmoid(a (u - theta)), at u = mean_E.
    """
    a, theta = (np.atleast_1d(model["parameters"][name]) for name in ("a_E", "theta_E"))
    u = np.atleast_1d(model["noise"]["mean_E"])
    s = 1 / (1 + np.exp(np.clip(-a * (u - theta), -700, 700)))
    return a * s * (1 - s)


def coupling_gain(model: dict, row_sums: np.ndarray) -> float:
    """What a region at rest passes on of the others' rates, on average: slope k row sum.

    row_sums: (N,) of the weights. Of the bundled model and of one near a Hopf point it is about
    0.2.
    """
    with np.errstate(over="ignore"):
        return model["coupling_strength"] * np.mean(slope(model) * row_sums)


def step_notes(
    dt: float, model: dict, row_sums: np.ndarray, method: str = EXPONENTIAL_EULER
) -> dict[str, tuple[float, str]]:
    """What is wrong with an integration step (ms) for a model: {cause: (how much, in words)}.

    With diffusive coupling a region also gets its own rate, times its row sum of weights (N,): the
    step is explicit in it, and with dt / tau_E slope k row sum above about one rates jump from step
    to step. (Nine connectomes with 4 s each were stable up to 1.17, and none from 2.1.)
    """
    found: dict[str, tuple[float, str]] = {}
    for section, name in (("parameters", "tau_E"), ("parameters", "tau_I"), ("noise", "tau")):
        shortest = np.min(model[section][name])
        if dt > LONG_STEP * shortest:
            text = (
                f"simulation.dt, {dt:g} ms, is more than {LONG_STEP:g} of model.{section}.{name}, "
                f"{shortest:g} ms; what is simulated is then the integrator and not the model"
            )
            found[f"{section}.{name}"] = dt / shortest, text
    if method == ADAMS_BASHFORTH:
        found |= _explicit_notes(dt, model, row_sums)
    if model["coupling"] == "diffusive":
        with np.errstate(over="ignore"):
            pull = model["coupling_strength"] * slope(model) * row_sums
            steepest = np.max(dt / np.atleast_1d(model["parameters"]["tau_E"]) * pull)
        if steepest > STEEP_STEP:
            text = (
                f"simulation.dt, {dt:g} ms, is too long for this coupling: rates can jump from "
                "step to step (dt / tau_E times slope, model.coupling_strength and largest row sum "
                f"of weights is {steepest:.3g}, expected at most {STEEP_STEP:g}); a smaller dt or "
                "connectome.normalise mends it"
            )
            found["coupling"] = steepest, text
    return found


def _explicit_notes(dt, model, row_sums):
    """The same of Adams and Bashforth's method, which is explicit in all of it.

    It is unstable where a rate decays by 1 a step: by itself, as it inhibits itself, and by a
    diffusive coupling. At its steepest, in the middle, F has the slope a / 4.
    """
    given = {name: np.atleast_1d(value) for name, value in model["parameters"].items()}
    with np.errstate(over="ignore"):
        pull = model["coupling_strength"] * row_sums if model["coupling"] == "diffusive" else 0.0
        inhibition = {"E": np.maximum(pull - given["wEE"], 0), "I": given["wII"]}
        found = {}
        for name, own in inhibition.items():
            steepest = given[f"a_{name}"] / 4
            most = np.max(dt / given[f"tau_{name}"] * (1 + given["r"] + steepest * own))
            if most > EXPLICIT_STEP:
                text = (
                    f"simulation.dt, {dt:g} ms, may be too long for simulation.method "
                    f"{ADAMS_BASHFORTH}: rates of population {name} decay by up to {most:.3g} of "
                    f"themselves in a step, expected at most {EXPLICIT_STEP:g}"
                )
                found[f"method.{name}"] = float(most), text
    return found


def notes(
    lowest: np.ndarray,
    highest: np.ndarray,
    parameters: dict,
    labels: check.Names,
    replicates: Sequence[int],
) -> list[str]:
    """What is wrong with simulated rates, in words: a list, empty if nothing is.

    lowest, highest: (replicates, N), the smallest and largest rE of each region, NaN in a replicate
    that diverges; replicates: their numbers.
    """
    low, high = (np.broadcast_to(limit, lowest.shape) for limit in limits(parameters))
    span = np.where(np.isfinite(high - low), high - low, np.nan)  # with NaN nothing is found
    beyond = (lowest < low - BEYOND * span) | (highest > high + BEYOND * span)
    # From rest, 0, to a limit: some models rest close to their lower one.
    top = (lowest > (1 - NEAR) * high) & np.isfinite(span) & ~beyond
    bottom = (highest < (1 - NEAR) * low) & np.isfinite(span) & ~beyond
    texts = []
    lost = np.isnan(lowest).any(axis=1)
    if lost.any():
        numbers = [replicates[int(k)] for k in np.flatnonzero(lost)]
        texts.append(
            f"replicate {check.some(numbers, '')}: activity diverges, and scores leave it out; "
            "simulation.dt is too long for this model, or a parameter too large"
        )
    strong = "the input is too strong, as by weights, model.coupling_strength or model.noise"
    kinds = (
        (beyond, "rates leave what the model can have; simulation.dt is too long for it"),
        (top, f"rates stay at their upper limit, saturated; {strong}"),
        (bottom, f"rates stay at their lower limit, silenced; {strong}"),
    )
    for where, text in kinds:
        if where.any():
            regions = [labels[int(i)] for i in np.flatnonzero(where.any(axis=0))]
            numbers = [replicates[int(k)] for k in np.flatnonzero(where.any(axis=1))]
            rates = f"{lowest[where].min():.3g} to {highest[where].max():.3g}"
            texts.append(
                f"replicate {check.some(numbers, '')}, region {check.some(regions, '')}: {text} "
                f"(found {rates}, possible {low.min():.3g} to {high.max():.3g})"
            )
    return texts
