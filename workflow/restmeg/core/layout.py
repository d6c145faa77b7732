"""How regions, pairs and parameters are laid out in memory for `network.advance`."""

from typing import NamedTuple

import numpy as np

from restmeg.errors import InputError

SHARED = 4  # targets of eight that must share a source and a delay to be summed together
TILE = 16  # sources whose pasts are summed into all targets before the next ones are fetched
BLOCK = 32  # steps per far block: four Vectors
LANES = 8  # of a Vector; arrays over regions are padded to a multiple of it
SUBBLOCK = LANES  # steps per near block
LATEST = SUBBLOCK - 2  # steps: longer delays are summed for eight or more steps at a time

LOG2_E = 1.4426950408889634
# Rows of the parameter table (row, padded region). The sigmoid of a population is 1 / (1 + 2^w),
# w = bias + self (own rate) + cross (other rate) + gain (input), with gain = -a log2(e).
PARAMETERS = (
    *("dt_over_tau_E", "bias_E", "self_E", "cross_E", "gain_E", "offset_E", "slope_E"),
    *("dt_over_tau_I", "bias_I", "self_I", "cross_I", "gain_I", "offset_I", "slope_I"),
    "r",
)


class Pairs(NamedTuple):
    """Pairs of regions with delays of one class, list by list, each list in a row."""

    first: np.ndarray  # (lists + 1,) int64: where each list starts, and where the last one ends
    offsets: np.ndarray  # uint32: where an entry is read
    weights: np.ndarray


class Coupling(NamedTuple):
    """Weights and delays, laid out for `advance`: see `lay_out_coupling`.

    The offset of a far or near pair is source * row + longest - delay: where the source's value of
    ``delay`` steps ago stands in the flat past when the present stands at ``longest`` in each row.
    The shortest delays are read from the latest rates, step by step, at
    (LATEST - delay) * padded regions + source. Sources ascend in each list.
    """

    n_regions: int
    longest: int  # the longest delay in steps, or a little more
    far: Pairs  # a list for each target, tile by tile of sources
    near: Pairs  # a list for each target
    shared: Pairs  # shortest delays: a list for each eight targets, an offset and eight weights
    single: Pairs  # shortest delays: a list for each eight targets, eight offsets and weights


class Noise(NamedTuple):
    """Ornstein-Uhlenbeck noise: x <- mean + (x - mean) decay + scale z."""

    decay: np.ndarray  # (padded regions,)
    scale: np.ndarray  # (padded regions,)
    mean: np.ndarray  # (2, padded regions) for E and I


class Stream(NamedTuple):
    """Which random numbers: all three are uint64."""

    seed: np.uint64
    role: np.uint64
    replicate: np.uint64


class State(NamedTuple):
    """All that the next step depends on. `advance` changes the arrays in place."""

    past: np.ndarray  # (padded regions * row,) rE by region, the present at clock[1] in each row
    inhibition: np.ndarray  # (padded regions,) rI
    noise: np.ndarray  # (2, padded regions) x_E and x_I
    drift: np.ndarray  # (2, padded regions) dt f of the step before, where the method needs it
    clock: np.ndarray  # (2,) int64: steps done, position of the present in a row


def lay_out_coupling(
    weights: np.ndarray, delays: np.ndarray, tile: int = TILE
) -> tuple[Coupling, int]:
    """Sort the pairs into the delay classes of `advance`.

    weights: (N, N) onto target i from source j; zeros are no pairs. delays: (N, N) in steps.
    Returns Coupling and the length of a region's past.
    """
    n_regions = len(weights)
    used = weights != 0
    padded = padded_regions(n_regions)
    # One less than a multiple of eight: eight steps are then written as one cache line.
    longest = int(delays[used].max(initial=LATEST)) | 7
    # The past slides along its row and is copied back when it reaches the end: rarely, if the row
    # is half as long again. An odd number of cache lines keeps rows from competing for one place.
    lines = -(-(longest + 1 + max(256, longest // 2)) // 8)
    row = (lines | 1) * 8
    if padded * row > np.iinfo(np.uint32).max:
        raise InputError(
            f"connectome: {n_regions} regions with delays up to {longest} steps need a past of "
            f"{padded * row:.3g} values; expected at most {np.iinfo(np.uint32).max}"
        )
    offsets = (np.arange(n_regions) * row + longest - delays).astype(np.uint32)
    far = used & (delays >= BLOCK - 1)
    near = used & ~far & (delays > LATEST)

    # Far: by tile of sources, then target, then source.
    target, source = np.nonzero(far)
    order = np.lexsort((source, target, source // tile))
    target, source = target[order], source[order]
    n_lists = -(-n_regions // tile) * n_regions

    shared, single = _lay_out_shortest(weights, delays, used & ~far & ~near)
    coupling = Coupling(
        n_regions=n_regions,
        longest=longest,
        far=Pairs(
            first=_starts(source // tile * n_regions + target, n_lists),
            offsets=offsets[target, source],
            weights=weights[target, source],
        ),
        near=Pairs(
            first=_starts(np.nonzero(near)[0], n_regions),
            offsets=offsets[near],
            weights=weights[near],
        ),
        shared=shared,
        single=single,
    )
    return coupling, row


def _lay_out_shortest(weights, delays, pairs):
    """The two lists of the shortest delays in Coupling: shared and single.

    pairs: (N, N), which ones.
    """
    padded = padded_regions(len(weights))
    n_groups = padded // SUBBLOCK
    target, source = np.nonzero(pairs)
    delay, weight = delays[target, source], weights[target, source]
    group, lane = np.divmod(target, SUBBLOCK)
    offset = (LATEST - delay) * padded + source
    # One number for a group of targets, a source and a delay, in this order.
    key = (group * padded + source) * SUBBLOCK + delay
    _, one, run, users = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    many = users >= SHARED
    together = many[run]

    one, entry = one[many], np.cumsum(many) - 1
    shared_weights = np.zeros((len(one), SUBBLOCK))
    shared_weights[entry[run[together]], lane[together]] = weight[together]
    shared = Pairs(
        first=_starts(group[one], n_groups),
        offsets=offset[one].astype(np.uint32),
        weights=shared_weights.ravel(),
    )

    # Eight lists side by side, the shorter ones filled up with weights of zero.
    single = ~together
    starts = _starts(target[single], padded)
    rank = np.arange(single.sum()) - starts[target[single]]
    lengths = np.diff(starts).reshape(n_groups, SUBBLOCK).max(axis=1)
    first = np.concatenate(([0], np.cumsum(lengths)))
    entry = first[group[single]] + rank
    offsets = np.zeros((first[-1], SUBBLOCK), np.uint32)
    offsets[entry, lane[single]] = offset[single]
    single_weights = np.zeros(offsets.shape)
    single_weights[entry, lane[single]] = weight[single]
    return shared, Pairs(first, offsets.ravel(), single_weights.ravel())


def _starts(lists, n_lists):
    """Where each list starts in a sequence sorted by list, and where the last one ends."""
    return np.concatenate(([0], np.cumsum(np.bincount(lists, minlength=n_lists))))


def padded_regions(n_regions: int) -> int:
    """The number of regions rounded up to whole vectors."""
    return -(-n_regions // LANES) * LANES


def aligned(array: np.ndarray) -> np.ndarray:
    """A copy of the array that starts with a cache line, so that its Vectors do not cross lines."""
    buffer = np.empty(array.size + LANES)
    skip = -(buffer.ctypes.data // buffer.itemsize) % LANES
    copy = buffer[skip : skip + array.size].reshape(array.shape)
    copy[...] = array
    return copy
