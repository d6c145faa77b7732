"""The delay-coupled Wilson-Cowan network, integrated step by step on plain arrays.

For region i, populations E and I, step dt (Wilson & Cowan 1972, Biophys J 12:1, with diffusive or
additive delayed coupling):

    c_i = sum_j W_ij rE_j(t - d_ij) - L_i rE_i(t)
    tau_E rE' = -rE + (1 - r rE) F_E(wEE rE - wIE rI + c + x_E)
    tau_I rI' = -rI + (1 - r rI) F_I(wEI rE - wII rI + x_I)
    F(u) = sigmoid(a (u - theta)) - sigmoid(-a theta)

with W the weights times the coupling strength and L their row sums (diffusive) or zero (additive).
The integrator is exponential Euler on the diagonal, x <- x + dt phi(dt J) f with J = df/dx, the
coupling c held constant, and phi(z) = (exp(z) - 1) / z. The inputs x_E, x_I are either given or
Ornstein-Uhlenbeck noise, x <- m + (x - m) exp(-dt / tau) + sigma sqrt(dt / tau) z, with z from a
counter-based generator.

How it is fast, and why the bits never depend on machine, chunk or batch:

- Every delay of at least 31 (or 7) steps lets the coupling of the next 32 (or 8) steps be summed in
  one go, because nothing it needs is in the future: contiguous multiply-adds over a source's past.
  A pair belongs to one class, far, near or next, by its delay alone, and each class is summed over
  ascending sources. So the order of additions is a property of the connectome, not of the chunk.
- exp, log, sine and cosine are branch-free polynomials in plain arithmetic. They vectorise, and
  they are the same on every machine, which the C library's are not.
- No fastmath and no fused multiply-add: LLVM may then only reorder what keeps the bits.
- A normal number is a function of (seed, role, replicate, region, population, step) alone.

Everything compiled lives in this one file and reads no switches: Numba's on-disk cache looks at
nothing else when it decides whether a compiled function is still current.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

BLOCK = 32  # steps per far block: four 512-bit vectors of doubles
SUBBLOCK = 8  # steps per near block, and regions per vector; arrays over regions are padded to it

# Rows of the parameter table (row, padded region). Scalars are repeated over the regions.
PARAMETERS = (
    *("dt_over_tau_E", "a_E", "theta_E", "offset_E", "wEE", "wIE"),
    *("dt_over_tau_I", "a_I", "theta_I", "offset_I", "wEI", "wII"),
    *("r", "leak"),
)
_DT_E, _A_E, _THETA_E, _OFFSET_E, _W_EE, _W_IE = range(6)
_DT_I, _A_I, _THETA_I, _OFFSET_I, _W_EI, _W_II = range(6, 12)
_R, _LEAK = range(12, 14)


class Coupling(NamedTuple):
    """Weights and delays, laid out for `advance`: see `simulation.lay_out_coupling`.

    A pair's offset is source * row + longest - delay: where the source's value of ``delay`` steps
    ago stands in the flat past when the present stands at ``longest`` in each row.
    Sources ascend within a target; ``*_first`` says where a target's pairs start.
    """

    longest: int  # the longest delay in steps
    far_first: np.ndarray  # (tiles * regions + 1,) tile by tile of sources, target by target
    far_offsets: np.ndarray  # (far pairs,) uint32
    far_weights: np.ndarray  # (far pairs,)
    near_first: np.ndarray  # (regions + 1,)
    near_offsets: np.ndarray  # (near pairs,) uint32
    near_weights: np.ndarray  # (near pairs,)
    next_first: np.ndarray  # (padded regions / 8 + 1,)
    next_offsets: np.ndarray  # (runs,) uint32: a source and a delay for eight targets
    next_weights: np.ndarray  # (runs * 8,), zero for a target without this source and delay


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

    past: np.ndarray  # (regions * row,) rE, region by region, the present at clock[1] in each row
    inhibition: np.ndarray  # (padded regions,) rI
    noise: np.ndarray  # (2, padded regions) x_E and x_I
    clock: np.ndarray  # (2,) int64: steps done, position of the present in a row


@intrinsic
def _bits(typingctx, value):
    """The 64 bits of a double as an unsigned integer."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), codegen


@intrinsic
def _double(typingctx, bits):
    """The double with these 64 bits."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), codegen


def _weighted_sum(width, one_weight_a_run):
    """An intrinsic: the weighted sum of many runs of ``width`` consecutive doubles.

    It adds to total[start : start + width], for k = first..last-1 in this order,

        weights[k] * values[offsets[k] + shift :][:width]               one weight a run, or
        weights[k * width :][:width] * values[offsets[k] + shift]       one value a run

    A plain loop gives the same bits, but LLVM keeps its running sum in memory. Here the sum is one
    vector value, which stays in registers, so that a multiply-add costs one (unaligned) load.
    """

    @intrinsic
    def weighted_sum(typingctx, values, shift, offsets, weights, first, last, total, start):
        def codegen(context, builder, signature, arguments):
            values, shift, offsets, weights, first, last, total, start = arguments
            values, offsets, weights, total = (
                context.make_array(signature.args[k])(context, builder, array).data
                for k, array in ((0, values), (2, offsets), (3, weights), (6, total))
            )
            vector = ir.VectorType(ir.DoubleType(), width)
            every_lane = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
            undefined = ir.Constant(vector, ir.Undefined)

            def load(data, index):
                return builder.load(builder.gep(data, [index]))

            def run(data, index):
                return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())

            def spread(number):
                one = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
                return builder.shuffle_vector(one, undefined, every_lane)

            running = cgutils.alloca_once(builder, vector)  # LLVM turns this into registers
            builder.store(builder.load(run(total, start), align=8), running)
            step = ir.Constant(first.type, 1)
            with cgutils.for_range_slice(builder, first, last, step, inc=True) as (k, _):
                place = builder.add(builder.zext(load(offsets, k), shift.type), shift)
                if one_weight_a_run:
                    number, numbers = load(weights, k), run(values, place)
                else:
                    rows = builder.mul(k, ir.Constant(k.type, width))
                    number, numbers = load(values, place), run(weights, rows)
                product = builder.fmul(spread(number), builder.load(numbers, align=8))
                builder.store(builder.fadd(builder.load(running), product), running)
            builder.store(builder.load(running), run(total, start), align=8)
            return context.get_dummy_value()

        integer = types.intp
        return types.void(
            values, integer, offsets, weights, integer, integer, total, integer
        ), codegen

    return weighted_sum


_sum_block = _weighted_sum(BLOCK, one_weight_a_run=True)
_sum_subblock = _weighted_sum(SUBBLOCK, one_weight_a_run=True)
_sum_targets = _weighted_sum(SUBBLOCK, one_weight_a_run=False)


# --- elementary functions -------------------------------------------------------------------------

_MAGIC = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer in the low bits
_LOG2_E = 1.4426950408889634
_LN2_HIGH = 0.6931471803691238  # ln 2 in two parts: the first times a small integer is exact
_LN2_LOW = 1.9082149292705877e-10


@njit(error_model="numpy", forceinline=True)
def _exp_parts(x):
    """exp(x) = scale * (1 + r * q): the power of two, the remainder, (exp(r) - 1) / r.

    Taylor to order 12 on |r| <= ln(2) / 2: the truncation error is below 1e-17.
    """
    x = -708.0 if x < -708.0 else x
    x = 708.0 if x > 708.0 else x
    shifted = x * _LOG2_E + _MAGIC
    power = shifted - _MAGIC
    r = (x - power * _LN2_HIGH) - power * _LN2_LOW
    scale = _double((_bits(shifted) + np.uint64(1023)) << np.uint64(52))
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r * (1.0 / 2.0)) + r2 * ((1.0 / 6.0) + r * (1.0 / 24.0))
    middle = ((1.0 / 120.0) + r * (1.0 / 720.0)) + r2 * ((1.0 / 5040.0) + r * (1.0 / 40320.0))
    high = ((1.0 / 362880.0) + r * (1.0 / 3628800.0)) + r2 * (
        (1.0 / 39916800.0) + r * (1.0 / 479001600.0)
    )
    q = low + r4 * (middle + r4 * (high + r4 * (1.0 / 6227020800.0)))
    return scale, r, q


@njit(error_model="numpy", forceinline=True)
def exp(x):
    """Natural exponential of a double; the argument is held within +-708."""
    scale, r, q = _exp_parts(x)
    return scale + scale * (r * q)


@njit(error_model="numpy", forceinline=True)
def expm1(x):
    """exp(x) - 1 without cancellation near zero; the argument is held within +-708."""
    scale, r, q = _exp_parts(x)
    return scale * (r * q) + (scale - 1.0)


@njit(error_model="numpy", forceinline=True)
def sigmoids(x, y):
    """1 / (1 + exp(-x)) and 1 / (1 + exp(-y)); arguments are held within +-300.

    Both share one division, 1 / a = b / (a b), because divisions take longest.
    """
    x = -300.0 if x < -300.0 else x
    y = -300.0 if y < -300.0 else y
    a = 1.0 + exp(-x)
    b = 1.0 + exp(-y)
    inverse = 1.0 / (a * b)
    return b * inverse, a * inverse


@njit(error_model="numpy", forceinline=True)
def phis(x, y):
    """phi(z) = (exp(z) - 1) / z, 1 at zero, of two numbers, which share one division.

    Their product must be a normal double, as it is for |z| from 1e-150 to 1e150.
    """
    a = 1.0 if x == 0.0 else x
    b = 1.0 if y == 0.0 else y
    inverse = 1.0 / (a * b)
    first = 1.0 if x == 0.0 else expm1(x) * (b * inverse)
    second = 1.0 if y == 0.0 else expm1(y) * (a * inverse)
    return first, second


@njit(error_model="numpy", forceinline=True)
def log(x):
    """Natural logarithm of a positive normal double, by 2 artanh((m - 1) / (m + 1))."""
    bits = _bits(x)
    # Take the mantissa m into [sqrt(1/2), sqrt(2)) and the rest as a whole power of two.
    exponent = (bits - np.uint64(0x3FE6A09E667F3BCD)) >> np.uint64(52)
    exponent = exponent & np.uint64(0xFFF)
    m = _double(bits - (exponent << np.uint64(52)))
    # A 12-bit two's complement number, read through the mantissa of 2^52 + 2^51.
    signed = (exponent ^ np.uint64(0x800)) | np.uint64(0x4330000000000000)
    power = _double(signed) - (4503599627370496.0 + 2048.0)
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    s4 = s2 * s2
    even = (1.0 / 3.0) + s4 * ((1.0 / 7.0) + s4 * ((1.0 / 11.0) + s4 * (1.0 / 15.0)))
    odd = (1.0 / 5.0) + s4 * ((1.0 / 9.0) + s4 * (1.0 / 13.0))
    tail = s2 * (even + s2 * odd)
    return power * _LN2_HIGH + (2.0 * s + (2.0 * s * tail + power * _LN2_LOW))


@njit(error_model="numpy", forceinline=True)
def cos_sin_turns(word):
    """Cosine and sine of 2 pi (word + 1/2) / 2^32 for a 32-bit word in a uint64."""
    quadrant = word >> np.uint64(30)
    within = (word & np.uint64(0x3FFFFFFF)) | np.uint64(0x4330000000000000)
    # The angle from the middle of its quadrant, within +-pi/4, so that short series do.
    x = (_double(within) - (4503599627370496.0 + 536870912.0) + 0.5) * (
        1.5707963267948966 / 1073741824.0
    )
    x2 = x * x
    sine = x + x * x2 * (
        -1.0 / 6.0
        + x2
        * (
            1.0 / 120.0
            + x2
            * (-1.0 / 5040.0 + x2 * (1.0 / 362880.0 + x2 * (-1.0 / 39916800.0 + x2 / 6227020800.0)))
        )
    )
    cosine = 1.0 + x2 * (
        -1.0 / 2.0
        + x2
        * (
            1.0 / 24.0
            + x2
            * (
                -1.0 / 720.0
                + x2
                * (
                    1.0 / 40320.0
                    + x2 * (-1.0 / 3628800.0 + x2 * (1.0 / 479001600.0 - x2 / 87178291200.0))
                )
            )
        )
    )
    # The middle of the first quadrant is 45 degrees: turn by it, then by whole quadrants.
    c = (cosine - sine) * 0.7071067811865476
    s = (cosine + sine) * 0.7071067811865476
    odd = (quadrant & np.uint64(1)) == np.uint64(1)
    first = s if odd else c
    second = c if odd else s
    first = -first if ((quadrant + np.uint64(1)) & np.uint64(2)) == np.uint64(2) else first
    second = -second if (quadrant & np.uint64(2)) == np.uint64(2) else second
    return first, second


# --- noise ----------------------------------------------------------------------------------------

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
def _radius(word):
    """sqrt(-2 ln u) for u = (word + 1/2) / 2^32: the length of a Gaussian pair."""
    u = (_double(word | np.uint64(0x4330000000000000)) - (4503599627370496.0 - 0.5)) * (
        1.0 / 4294967296.0
    )
    return np.sqrt(-2.0 * log(u))


@njit(error_model="numpy", nogil=True, cache=True)
def normals(seed, role, replicate, pair, z):
    """Standard normals for two consecutive steps, by Box and Muller (1958).

    seed, role, replicate: the stream; pair: step // 2. z: (4, regions), filled with
    E and I of the even step, E and I of the odd step.
    """
    k0 = np.uint64(seed) & _WORD
    k1 = np.uint64(seed) >> _HALF
    c1 = np.uint64(pair)
    c2 = np.uint64(replicate)
    c3 = np.uint64(role)
    for region in range(z.shape[1]):
        w0, w1, w2, w3 = philox(np.uint64(region), c1, c2, c3, k0, k1)
        radius = _radius(w0)
        cosine, sine = cos_sin_turns(w1)
        z[0, region] = radius * cosine
        z[1, region] = radius * sine
        radius = _radius(w2)
        cosine, sine = cos_sin_turns(w3)
        z[2, region] = radius * cosine
        z[3, region] = radius * sine


@njit(error_model="numpy", forceinline=True)
def _ornstein_uhlenbeck(step, n_steps, state, noise, stream, z, inputs):
    """Advance the noise by n_steps; inputs[s] is its value after step + s + 1 updates.

    state: (2, regions), the values now, changed in place. inputs: (steps, 2, regions).
    """
    for s in range(n_steps):
        odd = (step + s) % 2
        if s == 0 or odd == 0:
            normals(stream.seed, stream.role, stream.replicate, (step + s) // 2, z)
        for population in range(2):
            for i in range(state.shape[1]):
                mean = noise.mean[population, i]
                value = mean + (state[population, i] - mean) * noise.decay[i]
                value = value + noise.scale[i] * z[2 * odd + population, i]
                state[population, i] = value
                inputs[s, population, i] = value


# --- the network ----------------------------------------------------------------------------------


@njit(error_model="numpy", forceinline=True)
def _node(x, y, coupling, input_E, input_I, p, i):
    """One exponential Euler step of both populations of region i.

    x, y: rE and rI; coupling: sum_j W_ij rE_j(t - d_ij); p: the parameter table. Returns rE, rI.
    """
    u = p[_W_EE, i] * x - p[_W_IE, i] * y + (coupling - p[_LEAK, i] * x) + input_E
    v = p[_W_EI, i] * x - p[_W_II, i] * y + input_I
    s_E, s_I = sigmoids(p[_A_E, i] * (u - p[_THETA_E, i]), p[_A_I, i] * (v - p[_THETA_I, i]))
    f_E = s_E - p[_OFFSET_E, i]
    f_I = s_I - p[_OFFSET_I, i]
    slope_E = p[_A_E, i] * s_E * (1.0 - s_E) * p[_W_EE, i]
    slope_I = p[_A_I, i] * s_I * (1.0 - s_I) * p[_W_II, i]
    room_E = 1.0 - p[_R, i] * x
    room_I = 1.0 - p[_R, i] * y
    # dt times the derivative of each rate's own equation by that rate: I inhibits itself.
    z_E = p[_DT_E, i] * (room_E * slope_E - (1.0 + p[_R, i] * f_E))
    z_I = p[_DT_I, i] * (-room_I * slope_I - (1.0 + p[_R, i] * f_I))
    phi_E, phi_I = phis(z_E, z_I)
    x = x + p[_DT_E, i] * phi_E * (room_E * f_E - x)
    y = y + p[_DT_I, i] * phi_I * (room_I * f_I - y)
    return x, y


@njit(error_model="numpy", forceinline=True)
def _sum_far(past, shift, coupling, far, drive):
    """Set the coupling of the next 32 steps, drive (32, padded regions), to that of far pairs.

    shift: what the present's place in a row is beyond the longest delay. far: (regions * 32,),
    scratch. Tile by tile of sources, so that a tile's past stays in the cache for all targets.
    """
    n_regions = coupling.near_first.shape[0] - 1
    far[:] = 0.0
    for k in range(coupling.far_first.shape[0] - 1):
        first, last = coupling.far_first[k], coupling.far_first[k + 1]
        place = k % n_regions * BLOCK
        _sum_block(past, shift, coupling.far_offsets, coupling.far_weights, first, last, far, place)
    for i in range(n_regions):
        for s in range(BLOCK):
            drive[s, i] = far[i * BLOCK + s]


@njit(error_model="numpy", forceinline=True)
def _sum_near(past, shift, coupling, near, drive, step):
    """Add the coupling of near pairs to the eight steps of drive from ``step`` on.

    near: (8,), scratch.
    """
    for i in range(coupling.near_first.shape[0] - 1):
        first, last = coupling.near_first[i], coupling.near_first[i + 1]
        near[:] = 0.0
        _sum_subblock(
            past, shift, coupling.near_offsets, coupling.near_weights, first, last, near, 0
        )
        for k in range(SUBBLOCK):
            drive[step + k, i] += near[k]


@njit(error_model="numpy", forceinline=True)
def _sum_next(past, shift, coupling, drive, step):
    """Add the coupling of pairs with the shortest delays to one step of drive."""
    padded = drive.shape[1]
    flat = drive.reshape(-1)
    for k in range(padded // SUBBLOCK):
        first, last = coupling.next_first[k], coupling.next_first[k + 1]
        place = step * padded + k * SUBBLOCK
        _sum_targets(
            past, shift, coupling.next_offsets, coupling.next_weights, first, last, flat, place
        )


@njit(error_model="numpy", nogil=True, cache=True)
def advance(state, coupling, parameters, noise, stream, given, every, n_steps, out):
    """Advance the network by n_steps and record rE.

    state: State, changed in place; a later call goes on from it with the same bits as one long
        call would give.
    coupling: Coupling; parameters: (len(PARAMETERS), padded regions).
    noise, stream: Noise and Stream, used where ``given`` is empty.
    given: (n_steps, 2, regions), prescribed x_E and x_I of each step, or (0, 0, 0).
    every: record the state after every that many steps of this call.
    out: (n_steps // every, regions), filled; or (0, 0) to record nothing.
    """
    past = state.past
    inhibition = state.inhibition
    padded = inhibition.shape[0]
    n_regions = coupling.near_first.shape[0] - 1
    row = past.shape[0] // n_regions
    longest = coupling.longest
    has_near = coupling.near_offsets.shape[0] > 0
    has_next = coupling.next_offsets.shape[0] > 0

    far = np.empty(n_regions * BLOCK)
    near = np.empty(SUBBLOCK)
    drive = np.zeros((BLOCK, padded))
    inputs = np.zeros((BLOCK, 2, padded))
    z = np.empty((4, padded))
    excitation = np.zeros(padded)
    step = state.clock[0]
    position = state.clock[1]
    for i in range(n_regions):
        excitation[i] = past[i * row + position]
    since_record = 0
    recorded = 0
    done = 0
    while done < n_steps:
        length = min(BLOCK, n_steps - done)
        if position + BLOCK >= row:  # the end of the rows: slide what is still needed to the start
            for i in range(n_regions):
                for k in range(longest + 1):
                    past[i * row + k] = past[i * row + position - longest + k]
            position = longest
        if given.shape[0] > 0:
            for s in range(length):
                for population in range(2):
                    for i in range(n_regions):
                        inputs[s, population, i] = given[done + s, population, i]
        else:
            _ornstein_uhlenbeck(step, length, state.noise, noise, stream, z, inputs)

        _sum_far(past, position - longest, coupling, far, drive)
        for s in range(length):
            if has_near and s % SUBBLOCK == 0:
                _sum_near(past, position - longest, coupling, near, drive, s)
            if has_next:
                _sum_next(past, position - longest, coupling, drive, s)
            for i in range(padded):
                excitation[i], inhibition[i] = _node(
                    excitation[i],
                    inhibition[i],
                    drive[s, i],
                    inputs[s, 0, i],
                    inputs[s, 1, i],
                    parameters,
                    i,
                )
            position += 1
            for i in range(n_regions):
                past[i * row + position] = excitation[i]
            since_record += 1
            if since_record == every:
                since_record = 0
                if out.shape[0] > 0:
                    for i in range(n_regions):
                        out[recorded, i] = excitation[i]
                recorded += 1
        step += length
        done += length
    state.clock[0] = step
    state.clock[1] = position


# --- sums of products -----------------------------------------------------------------------------


@njit(error_model="numpy", nogil=True, cache=True)
def add_product(a, b, total):
    """Add the matrix product of a and b to total, each element summed over ascending k.

    A linear algebra library picks its order of additions, and so the last bits, by the machine and
    the number of threads; this does not.

    a: (m, k); b: (k, n); total: (m, n), changed in place; all C-contiguous doubles, n a multiple
    of 32.
    """
    n_terms, width = b.shape
    tile = 64  # of b's rows: 64 x 32 doubles fit the first-level cache
    offsets = (np.arange(n_terms) * width).astype(np.uint32)
    a = a.reshape(-1)
    b = b.reshape(-1)
    rows = total.shape[0]
    total = total.reshape(-1)
    for column in range(0, width, BLOCK):
        for first in range(0, n_terms, tile):
            last = min(first + tile, n_terms)
            for i in range(rows):
                _sum_block(
                    b,
                    column,
                    offsets[first:last],
                    a[i * n_terms + first : i * n_terms + last],
                    0,
                    last - first,
                    total,
                    i * width + column,
                )


def padded_columns(matrix):
    """The matrix (m, n) with zero columns added, up to a width that `add_product` takes."""
    m, n = matrix.shape
    wide = np.zeros((m, -(-n // BLOCK) * BLOCK))
    wide[:, :n] = matrix
    return wide
