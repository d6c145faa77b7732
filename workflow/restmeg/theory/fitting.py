"""The likeliest values of a model's parameters within bounds, and how sure they are.

Standard errors are from the expected information at the maximum, intervals from the profile: where
twice the loss of the best log likelihood, over all other parameters, stays below the quantile of a
chi-squared (Wilks 1938, Ann Math Stat 9:60).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from restmeg.fourier import REDUNDANCY
from restmeg.parameters import Axis, Estimate
from restmeg.theory import observed
from restmeg.theory.search import Place, Search

NORMAL = 1.959963984540054  # two-sided 95 % of a normal distribution
EDGE = 1e-3  # of a range: nearer to a bound there is no maximum
LOOKED, CLIMBED = 16, 3  # places that are looked at for each parameter, and starts of all
PROFILED = 0.5  # of the way to an end of an interval, where a profile is looked at as well
NEAR = 0.03  # of an interval: places of a profile that are nearer to another are left out
STEPS, CLOSE = 12, 0.03  # towards an end, and how near to it, in standard errors
PASSES = 4  # over all profiles, of which one may find a better place
SMALL = 0.1  # twice a gain of the log likelihood that a step need not be taken for
WIDER = 2.0  # times: what another parameter's bound may make of an interval
FLAT = 0.5  # of a range: a direction with a wider interval is not told


class Fitted(NamedTuple):
    """The likeliest parameters."""

    axes: list[Axis]  # of the model, and after them of what is not known of the recording
    estimates: list[Estimate]
    correlation: np.ndarray  # of the estimates (P, P); NaN for what is at a bound
    told: list[str]  # combinations that are known where parameters are not, in words
    log_likelihood: float  # of all that was observed, without its constant
    path: np.ndarray  # (evaluations, 2 + P) start, log likelihood and values
    signs: np.ndarray  # (R,) that channels were turned by
    settled: bool  # whether no profile has found a better place
    at: np.ndarray  # (P,) the place


class NoFitError(Exception):
    """There is no maximum, in words."""


def _spread(n):
    """Places (LOOKED n, n) that cover the range of n parameters evenly."""
    from scipy.stats import qmc

    number = 2 ** int(np.ceil(np.log2(LOOKED * n)))
    return 0.02 + 0.96 * qmc.Sobol(n, rng=np.random.Generator(np.random.Philox(n))).random(number)


def fit(search: Search, first: Mapping[str, float] | None = None) -> Fitted:
    """The likeliest parameters, their intervals, and what the data do not tell.

    first: {dotted key: value} to start from as well. Raises NoFitError where theory holds nowhere.
    """
    best = likeliest(search, first)
    for left in reversed(range(PASSES)):
        inner = ~_at_bound(best.at)
        covariance = _covariance(best.information, inner)
        profiles = [_profile(search, best, covariance, k) for k in range(search.n_model)]
        highest = max((found.highest for found in profiles), key=_height)
        settled = not highest.value > best.value + CLOSE
        if settled or not left:
            break
        best = search.climb(highest.at)
    estimates = [
        _estimate(axis, best, covariance, k, profiles) for k, axis in enumerate(search.axes)
    ]
    deviations = np.sqrt(np.diag(covariance))
    return Fitted(
        search.axes,
        estimates,
        covariance / np.outer(deviations, deviations),
        _told(search, best, inner, estimates),
        best.value * REDUNDANCY,
        np.array(search.path),
        search.signs,
        settled,
        best.at,
    )


def _height(place):
    return place.value


def likeliest(search: Search, first: Mapping[str, float] | None = None) -> Place:
    """The highest of the maxima that several starts lead to; arguments and errors as of `fit`."""
    starts = [] if first is None else [[axis.place(first[axis.name]) for axis in search.axes]]
    found = []
    for places in [*map(np.array, starts), *_spread(search.n_model)]:
        net = search.stable(places)
        if net is not None:
            rest = search.calibrate(net)
            place = search.look(np.concatenate([places, rest]), search.coarse)
            found.append((place.value, search.signs, place.at))
    if not found:
        raise NoFitError(
            "linear theory holds at none of the places between the bounds that were looked at"
        )
    found.sort(key=lambda one: -one[0])
    climbed = []
    for search.start, (_, signs, at) in enumerate(found[:CLIMBED]):
        search.turn(signs)
        climbed.append((search.climb(at, search.coarse), signs))
    best, signs = max(climbed, key=lambda one: one[0].value)
    search.start = next(k for k, (place, _) in enumerate(climbed) if place is best)
    search.turn(signs)
    for _ in range(3):
        best = search.climb(best.at)
        if search.calibrated or search.seen.lead is not None:
            break
        net = search.net(best.at)
        turned = observed.likeliest_signs(net, search.data, search.observation(best.at))
        if len(set(turned)) == 1:
            break
        search.turn(search.signs * turned)
    return best


class _Profile(NamedTuple):
    """The likelihood over one parameter, with the others where it is highest."""

    places: list[Place]  # in order of it
    low: float  # ends of its interval, in coordinates
    high: float
    bounded: bool  # by the data, to both sides
    highest: Place


def _covariance(information, inner):
    """Of estimates that are not at a bound, NaN for the others; inf where nothing is known."""
    found = np.full(information.shape, np.nan)
    own = information[np.ix_(inner, inner)]
    scale = np.sqrt(np.maximum(np.diag(own), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(own / np.outer(scale, scale))
    values = np.maximum(values, 1e-12)  # a flat direction is known to about nothing
    found[np.ix_(inner, inner)] = (vectors / values) @ vectors.T / np.outer(scale, scale)
    return found


def _profile(search, best, covariance, k):
    """Where twice the loss of the log likelihood reaches QUANTILE, to both sides of parameter k."""
    start = best.at[k]
    deviation = np.sqrt(covariance[k, k])
    if not np.isfinite(deviation):  # at a bound, from which the way in is not known
        deviation = 1 / np.sqrt(max(best.information[k, k], 1.0))
    lean = np.nan_to_num(covariance[:, k] / covariance[k, k])
    found = [best]

    def loss(to: float) -> float:
        """Of the log likelihood at a place of this parameter, in standard errors."""
        place = _others(search, best, k, to, lean)
        found.append(place)
        return float(np.sqrt(2 * max(best.value - place.value, 0.0)))

    ends, bounded = [], []
    for side, bound in ((-1, 0.0), (1, 1.0)):
        room = abs(bound - start)
        inside, outside = (0.0, 0.0), (np.inf, np.inf)  # distance and loss
        distance = min(NORMAL * deviation, room)
        for _ in range(STEPS):
            height = loss(start + side * distance)
            if height <= NORMAL:
                inside = distance, height
            else:
                outside = distance, height
            if abs(height - NORMAL) < CLOSE or inside[0] >= room:
                break
            distance = _between(inside, outside, room)
        end = distance if np.isfinite(height) else inside[0]
        if abs(height - NORMAL) < CLOSE:  # the rest of the way, as a line
            end = min(distance * NORMAL / height, room)
        ends.append(start + side * end)
        held = _at_bound(found[-1].at) & ~_at_bound(best.at)
        held[[k, *range(search.n_model, len(held))]] = False
        by_data = not (held.any() and _is_made_by(found[-1].information, k, held))
        bounded.append(bool(abs(height - NORMAL) < 10 * CLOSE and by_data))
        if end:
            loss(start + side * PROFILED * end)
    found.sort(key=lambda place: place.at[k])
    apart = NEAR * (ends[1] - ends[0])
    shown = [best]
    for place in found:  # those that say something new
        if min(abs(place.at[k] - other.at[k]) for other in shown) > apart:
            shown.append(place)
    shown.sort(key=lambda place: place.at[k])
    return _Profile(shown, ends[0], ends[1], all(bounded), max(found, key=_height))


def _at_bound(at):
    return (at <= EDGE) | (at >= 1 - EDGE)


def _is_made_by(information, k, held):
    """Whether an end of parameter k is there because bounds hold others (P,): it is farther then.

    An interval that would be WIDER times as wide without these bounds is theirs, not the data's.
    """
    free = _covariance(information, np.ones(len(held), bool))[k, k]
    return free > WIDER**2 * _covariance(information, ~held)[k, k]


def _between(inside, outside, room):
    """The next distance to look at for a loss of NORMAL, which is about linear in it."""
    (near, low), (far, high) = inside, outside
    if np.isfinite(high):
        return near + (far - near) * np.clip((NORMAL - low) / (high - low), 0.1, 0.9)
    if np.isfinite(far):  # theory does not hold there
        return (near + far) / 2
    return min(near * min(NORMAL / max(low, 0.1), 4.0), room)


def _others(search, best, k, to, lean):
    """The highest place with parameter k held, from where a normal distribution has it.

    Its value is that of the maximum that a last small step would come to.
    """
    ends = EDGE / 2, 1 - EDGE / 2
    at = np.clip(best.at + lean * (to - best.at[k]), *ends)
    at[k] = np.clip(to, 0, 1)
    place = search.look(at)
    for _ in range(STEPS):
        if not np.isfinite(place.value):
            break
        # What a bound holds stays there, and leaves the others free.
        free = ~((place.at <= ends[0]) & (place.gradient < 0))
        free &= ~((place.at >= ends[1]) & (place.gradient > 0))
        free[k] = False
        if not free.any():
            break
        slope = place.gradient[free]
        step = np.linalg.lstsq(place.information[np.ix_(free, free)], slope, rcond=1e-10)[0]
        if step @ slope < SMALL:
            return place._replace(value=place.value + step @ slope / 2)
        for shorter in (1.0, 0.3, 0.1):
            at = place.at.copy()
            at[free] = np.clip(at[free] + shorter * step, *ends)
            following = search.look(at)
            if following.value > place.value:
                break
        else:  # nowhere higher that a quadratic would know of
            break
        place = following
    return place


def _estimate(axis, best, covariance, k, profiles):
    """What is told of parameter number k."""
    at = best.at[k]
    value = axis.value(at)
    deviation = np.sqrt(covariance[k, k]) * axis.slope(value)
    if k < len(profiles):
        own = profiles[k]
        low, high, identified = own.low, own.high, own.bounded
        curve = [(axis.value(one.at[k]), one.value - best.value) for one in own.places]
        profile = np.array(curve) * (1, REDUNDANCY)
    else:
        half = NORMAL * np.sqrt(covariance[k, k])
        if not np.isfinite(half):  # at a bound, from which the slope says how far it may be
            half = NORMAL / np.sqrt(max(best.information[k, k], 1.0))
        low, high = np.clip([at - half, at + half], 0, 1)
        identified = bool(low > 0 and high < 1)
        profile = np.empty((0, 2))
    if not identified:
        deviation = np.nan
    return Estimate(value, float(deviation), axis.value(low), axis.value(high), identified, profile)


def _told(search, best, inner, estimates):
    """Combinations that are known of parameters that are not, one by one."""
    unknown = [not one.identified for one in estimates[: search.n_model]]
    own = np.flatnonzero(inner[: search.n_model] & unknown)
    rest = np.setdiff1d(np.flatnonzero(inner), own)
    if len(own) < 2:
        return []
    whole = best.information
    of_rest = np.linalg.pinv(whole[np.ix_(rest, rest)], hermitian=True)
    left = whole[np.ix_(own, own)] - whole[np.ix_(own, rest)] @ of_rest @ whole[np.ix_(rest, own)]
    values, vectors = np.linalg.eigh(left)
    texts = []
    for value, vector in zip(values, vectors.T, strict=True):
        if value > (2 * NORMAL / FLAT) ** 2:
            texts += _combination([search.axes[k] for k in own], best.at[own], vector, value)
    return texts


def _combination(axes, at, vector, known):
    """Words for a combination of parameters, if it is one of several."""
    parts = vector / np.array([axis.rate for axis in axes])
    largest = int(np.argmax(np.abs(vector)))
    shares = parts / parts[largest]
    counted = [k for k in range(len(axes)) if abs(vector[k]) > 0.05 * abs(vector[largest])]
    if len(counted) < 2:
        return []
    total, half = 0.0, NORMAL / np.sqrt(known) / abs(parts[largest])
    text = ""
    for k in counted:
        axis = axes[k]
        value = axis.value(at[k])
        total += shares[k] * (np.log(value) if axis.positive else value)
        name = f"log({axis.name})" if axis.positive else axis.name
        size = "" if k == largest else f"{abs(shares[k]):.3g} "
        sign = "-" if shares[k] < 0 else "+"
        text += f" {sign} {size}{name}" if text else f"{'-' if sign == '-' else ''}{size}{name}"
    return [f"{text} = {total:.4g} [{total - half:.4g}, {total + half:.4g}]"]
