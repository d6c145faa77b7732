"""Where something is least that takes long to evaluate: rounds of designs, and a quadratic to it.

Places are coordinates 0 to 1 between bounds. The first round is spread over all of them. Each later
one is spread over a region around the least place of a quadratic through what is known by then: as
wide as the noise of replicates leaves it open, and no smaller than a part of the region before.
That noise is known from values without each of the replicates (a jackknife).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

REPLICATES = 3  # of either side at least: without one, two must be left to be multiplied
WIDE = 3.0  # standard errors of the least place that a region goes to, to both sides
SHRINKS = 0.3, 0.85  # times: a region to the next one, at most and at least
INSIDE = 0.75  # of a region's half: the best place that is known is no farther from its centre
SPARE = 1.5  # places for each coefficient that a quadratic is put through
SURE = 1.5  # standard errors that a direction's curvature is above zero, if it is not flat
FLAT = 1e-2  # of the largest curvature over a region: a smaller one is as good as none
KNEE = 4.0  # times the median of what is near, from where on values count less and less


class Known(NamedTuple):
    """What has been evaluated."""

    places: np.ndarray  # (n, P)
    values: np.ndarray  # (n,) to be least
    without: list[np.ndarray]  # of each side (n, size): the same without each of its replicates

    def of(self, which: np.ndarray) -> "Known":
        """Some of it."""
        return Known(self.places[which], self.values[which], [side[which] for side in self.without])

    def finite(self) -> "Known":
        """What has a value."""
        whole = np.isfinite(self.values)
        for side in self.without:
            whole &= np.isfinite(side).all(axis=1)
        return self.of(whole)


def together(several: Sequence[Known]) -> Known:
    """All that is known of several."""
    return Known(
        np.concatenate([one.places for one in several]),
        np.concatenate([one.values for one in several]),
        [np.concatenate(side) for side in zip(*(one.without for one in several), strict=True)],
    )


class Region(NamedTuple):
    """A box of places, which may be turned: centre + shape @ u of u from -1 to 1."""

    centre: np.ndarray  # (P,)
    shape: np.ndarray  # (P, P)

    @staticmethod
    def whole(n: int) -> "Region":
        """All places of n coordinates."""
        return Region(np.full(n, 0.5), np.eye(n) / 2)

    def inside(self, places: np.ndarray) -> np.ndarray:
        """What u (n, P) of places (n, P) are."""
        return np.linalg.solve(self.shape, (places - self.centre).T).T

    def spread(self, number: int, seed: int) -> np.ndarray:
        """Places (number, P) spread evenly over it; seed: of how, such as the round's number.

        What is beyond a bound is reflected from it.
        """
        from scipy.stats import qmc

        n = len(self.centre)
        power = int(np.ceil(np.log2(max(number, 2))))
        random = np.random.Generator(np.random.Philox(seed))
        places = 2 * qmc.Sobol(n, rng=random).random_base2(power)[:number] - 1
        places = np.abs(self.centre + places @ self.shape.T)
        return np.clip(1 - np.abs(1 - places), 0, 1)


class Quadratic(NamedTuple):
    """The quadratic through some values, by weighted least squares, about a centre."""

    centre: np.ndarray  # (P,)
    shape: np.ndarray  # (P, P) of the region
    value: float  # there
    slope: np.ndarray  # (P,)
    curvature: np.ndarray  # (P, P)

    def at(self, places: np.ndarray) -> np.ndarray:
        """Its values (n,) at places (n, P)."""
        apart = places - self.centre
        bent = np.einsum("ni,ij,nj->n", apart, self.curvature, apart)
        return self.value + apart @ self.slope + bent / 2

    def modes(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Curvatures over the region, their directions, and which is as good as none."""
        values, vectors = np.linalg.eigh(self.shape.T @ self.curvature @ self.shape)
        least = max(FLAT * np.abs(values).max(), np.finfo(float).tiny)
        return values, self.shape @ vectors, float(least)

    def open(self) -> np.ndarray:
        """The inverse of its curvature, with a little for what is flat or bent the other way."""
        values, vectors, least = self.modes()
        return (vectors / np.maximum(values, least)) @ vectors.T

    def profile(self, places: np.ndarray, k: int) -> np.ndarray:
        """Its least values (n,) with coordinate k at places (n,), of its convex part."""
        spread = self.open()
        bottom = (self.centre - spread @ self.slope)[k]
        return (places - bottom) ** 2 / spread[k, k] / 2

    @property
    def is_convex(self) -> bool:
        """Whether it has a least place."""
        values, _, least = self.modes()
        return bool(values[0] > least)


def coefficients(n: int) -> int:
    """Of a quadratic over n coordinates."""
    return (n + 1) * (n + 2) // 2


def fewest(n: int) -> int:
    """Places that a quadratic over n coordinates needs."""
    return int(np.ceil(SPARE * coefficients(n)))


class Least(NamedTuple):
    """The least place of a quadratic, and how sure it is."""

    quadratic: Quadratic
    place: np.ndarray  # (P,) within the bounds
    value: float  # of the quadratic there
    found: bool  # whether the quadratic has a least place, within the bounds
    pseudo: list[np.ndarray]  # of each side, and of evaluations (size, P): the jackknife's values
    closed: list[np.ndarray]  # the same along the directions alone whose curvature is beyond chance
    reach: np.ndarray  # (2, P) how far to both sides all others lead, to the bounds

    @property
    def covariance(self) -> np.ndarray:
        """(P, P) of the place."""
        parts = [np.cov(side, rowvar=False, ddof=1) / len(side) for side in self.pseudo]
        return np.atleast_2d(np.sum(parts, axis=0))


def least(known: Known, region: Region) -> Least:
    """The least place of a quadratic through what is known in a region, or nearest to it.

    Places without each replicate are those of a quadratic through the values without it, and those
    without each evaluation of one through the others, both to first order. Raises ValueError for
    fewer than `fewest` finite values.
    """
    n = known.places.shape[1]
    known = known.finite()
    if len(known.values) < fewest(n):
        raise ValueError(f"{len(known.values)} values")
    far = np.abs(region.inside(known.places)).max(axis=1)
    order = np.argsort(far, kind="stable")
    number = max(fewest(n), np.count_nonzero(far <= 1 + 1e-9))
    known = known.of(np.sort(order[:number]))
    weights = _weights(known.values)
    basis = _basis(region.inside(known.places))
    solve = np.linalg.pinv(basis * weights[:, None]) * weights
    whole = _quadratic(solve @ known.values, region)
    spread = whole.open()
    bottom = whole.centre - spread @ whole.slope
    inside = bool(((bottom > 0) & (bottom < 1)).all())
    place = bottom if inside else _nearest(bottom, spread, Region.whole(n))
    bends, directions, flat = whole.modes()
    slopes = directions.T @ (whole.slope + whole.curvature @ (place - whole.centre))
    misses = known.values - basis @ (solve @ known.values)
    held = np.clip((basis * solve.T).sum(axis=1), 0, 0.99)  # how much each has its own say
    of_evaluations = -(solve * (misses / (1 - held))).T
    sides = [*((side.T - known.values) @ solve.T for side in known.without), of_evaluations]
    # What leaving out changes, to first order: slopes (size, P), and curvatures along directions.
    changes = [[_quadratic(beta, region) for beta in betas] for betas in sides]
    sloped = [
        np.array([one.slope + one.curvature @ (place - region.centre) for one in side])
        for side in changes
    ]
    bent = [
        np.array([np.diag(directions.T @ one.curvature @ directions) for one in side])
        for side in changes
    ]
    sure = (bends > flat) & _beyond_chance(bends, bent)
    sure |= _beyond_chance(np.abs(slopes), [side @ directions for side in sloped])  # at a bound
    kept = directions[:, sure] / np.maximum(bends[sure], flat)
    parts = spread, kept @ directions[:, sure].T
    pseudo, closed = ([place + (len(one) - 1) * one @ part for one in sloped] for part in parts)
    value = float(whole.at(place[None])[0])
    found = inside and whole.is_convex
    return Least(whole, place, value, found, pseudo, closed, _reach(place, directions[:, ~sure]))


def _beyond_chance(values, changes):
    """Which values (P,) are above zero by more than SURE of their jackknife's standard errors."""
    variances = [(len(side) - 1) * side.var(axis=0) for side in changes]
    return values > SURE * np.sqrt(np.sum(variances, axis=0))


def _reach(place, directions):
    """(2, P) how far directions (P, n) lead from a place, each as far as its largest coordinate."""
    found = np.zeros((2, len(place)))
    for direction in directions.T:
        k = np.abs(direction).argmax()
        moved = np.outer([-place[k], 1 - place[k]], direction / direction[k])
        found += moved.min(axis=0), moved.max(axis=0)
    return found


def _weights(values):
    """Roots of weights: what is high is far from the bottom, and no quadratic any more."""
    above = values - values.min()
    knee = KNEE * np.median(above) or 1.0
    return 1 / (1 + above / knee)


def _basis(places):
    n = places.shape[1]
    pairs = [places[:, i] * places[:, j] for i in range(n) for j in range(i, n)]
    return np.stack([np.ones(len(places)), *places.T, *pairs], axis=1)


def _quadratic(beta, region):
    """That of coefficients of `_basis` in a region."""
    n = len(region.centre)
    curvature = np.zeros((n, n))
    rows, columns = np.triu_indices(n)
    curvature[rows, columns] = beta[1 + n :]
    back = np.linalg.inv(region.shape)
    curvature = back.T @ (curvature + curvature.T) @ back
    return Quadratic(*region, float(beta[0]), back.T @ beta[1 : 1 + n], curvature)


def _nearest(bottom, spread, region):
    """The place of a region where a quadratic is least: its bottom, and inverse of its bend."""
    from scipy.optimize import lsq_linear

    root = np.linalg.inv(np.linalg.cholesky(spread))
    found = lsq_linear(root @ region.shape, root @ (bottom - region.centre), (-1, 1), tol=1e-12)
    return np.clip(region.centre + region.shape @ np.clip(found.x, -1, 1), 0, 1)


def following(region: Region, known: Known) -> Region:
    """The region of the next round, of that of the last one and all that is known.

    It is as long as the noise leaves each direction open, so that it lies along a valley.
    """
    finite = known.finite()
    n = len(region.centre)
    if len(finite.values) < fewest(n):  # nothing is known yet
        return region
    found = least(finite, region)
    back = np.linalg.inv(region.shape)
    values, vectors = np.linalg.eigh(back @ found.covariance @ back.T)
    halves = np.clip(WIDE * np.sqrt(np.maximum(values, 0)), *SHRINKS)
    shape = region.shape @ (vectors * halves)
    best = finite.places[finite.values.argmin()]
    quadratic = found.quadratic
    spread = quadratic.open()
    bottom = quadratic.centre - spread @ quadratic.slope
    return Region(_nearest(bottom, spread, Region(best, INSIDE * shape)), shape)


def region(rounds: Sequence[Known], n: int) -> Region:
    """That of the round after some, of what each has evaluated, over n coordinates."""
    found = Region.whole(n)
    for k in range(len(rounds)):
        found = following(found, together(rounds[: k + 1]))
    return found
