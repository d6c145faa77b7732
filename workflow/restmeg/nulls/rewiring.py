"""Null networks with the degrees, strengths and lengths of the study's, wired at random.

A connectome is places (a pair of regions each) with a weight in each. Two moves keep the degree of
every region and the number of connections in each class of length: two connections exchange ends,
if the new pairs are of the same two classes and not connected yet (Betzel and Bassett 2018, PNAS
115:E4880), or two connections of one class exchange their weights. First any move is made, which
forgets the study's network. Then moves are made as long as they bring strengths nearer to the
study's, or not too far from them: that limit falls to nothing (threshold accepting, Dueck and
Scheuer 1990, J Comput Phys 90:161, in place of the annealing of Milisav et al. 2024, Nat Comput Sci
4:935, as it needs no exponential, whose last bits are the C library's).
"""

import math

import numpy as np

from restmeg.connectome import Connectome
from restmeg.core.cache import compiled_once, filling

CLASSES = 10  # of length, equally wide
PROPOSALS = 40  # moves that are tried in a stage, for each connection
FREE = 5  # stages in which every move is made
STAGES = 120  # after them, at most
START, COOLING = 3.0, 0.87  # first limit, over the mean squared error of strengths; factor a stage
MATCHED = 1e-7  # squared error of strengths over their squares, at which they are the study's
PIECE = 2**16  # moves whose random numbers are drawn at once


def degree_length(anatomy: Connectome, rng: np.random.Generator) -> Connectome:
    """A network wired at random, but for degrees, strengths and lengths (Vasa and Misic 2022).

    Kept exactly: each region's number of connections (of a directed network, those in and those
    out), the number of connections in each of CLASSES classes of length with the weights in it, and
    that a network is the same both ways. Kept as nearly as can be: each region's strength. The
    lengths of pairs stay; only pairs that have one are connected. (Nat Rev Neurosci 23:493.)

    Where all pairs are connected, weights alone change their places.
    """
    weights, distances = anatomy.weights, anatomy.distances
    n_regions, connected = len(weights), weights > 0
    directed = not np.array_equal(weights, weights.T)
    classes = length_classes(connected, distances if directed else (distances + distances.T) / 2)
    target, source = np.nonzero(connected if directed else np.triu(connected))
    order = np.argsort(classes[target, source], kind="stable")
    target, source = target[order], source[order]
    values, own = weights[target, source], classes[target, source]
    # Where the places of the same class begin, and how many there are.
    first = np.searchsorted(own, own, side="left")
    count = np.searchsorted(own, own, side="right") - first

    shift = n_regions if directed else 0  # where sources have their strengths
    ends = np.concatenate([target, source + shift])
    wanted = np.bincount(ends, np.tile(values, 2), minlength=n_regions + shift)
    excess = np.zeros_like(wanted)
    places = target, source, values, first, count, excess, classes, connected.copy(), shift
    with filling(_make_moves):
        _make_moves(*places, np.empty((0, 3)), math.inf)
    for _ in range(FREE):
        _move(places, math.inf, rng)
    limit = START * _squared(excess) / len(excess)
    goal = MATCHED * _squared(wanted)
    for _ in range(STAGES):
        _move(places, limit, rng)
        limit *= COOLING
        if _squared(excess) <= goal:
            break
    rewired = np.zeros_like(weights)
    rewired[target, source] = values
    if not directed:
        rewired[source, target] = values
    return anatomy._replace(weights=rewired)


def length_classes(connected: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The class of length of each pair (N, N), from 0 on, and -1 where no connection may go.

    connected, lengths (mm): (N, N). That is a pair that is shorter or longer than all connections,
    or has no length where connections have one.
    """
    shortest, longest = lengths[connected].min(), lengths[connected].max()
    width = (longest - shortest) / CLASSES or 1.0
    usable = (lengths >= shortest) & (lengths <= longest)
    found = np.floor((np.where(usable, lengths, shortest) - shortest) / width)
    return np.where(usable, np.minimum(found, CLASSES - 1), -1).astype(np.int64)


def _squared(values):
    """The sum of squares, with the same bits everywhere."""
    return math.fsum(x * x for x in values.tolist())


def _move(places, limit, rng):
    """Try PROPOSALS moves for each connection, and make those that are not beyond the limit."""
    left = PROPOSALS * len(places[0])
    while left:
        n = min(left, PIECE)
        _make_moves(*places, rng.random((n, 3)), limit)
        left -= n


@compiled_once
def _make_moves(
    target, source, values, first, count, excess, classes, connected, shift, draws, limit
):
    """Try a move for each row of ``draws``, and make it if the squared excess grows by no more.

    target, source, values: (places,) sorted by class, changed in place; first, count: (places,)
    where those of the same class begin, and how many there are; excess: by how much strengths are
    too large, (N,), or (2 N,) with those of sources from ``shift`` on; classes, connected: (N, N).
    """
    n = len(target)
    for k in range(len(draws)):
        e = int(draws[k, 0] * n)
        a, b = target[e], source[e]
        choice = draws[k, 2]
        if choice < 0.5:  # exchange ends: a-b and c-d become a-d and c-b
            f = int(draws[k, 1] * n)
            c, d = target[f], source[f]
            if shift == 0 and choice < 0.25:
                c, d = d, c
            if a == c or b == d or connected[a, d] or connected[c, b]:  # nothing new
                continue
            if a == d or b == c:  # a region with itself
                continue
            gain = values[f] - values[e]
            straight = classes[a, d] == classes[a, b] and classes[c, b] == classes[c, d]
            crossed = classes[a, d] == classes[c, d] and classes[c, b] == classes[a, b]
            if straight:  # a-d gets the weight of a-b: b has that of c-d in its place
                more, less = b + shift, d + shift
            elif crossed:
                more, less = a, c
            else:
                continue
            if 2.0 * gain * (gain + excess[more] - excess[less]) > limit:
                continue
            excess[more] += gain
            excess[less] -= gain
            connected[a, b] = connected[c, d] = False
            connected[a, d] = connected[c, b] = True
            if shift == 0:
                connected[b, a] = connected[d, c] = False
                connected[d, a] = connected[b, c] = True
            if straight:
                target[e], source[e], target[f], source[f] = a, d, c, b
            else:
                target[e], source[e], target[f], source[f] = c, b, a, d
        else:  # exchange weights
            f = first[e] + int(draws[k, 1] * count[e])
            c, d = target[f], source[f] + shift
            b += shift
            gain = values[f] - values[e]
            growth = 0.0
            if a != c and a != d:
                growth += gain * (gain + 2.0 * excess[a])
            if b != c and b != d:
                growth += gain * (gain + 2.0 * excess[b])
            if c != a and c != b:
                growth += gain * (gain - 2.0 * excess[c])
            if d != a and d != b:
                growth += gain * (gain - 2.0 * excess[d])
            if growth > limit:
                continue
            values[e], values[f] = values[f], values[e]
            excess[a] += gain
            excess[b] += gain
            excess[c] -= gain
            excess[d] -= gain
