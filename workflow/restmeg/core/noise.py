"""Random numbers by counting, and Ornstein-Uhlenbeck noise made of them."""

import numpy as np
from numba import njit

from restmeg.core.elementary import cos_sin_turns, radii
from restmeg.core.layout import LANES
from restmeg.core.vectors import ascending, load, store

_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@njit(error_model="numpy", forceinline=True)
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10 (Salmon et al. 2011, SC'11): four random 32-bit words from counter and key.

    All words are uint64 below 2^32.
    """
    for _ in range(10):
        product0 = c0 * np.uint64(0xD2511F53)
        product1 = c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (product1 >> _HALF) ^ c1 ^ k0,
            product1 & _WORD,
            (product0 >> _HALF) ^ c3 ^ k1,
            product0 & _WORD,
        )
        k0 = (k0 + np.uint64(0x9E3779B9)) & _WORD
        k1 = (k1 + np.uint64(0xBB67AE85)) & _WORD
    return c0, c1, c2, c3


@njit(error_model="numpy", forceinline=True)
def normals(stream, pair, region):
    """Four standard normals, by Box and Muller (1958): E and I of the even step, then of the odd.

    stream: Stream; pair: step // 2; region: its number, or a Vector of them (uint64).
    """
    none = region & np.uint64(0)  # makes Vectors of the numbers if regions are one
    counter = region, none + np.uint64(pair), none + stream.replicate, none + stream.role
    words = philox(*counter, stream.seed & _WORD, stream.seed >> _HALF)
    even, odd = radii(words[0], words[2])
    cos_even, sin_even = cos_sin_turns(words[1])
    cos_odd, sin_odd = cos_sin_turns(words[3])
    return even * cos_even, even * sin_even, odd * cos_odd, odd * sin_odd


@njit(error_model="numpy", forceinline=True)
def ornstein_uhlenbeck(step, n_steps, padded, state, decay, scale, mean, stream, inputs):
    """Advance the noise by n_steps; inputs[s] is its value after step + s + 1 updates.

    state: (2, padded regions), the values now, changed in place; decay, scale, mean: as in Noise;
    inputs: (steps, 2, padded regions); all pointers.
    """
    for i in range(0, padded, LANES):
        x = load(state, i)
        y = load(state, padded + i)
        mean_x = load(mean, i)
        mean_y = load(mean, padded + i)
        keep = load(decay, i)
        spread = load(scale, i)
        region = ascending(np.uint64(i))
        for pair in range(step // 2, (step + n_steps + 1) // 2):
            z = normals(stream, pair, region)
            s = 2 * pair - step
            if s >= 0:
                x = (mean_x + (x - mean_x) * keep) + spread * z[0]
                y = (mean_y + (y - mean_y) * keep) + spread * z[1]
                store(inputs, 2 * s * padded + i, x)
                store(inputs, (2 * s + 1) * padded + i, y)
            if s + 1 < n_steps:
                x = (mean_x + (x - mean_x) * keep) + spread * z[2]
                y = (mean_y + (y - mean_y) * keep) + spread * z[3]
                store(inputs, (2 * s + 2) * padded + i, x)
                store(inputs, (2 * s + 3) * padded + i, y)
        store(state, i, x)
        store(state, padded + i, y)
