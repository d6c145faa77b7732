"""The network's step, and many of them: `advance`.

Inner functions get pointers, not arrays: Numba counts the references to an array whenever it is
handed on, and that takes longer than many of the loops here. Indices are not checked.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from restmeg.core.cache import compiled_once, filling
from restmeg.core.elementary import phi, phis, sigmoids
from restmeg.core.layout import (
    BLOCK,
    LATEST,
    PARAMETERS,
    SUBBLOCK,
    Coupling,
    Noise,
    Pairs,
    State,
    Stream,
    aligned,
    lay_out_coupling,
    padded_regions,
)
from restmeg.core.noise import ornstein_uhlenbeck
from restmeg.core.vectors import any_lane, at, choose, data, gather, load, onward, store, transpose

_DT_E, _BIAS_E, _SELF_E, _CROSS_E, _GAIN_E, _OFFSET_E, _SLOPE_E = range(7)
_DT_I, _BIAS_I, _SELF_I, _CROSS_I, _GAIN_I, _OFFSET_I, _SLOPE_I = range(7, 14)
_R = 14  # rows of layout.PARAMETERS


class _Scratch(NamedTuple):
    """What `advance` works on, and nobody needs afterwards."""

    sums: np.ndarray  # (padded regions, BLOCK) the coupling of the block at hand, by region
    drive: np.ndarray  # (SUBBLOCK, padded regions) that of the sub-block at hand, by step
    inputs: np.ndarray  # (SUBBLOCK, 2, padded regions) x_E and x_I
    activation: np.ndarray  # (2, padded regions) sigmoids
    x: np.ndarray  # (LATEST + 1 + SUBBLOCK, padded regions) rE; row LATEST is the present
    y: np.ndarray  # (1 + SUBBLOCK, padded regions) rI; row 0 is the present


@njit(error_model="numpy", forceinline=True)
def _sum_block(values, offsets, weights, first, last, total):
    """Add weights[k] values[offsets[k] :][:32] for k = first..last-1, in this order, to total[:32].

    The running sums stay in registers: a multiply-add costs one (unaligned) load.
    """
    a = load(total, 0)
    b = load(total, 8)
    c = load(total, 16)
    d = load(total, 24)
    for k in range(first, last):
        place = at(offsets, k)
        weight = at(weights, k)
        a = a + weight * load(values, place)
        b = b + weight * load(values, place + 8)
        c = c + weight * load(values, place + 16)
        d = d + weight * load(values, place + 24)
    store(total, 0, a)
    store(total, 8, b)
    store(total, 16, c)
    store(total, 24, d)


@njit(error_model="numpy", forceinline=True)
def _sum_far(past, pairs, n_lists, n_regions, sums):
    """Add the coupling of the next 32 steps over far pairs to sums (padded regions, 32).

    past: from where the offsets count. Tile by tile of sources, so that a tile's past stays in the
    cache for all targets.
    """
    for tile in range(0, n_lists, n_regions):
        for i in range(n_regions):
            first, last = at(pairs.first, tile + i), at(pairs.first, tile + i + 1)
            _sum_block(past, pairs.offsets, pairs.weights, first, last, onward(sums, i * BLOCK))


@njit(error_model="numpy", forceinline=True)
def _sum_near(past, pairs, n_regions, sums):
    """Go on with the sums of eight steps, (regions, 32) from one of its columns on."""
    for i in range(n_regions):
        first, last = at(pairs.first, i), at(pairs.first, i + 1)
        if first < last:
            running = load(sums, i * BLOCK)
            for k in range(first, last):
                running = running + at(pairs.weights, k) * load(past, at(pairs.offsets, k))
            store(sums, i * BLOCK, running)


@njit(error_model="numpy", forceinline=True)
def _sum_next(recent, shared, single, padded, drive):
    """Go on with the sums of one step, drive (padded regions,), over the shortest delays.

    recent: the latest rates, step by step, from where the offsets count. Targets that share a
    source and a delay share a read; the others would fill memory with weights of zero that way.
    A weight of zero here and there makes a NaN spread further than it must, but no farther than to
    activity that is refused anyway.
    """
    for group in range(padded // SUBBLOCK):
        first, last = at(shared.first, group), at(shared.first, group + 1)
        start, end = at(single.first, group), at(single.first, group + 1)
        if first < last or start < end:
            running = load(drive, group * SUBBLOCK)
            for k in range(first, last):
                rate = at(recent, at(shared.offsets, k))
                running = running + rate * load(shared.weights, k * SUBBLOCK)
            for k in range(start * SUBBLOCK, end * SUBBLOCK, SUBBLOCK):
                rates = gather(recent, single.offsets, k)
                running = running + rates * load(single.weights, k)
            store(drive, group * SUBBLOCK, running)


@njit(error_model="numpy", forceinline=True)
def _activate(x, y, drive, input_E, input_I, p, padded):
    """The sigmoids of both populations of eight regions.

    x, y: rE and rI; drive: sum_j W_ij rE_j(t - d_ij); p: their column in the parameter table.
    """
    w_E = load(p, _BIAS_E * padded) + load(p, _SELF_E * padded) * x
    w_E = w_E + load(p, _CROSS_E * padded) * y + load(p, _GAIN_E * padded) * (drive + input_E)
    w_I = load(p, _BIAS_I * padded) + load(p, _SELF_I * padded) * y
    w_I = w_I + load(p, _CROSS_I * padded) * x + load(p, _GAIN_I * padded) * input_I
    return sigmoids(w_E, w_I)


@njit(error_model="numpy", forceinline=True)
def _linearise(x, s, r, dt_over_tau, offset, slope):
    """One population: dt J and dt f of x' = f(x), J = df/dx, from its rate x and its sigmoid s."""
    transfer = s - offset
    room = 1.0 - r * x
    dt_J = room * slope * (s * (1.0 - s)) - dt_over_tau * (1.0 + r * transfer)
    return dt_J, dt_over_tau * (room * transfer - x)


@njit(error_model="numpy", forceinline=True)
def _drift(x, s, r, dt_over_tau, offset):
    """One population: dt f of x' = f(x), from its rate x and its sigmoid s."""
    return dt_over_tau * ((1.0 - r * x) * (s - offset) - x)


@njit(error_model="numpy", forceinline=True)
def _step_nodes(x, y, drive, inputs, parameters, activation, padded):
    """One exponential Euler step of all regions, from rates x, y to those a row after them.

    drive: (padded regions,), the coupling; inputs: (2, padded regions), x_E and x_I; activation:
    (2, padded regions), scratch. Two short loops, because a processor overlaps the iterations of
    short ones.
    """
    for i in range(0, padded, SUBBLOCK):
        s_E, s_I = _activate(
            load(x, i),
            load(y, i),
            load(drive, i),
            load(inputs, i),
            load(inputs, padded + i),
            onward(parameters, i),
            padded,
        )
        store(activation, i, s_E)
        store(activation, padded + i, s_I)
    for i in range(0, padded, SUBBLOCK):
        p = onward(parameters, i)
        r = load(p, _R * padded)
        rate_E = load(x, i)
        rate_I = load(y, i)
        z_E, f_E = _linearise(
            rate_E,
            load(activation, i),
            r,
            load(p, _DT_E * padded),
            load(p, _OFFSET_E * padded),
            load(p, _SLOPE_E * padded),
        )
        z_I, f_I = _linearise(
            rate_I,
            load(activation, padded + i),
            r,
            load(p, _DT_I * padded),
            load(p, _OFFSET_I * padded),
            load(p, _SLOPE_I * padded),
        )
        phi_E, phi_I = phis(z_E, z_I)
        # Rare: a step that is long for the time constant and the slope of a region.
        long = z_E * z_E + z_I * z_I > 1.0
        if any_lane(long):
            phi_E = choose(long, phi(z_E), phi_E)
            phi_I = choose(long, phi(z_I), phi_I)
        store(x, padded + i, rate_E + phi_E * f_E)
        store(y, padded + i, rate_I + phi_I * f_I)


@njit(error_model="numpy", forceinline=True)
def _step_nodes_twice(x, y, drive, inputs, parameters, drift, fresh, padded):
    """One step of Adams and Bashforth's second order of all regions: x + dt (3 f - f before) / 2.

    drift: (2, padded regions), dt f of the step before, replaced; fresh: there was none, and the
    step is one of Euler's. The others: as of `_step_nodes`.
    """
    for i in range(0, padded, SUBBLOCK):
        p = onward(parameters, i)
        r = load(p, _R * padded)
        rate_E = load(x, i)
        rate_I = load(y, i)
        input_E, input_I = load(inputs, i), load(inputs, padded + i)
        s_E, s_I = _activate(rate_E, rate_I, load(drive, i), input_E, input_I, p, padded)
        f_E = _drift(rate_E, s_E, r, load(p, _DT_E * padded), load(p, _OFFSET_E * padded))
        f_I = _drift(rate_I, s_I, r, load(p, _DT_I * padded), load(p, _OFFSET_I * padded))
        if fresh:
            store(drift, i, f_E)
            store(drift, padded + i, f_I)
        store(x, padded + i, rate_E + (1.5 * f_E - 0.5 * load(drift, i)))
        store(y, padded + i, rate_I + (1.5 * f_I - 0.5 * load(drift, padded + i)))
        store(drift, i, f_E)
        store(drift, padded + i, f_I)


@njit(error_model="numpy", forceinline=True)
def _pointers(pairs):
    return Pairs(data(pairs.first), data(pairs.offsets), data(pairs.weights))


@compiled_once
def _advance(
    state, coupling, parameters, noise, stream, given, every, n_steps, out, second_order, scratch
):
    padded = state.inhibition.shape[0]
    row = state.past.shape[0] // padded
    n_regions = coupling.n_regions
    longest = coupling.longest
    n_lists = coupling.far.first.shape[0] - 1
    past, x, y = data(state.past), data(scratch.x), data(scratch.y)
    sums, drive, inputs = data(scratch.sums), data(scratch.drive), data(scratch.inputs)
    far_pairs, near_pairs = _pointers(coupling.far), _pointers(coupling.near)
    shared, single = _pointers(coupling.shared), _pointers(coupling.single)
    noise_state, mean = data(state.noise), data(noise.mean)
    decay, scale = data(noise.decay), data(noise.scale)
    table, activation, drift = data(parameters), data(scratch.activation), data(state.drift)

    step = state.clock[0]
    position = state.clock[1]
    for i in range(padded):
        for k in range(LATEST + 1):
            scratch.x[k, i] = state.past[i * row + position - LATEST + k]
        scratch.y[0, i] = state.inhibition[i]
    since_record = 0
    recorded = 0
    done = 0
    while done < n_steps:
        length = min(BLOCK, n_steps - done)
        if position + BLOCK >= row:  # the end of the rows: slide what is still needed to the start
            for i in range(padded):
                for k in range(longest + 1):
                    state.past[i * row + k] = state.past[i * row + position - longest + k]
            position = longest
        scratch.sums[:] = 0.0
        _sum_far(onward(past, position - longest), far_pairs, n_lists, n_regions, sums)
        for first in range(0, length, SUBBLOCK):
            # As few steps at a time as can be, so that all of this stays in the cache.
            n = min(SUBBLOCK, length - first)
            if given.shape[0] > 0:
                for k in range(n):
                    for i in range(n_regions):
                        scratch.inputs[k, 0, i] = given[done + first + k, 0, i]
                        scratch.inputs[k, 1, i] = given[done + first + k, 1, i]
            else:
                ornstein_uhlenbeck(step, n, padded, noise_state, decay, scale, mean, stream, inputs)
            there = onward(past, position - longest)
            _sum_near(there, near_pairs, n_regions, onward(sums, first))
            for i in range(0, padded, SUBBLOCK):
                transpose(sums, i * BLOCK + first, BLOCK, drive, i, padded)
            for k in range(n):
                _sum_next(onward(x, k * padded), shared, single, padded, onward(drive, k * padded))
                x_now, y_now = onward(x, (LATEST + k) * padded), onward(y, k * padded)
                drive_now, inputs_now = onward(drive, k * padded), onward(inputs, 2 * k * padded)
                if second_order:
                    fresh = step + k == 0
                    _step_nodes_twice(
                        x_now, y_now, drive_now, inputs_now, table, drift, fresh, padded
                    )
                else:
                    _step_nodes(x_now, y_now, drive_now, inputs_now, table, activation, padded)
                since_record += 1
                if since_record == every:
                    since_record = 0
                    if out.shape[0] > 0:
                        for i in range(n_regions):
                            out[recorded, i] = scratch.x[LATEST + 1 + k, i]
                    recorded += 1
            # Eight steps of eight regions at a time into the past; what is beyond the last step is
            # not read before it is written again.
            for i in range(0, padded, SUBBLOCK):
                place = i * row + position + 1
                transpose(x, (LATEST + 1) * padded + i, padded, past, place, row)
            for i in range(0, (LATEST + 1) * padded, SUBBLOCK):
                store(x, i, load(x, n * padded + i))
            for i in range(0, padded, SUBBLOCK):
                store(y, i, load(y, n * padded + i))
            position += n
            step += n
        done += length
    for i in range(padded):
        state.inhibition[i] = scratch.y[0, i]
    state.clock[0] = step
    state.clock[1] = position


def advance(
    state: State,
    coupling: Coupling,
    parameters: np.ndarray,
    noise: Noise,
    stream: Stream,
    given: np.ndarray,
    every: int,
    n_steps: int,
    out: np.ndarray,
    second_order: bool = False,
) -> None:
    """Advance the network by n_steps and record rE.

    state: State, changed in place; a later call goes on from it with the same bits as one long
        call would give.
    coupling: Coupling; parameters: (len(PARAMETERS), padded regions).
    noise, stream: Noise and Stream, used where ``given`` is empty.
    given: (n_steps, 2, regions), prescribed x_E and x_I of each step, or (0, 0, 0).
    every: record the state after every that many steps of this call.
    out: (n_steps // every, regions), filled; or (0, 0) to record nothing.
    second_order: by Adams and Bashforth's method in place of exponential Euler.
    """
    padded = len(state.inhibition)
    scratch = _Scratch(
        sums=aligned(np.zeros((padded, BLOCK))),
        drive=aligned(np.zeros((SUBBLOCK, padded))),
        inputs=aligned(np.zeros((SUBBLOCK, 2, padded))),
        activation=aligned(np.zeros((2, padded))),
        x=aligned(np.zeros((LATEST + 1 + SUBBLOCK, padded))),
        y=aligned(np.zeros((1 + SUBBLOCK, padded))),
    )
    _advance(
        state,
        coupling,
        parameters,
        noise,
        stream,
        given,
        every,
        n_steps,
        out,
        second_order,
        scratch,
    )


def prepare() -> None:
    """Load the core from Numba's cache, or compile it for that.

    Of several processes that do not find it there, one compiles and the others wait for it.
    """
    coupling, row = lay_out_coupling(np.ones((2, 2)), np.ones((2, 2), np.int64))
    padded = padded_regions(2)
    state = State(
        past=np.zeros(padded * row),
        inhibition=np.zeros(padded),
        noise=np.zeros((2, padded)),
        drift=np.zeros((2, padded)),
        clock=np.array([0, coupling.longest]),
    )
    noise = Noise(np.zeros(padded), np.zeros(padded), np.zeros((2, padded)))
    parameters = np.zeros((len(PARAMETERS), padded))
    nothing = np.empty((0, 0, 0)), np.empty((0, 0), np.float32)
    with filling(_advance):
        stream = Stream(*np.zeros(3, np.uint64))
        advance(state, coupling, parameters, noise, stream, nothing[0], 1, 1, nothing[1])
