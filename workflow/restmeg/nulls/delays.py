"""Null networks that have the study's weights and other delays."""

import numpy as np

from restmeg.connectome import Connectome


def shuffled_delays(anatomy: Connectome, rng: np.random.Generator) -> Connectome:
    """The lengths of connections in random order, each weight in its place.

    Where weights or lengths are the same both ways, the two lengths of a pair move together.
    """
    connected = anatomy.weights > 0
    lengths = np.where(connected, anatomy.distances, 0.0)
    two_way = any(np.array_equal(matrix, matrix.T) for matrix in (anatomy.weights, lengths))
    distances = anatomy.distances.copy()
    if two_way or np.array_equal(anatomy.distances, anatomy.distances.T):
        i, j = np.nonzero(np.triu(connected | connected.T))
        order = _permutation(len(i), rng)
        distances[i, j], distances[j, i] = distances[i, j][order], distances[j, i][order]
    else:
        lengths = distances[connected]
        distances[connected] = lengths[_permutation(len(lengths), rng)]
    return anatomy._replace(distances=distances)


def no_delays(anatomy: Connectome, rng: np.random.Generator) -> Connectome:  # noqa: ARG001
    """All lengths 0: signals arrive at the next step."""
    return anatomy._replace(distances=np.zeros_like(anatomy.distances))


def _permutation(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.argsort(rng.random(n), kind="stable")
