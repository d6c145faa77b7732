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
  Far pairs come first, then near ones, then those that are summed step by step, and ascending
  sources in each. So the order of additions is a property of the connectome, not of the chunk.
- Eight regions (or steps) are computed at a time, as Vectors: that is written in the types, not
  left to what a compiler sees in a loop. What a Vector does to a lane is what the same function
  does to a single number.
- exp, log, sine and cosine are branch-free polynomials and ratios of them in plain arithmetic:
  the same on every machine, which the C library's are not.
- No fastmath and no fused multiply-add: LLVM may then only reorder what keeps the bits.
- A normal number is a function of (seed, role, replicate, region, population, step) alone.

Everything compiled lives in this one file and reads no switches: Numba's on-disk cache looks at
nothing else when it decides whether a compiled function is still current.
"""

import contextlib
import hashlib
import operator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import __version__ as numba_version
from numba import njit, types
from numba.core import cgutils, config
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

BLOCK = 32  # steps per far block: four Vectors
SUBBLOCK = 8  # steps per near block, and lanes of a Vector; arrays over regions are padded to it
LATEST = SUBBLOCK - 2  # steps: longer delays are summed for eight or more steps at a time

# Rows of the parameter table (row, padded region). The sigmoid of a population is 1 / (1 + 2^w),
# w = bias + self (own rate) + cross (other rate) + gain (input), with gain = -a log2(e).
PARAMETERS = (
    *("dt_over_tau_E", "bias_E", "self_E", "cross_E", "gain_E", "offset_E", "slope_E"),
    *("dt_over_tau_I", "bias_I", "self_I", "cross_I", "gain_I", "offset_I", "slope_I"),
    "r",
)
_DT_E, _BIAS_E, _SELF_E, _CROSS_E, _GAIN_E, _OFFSET_E, _SLOPE_E = range(7)
_DT_I, _BIAS_I, _SELF_I, _CROSS_I, _GAIN_I, _OFFSET_I, _SLOPE_I = range(7, 14)
_R = 14


class Pairs(NamedTuple):
    """Pairs of regions with delays of one class, list by list, each list in a row."""

    first: np.ndarray  # (lists + 1,) int64: where each list starts, and where the last one ends
    offsets: np.ndarray  # uint32: where an entry is read
    weights: np.ndarray


class Coupling(NamedTuple):
    """Weights and delays, laid out for `advance`: see `simulation.lay_out_coupling`.

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
    clock: np.ndarray  # (2,) int64: steps done, position of the present in a row


class _Scratch(NamedTuple):
    """What `advance` works on, and nobody needs afterwards."""

    sums: np.ndarray  # (padded regions, BLOCK) the coupling of the block at hand, by region
    drive: np.ndarray  # (SUBBLOCK, padded regions) that of the sub-block at hand, by step
    inputs: np.ndarray  # (SUBBLOCK, 2, padded regions) x_E and x_I
    activation: np.ndarray  # (2, padded regions) sigmoids
    x: np.ndarray  # (LATEST + 1 + SUBBLOCK, padded regions) rE; row LATEST is the present
    y: np.ndarray  # (1 + SUBBLOCK, padded regions) rI; row 0 is the present


# --- eight numbers at a time ----------------------------------------------------------------------
#
# A Vector is what a 512-bit register holds; LLVM splits it where registers are shorter.


class Vector(types.Type):
    """Eight lanes of float64, uint64 or boolean."""

    def __init__(self, lane):
        """Take the type of a lane."""
        self.lane = lane
        super().__init__(name=f"Vector({lane})")


_LANE = {
    types.float64: ir.DoubleType(),
    types.uint64: ir.IntType(64),
    types.boolean: ir.IntType(1),
}


def _llvm(kind):
    """The LLVM type of a Vector or a number."""
    return ir.VectorType(_LANE[kind.lane], SUBBLOCK) if isinstance(kind, Vector) else _LANE[kind]


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        super().__init__(manager, vector, _llvm(vector))


def _spread(builder, number):
    """The number in all lanes."""
    undefined = ir.Constant(ir.VectorType(number.type, SUBBLOCK), ir.Undefined)
    one = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    every_lane = ir.Constant(ir.VectorType(ir.IntType(32), SUBBLOCK), [0] * SUBBLOCK)
    return builder.shuffle_vector(one, undefined, every_lane)


def _define(symbol, on_doubles, on_words, gives_mask=False):
    """Define an operator for two Vectors, or a Vector and a number.

    on_doubles, on_words: (builder, a, b) -> value.
    """

    @infer_global(symbol)
    class Template(AbstractTemplate):
        def generic(self, args, kws):
            vectors = [kind for kind in args if isinstance(kind, Vector)]
            if kws or not vectors:
                return None
            return signature(Vector(types.boolean) if gives_mask else vectors[0], *args)

    @lower_builtin(symbol, Vector, Vector)
    @lower_builtin(symbol, Vector, types.Number)
    @lower_builtin(symbol, types.Number, Vector)
    def lower(context, builder, signature, values):
        lane = next(kind.lane for kind in signature.args if isinstance(kind, Vector))
        a, b = (
            value
            if isinstance(kind, Vector)
            else _spread(builder, context.cast(builder, value, kind, lane))
            for kind, value in zip(signature.args, values, strict=True)
        )
        return (on_doubles if lane == types.float64 else on_words)(builder, a, b)


_define(operator.add, ir.IRBuilder.fadd, ir.IRBuilder.add)
_define(operator.sub, ir.IRBuilder.fsub, ir.IRBuilder.sub)
_define(operator.mul, ir.IRBuilder.fmul, ir.IRBuilder.mul)
_define(operator.truediv, ir.IRBuilder.fdiv, None)
_define(operator.and_, None, ir.IRBuilder.and_)
_define(operator.or_, None, ir.IRBuilder.or_)
_define(operator.xor, None, ir.IRBuilder.xor)
_define(operator.lshift, None, ir.IRBuilder.shl)
_define(operator.rshift, None, ir.IRBuilder.lshr)
# Nothing equals NaN, and it is neither above nor below anything: as for single numbers.
for _symbol, _sign, _compare in (
    (operator.lt, "<", ir.IRBuilder.fcmp_ordered),
    (operator.gt, ">", ir.IRBuilder.fcmp_ordered),
    (operator.ne, "!=", ir.IRBuilder.fcmp_unordered),
):
    _define(
        _symbol,
        lambda builder, a, b, sign=_sign, compare=_compare: compare(builder, sign, a, b),
        lambda builder, a, b, sign=_sign: builder.icmp_unsigned(sign, a, b),
        gives_mask=True,
    )


def _like(kind, lane):
    """The kind with another lane: a Vector for a Vector, a number for a number."""
    return Vector(lane) if isinstance(kind, Vector) else lane


@intrinsic
def _bits(typingctx, value):
    """The 64 bits of a double as an unsigned integer."""
    result = _like(value, types.uint64)

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], _llvm(result))

    return result(value), codegen


@intrinsic
def _double(typingctx, bits):
    """The double with these 64 bits."""
    result = _like(bits, types.float64)

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], _llvm(result))

    return result(bits), codegen


@intrinsic
def _choose(typingctx, condition, a, b):
    """a where the condition holds, else b."""
    result = _like(condition, types.float64)

    def codegen(context, builder, signature, arguments):
        condition, *values = arguments
        values = (
            _spread(builder, value) if kind != result else value
            for kind, value in zip((a, b), values, strict=True)
        )
        return builder.select(condition, *values)

    return result(condition, a, b), codegen


@intrinsic
def _sqrt(typingctx, x):
    """Square root, which IEEE 754 rounds correctly on every machine."""

    def codegen(context, builder, signature, arguments):
        name = "llvm.sqrt." + ("v8f64" if isinstance(x, Vector) else "f64")
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_llvm(x), [_llvm(x)]), name
        )
        return builder.call(function, arguments)

    return x(x), codegen


@intrinsic
def _any(typingctx, mask):
    """Whether a condition holds in any lane."""

    def codegen(context, builder, signature, arguments):
        (mask,) = arguments
        lanes = builder.bitcast(mask, ir.IntType(SUBBLOCK))
        return builder.icmp_unsigned("!=", lanes, ir.Constant(lanes.type, 0))

    return types.boolean(mask), codegen


@intrinsic
def _lanes(typingctx, first):
    """first, first + 1, ..., first + 7 as words."""

    def codegen(context, builder, signature, arguments):
        words = ir.VectorType(ir.IntType(64), SUBBLOCK)
        return builder.add(
            _spread(builder, arguments[0]), ir.Constant(words, list(range(SUBBLOCK)))
        )

    return Vector(types.uint64)(types.uint64), codegen


# Inner functions get pointers, not arrays: Numba counts the references to an array whenever it is
# handed on, and that takes longer than many of the loops here. Indices are not checked.


@intrinsic
def _data(typingctx, array):
    """A pointer to the first element of a C-contiguous array."""
    if array.layout != "C":
        raise TypingError(f"{array}: expected a C-contiguous array")

    def codegen(context, builder, signature, arguments):
        return context.make_array(array)(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def _from(typingctx, pointer, index):
    """A pointer to the element at an index."""

    def codegen(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.intp), codegen


@intrinsic
def _at(typingctx, pointer, index):
    """The number at an index; 32-bit words as int64."""
    result = types.int64 if pointer.dtype == types.uint32 else pointer.dtype

    def codegen(context, builder, signature, arguments):
        number = builder.load(builder.gep(arguments[0], [arguments[1]]))
        return context.cast(builder, number, pointer.dtype, result)

    return result(pointer, types.intp), codegen


def _eight_at(builder, pointer, index):
    vector = ir.VectorType(ir.DoubleType(), SUBBLOCK)
    return builder.bitcast(builder.gep(pointer, [index]), vector.as_pointer())


@intrinsic
def _load(typingctx, pointer, index):
    """The eight doubles from an index on."""

    def codegen(context, builder, signature, arguments):
        return builder.load(_eight_at(builder, *arguments), align=8)

    return Vector(types.float64)(pointer, types.intp), codegen


@intrinsic
def _gather(typingctx, pointer, offsets, index):
    """The eight doubles at the eight offsets (uint32) from an index on."""

    def codegen(context, builder, signature, arguments):
        pointer, offsets, index = arguments
        eight = ir.Constant(_llvm(result), ir.Undefined)
        for lane in range(SUBBLOCK):
            place = builder.add(index, ir.Constant(index.type, lane))
            offset = builder.zext(builder.load(builder.gep(offsets, [place])), index.type)
            number = builder.load(builder.gep(pointer, [offset]))
            eight = builder.insert_element(eight, number, ir.Constant(ir.IntType(32), lane))
        return eight

    result = Vector(types.float64)
    return result(pointer, offsets, types.intp), codegen


@intrinsic
def _store(typingctx, pointer, index, values):
    """Write eight doubles from an index on."""

    def codegen(context, builder, signature, arguments):
        builder.store(arguments[2], _eight_at(builder, *arguments[:2]), align=8)
        return context.get_dummy_value()

    return types.void(pointer, types.intp, values), codegen


@intrinsic
def _transpose(typingctx, source, start, stride, target, place, step):
    """Turn 8 x 8 doubles: target[place + k step + j] = source[start + j stride + k].

    In registers, in three rounds that each exchange what differs in one bit of row and column.
    """

    def codegen(context, builder, signature, arguments):
        source, start, stride, target, place, step = arguments

        def line(pointer, first, step, k):
            index = builder.add(first, builder.mul(step, ir.Constant(step.type, k)))
            return _eight_at(builder, pointer, index)

        def shuffle(first, second, lanes):
            lanes = ir.Constant(ir.VectorType(ir.IntType(32), SUBBLOCK), lanes)
            return builder.shuffle_vector(first, second, lanes)

        lanes = range(SUBBLOCK)
        rows = [builder.load(line(source, start, stride, k), align=8) for k in lanes]
        for bit in (1, 2, 4):
            low = [lane if not lane & bit else SUBBLOCK + lane - bit for lane in lanes]
            high = [lane + bit if not lane & bit else SUBBLOCK + lane for lane in lanes]
            rows = [shuffle(rows[k & ~bit], rows[k | bit], high if k & bit else low) for k in lanes]
        for k in lanes:
            builder.store(rows[k], line(target, place, step, k), align=8)
        return context.get_dummy_value()

    integer = types.intp
    return types.void(source, integer, integer, target, integer, integer), codegen


# --- elementary functions -------------------------------------------------------------------------

_MAGIC = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer in the low bits
LOG2_E = 1.4426950408889634
_LN2 = 0.6931471805599453
_LN2_HIGH = 0.6931471803691238  # ln 2 in two parts: the first times a small integer is exact
_LN2_LOW = 1.9082149292705877e-10


@njit(error_model="numpy", forceinline=True)
def _within(x, limit):
    """x held within +-limit; NaN stays."""
    x = _choose(x < -limit, -limit, x)
    return _choose(x > limit, limit, x)


@njit(error_model="numpy", forceinline=True)
def _exp_terms(r):
    """exp(r) = (even + r odd) / (even - r odd) for |r| <= 1: even, odd.

    r odd / even is the rational approximation of tanh(r / 2) with the smallest largest relative
    error of this order; it is below 1.2e-16. It takes half the operations of a polynomial for
    exp(r), and those who divide anyway get its division for nothing.
    """
    r2 = r * r
    even = 1.0 + r2 * (
        0.11362311601791195 + r2 * (0.0012612072994879857 + r2 * 1.4952760872685383e-06)
    )
    odd = 0.49999999999999994 + r2 * (0.015144891342292301 + r2 * 6.297381562893547e-05)
    return even, odd


@njit(error_model="numpy", forceinline=True)
def _power_of_two(shifted):
    """2^k from k + _MAGIC, for k from -1022 to 1023."""
    return _double((_bits(shifted) + np.uint64(1023)) << np.uint64(52))


@njit(error_model="numpy", forceinline=True)
def _sigmoid_terms(x):
    """1 / (1 + 2^x) as numerator and denominator; the argument is held within +-500."""
    x = _within(x, 500.0)
    shifted = x + _MAGIC
    r = (x - (shifted - _MAGIC)) * _LN2
    even, odd = _exp_terms(r)
    odd = r * odd
    numerator = even - odd
    return numerator, numerator + _power_of_two(shifted) * (even + odd)


@njit(error_model="numpy", forceinline=True)
def sigmoids(x, y):
    """1 / (1 + 2^x) and 1 / (1 + 2^y); arguments are held within +-500.

    Both share one division, 1 / a = b / (a b), because divisions take longest.
    """
    top_x, a = _sigmoid_terms(x)
    top_y, b = _sigmoid_terms(y)
    inverse = 1.0 / (a * b)
    return top_x * (b * inverse), top_y * (a * inverse)


@njit(error_model="numpy", forceinline=True)
def phis(x, y):
    """phi(z) = (exp(z) - 1) / z of two numbers within +-1, which share one division."""
    even_x, odd_x = _exp_terms(x)
    even_y, odd_y = _exp_terms(y)
    a = even_x - x * odd_x
    b = even_y - y * odd_y
    inverse = 2.0 / (a * b)
    return odd_x * (b * inverse), odd_y * (a * inverse)


@njit(error_model="numpy", forceinline=True)
def phi(z):
    """phi(z) = (exp(z) - 1) / z of any number, 1 at zero; the exponent is held within +-708."""
    x = _within(z, 708.0)
    shifted = x * LOG2_E + _MAGIC
    power = shifted - _MAGIC
    r = (x - power * _LN2_HIGH) - power * _LN2_LOW
    scale = _power_of_two(shifted)
    even, odd = _exp_terms(r)
    odd = r * odd
    # exp(x) - 1 = scale (even + odd) / (even - odd) - 1, without cancellation near zero
    top = (scale - 1.0) * even + (scale + 1.0) * odd
    return _choose(z != 0.0, top / ((even - odd) * z), 1.0)


_TO_DOUBLE = np.uint64(0x4330000000000000)  # or-ed with n < 2^52 it is the double 2^52 + n
_TWO_52 = 4503599627370496.0


@njit(error_model="numpy", forceinline=True)
def _log_terms(word):
    """u = (word + 1/2) / 2^32 = 2^k m with m in [sqrt(1/2), sqrt(2)): k and m."""
    bits = _bits(_double(word | _TO_DOUBLE) - (_TWO_52 - 0.5))
    # sqrt(1/8) makes the exponent of word = 0 zero, not negative.
    exponent = (bits - np.uint64(0x3FD6A09E667F3BCD)) >> np.uint64(52)
    m = _double(bits - (exponent << np.uint64(52)) + np.uint64(1 << 52))
    return _double(exponent | _TO_DOUBLE) - (_TWO_52 + 33.0), m


@njit(error_model="numpy", forceinline=True)
def _radius(k, s):
    """sqrt(-2 ln u) for ln u = k ln 2 + 2 artanh(s), |s| < 0.172.

    The polynomial's relative error is below 9e-12: a 32-bit word does not tell more.
    """
    s2 = s * s
    s4 = s2 * s2
    tail = (4.0000000000167191 + s2 * 1.3333333049497505) + s4 * (
        (0.8000076934475043 + s2 * 0.5707010207563263) + s4 * 0.47232718198291979
    )
    return _sqrt(-2.0 * _LN2 * k - s * tail)


@njit(error_model="numpy", forceinline=True)
def radii(x, y):
    """sqrt(-2 ln u), the length of a Gaussian pair, of two words; u = (word + 1/2) / 2^32."""
    k_x, m_x = _log_terms(x)
    k_y, m_y = _log_terms(y)
    # ln m = 2 artanh((m - 1) / (m + 1)); both share one division
    a = m_x + 1.0
    b = m_y + 1.0
    inverse = 1.0 / (a * b)
    return _radius(k_x, (m_x - 1.0) * (b * inverse)), _radius(k_y, (m_y - 1.0) * (a * inverse))


@njit(error_model="numpy", forceinline=True)
def cos_sin_turns(word):
    """Cosine and sine of 2 pi (word + 1/2) / 2^32 for a 32-bit word in a uint64.

    The polynomials' relative error is below 3e-11, a fraction of what a step of the word makes.
    """
    # The angle in turns from the nearest quarter turn, within +-1/8, so that short series do.
    turned = word + np.uint64(1 << 29)
    within = _double((turned & np.uint64((1 << 30) - 1)) | _TO_DOUBLE)
    t = ((within - (_TWO_52 + 536870912.0)) + 0.5) * (1.0 / 4294967296.0)
    t2 = t * t
    t4 = t2 * t2
    sine = t * (
        (6.2831853071524 + t2 * -41.341702153394905)
        + t4 * ((81.60520471104576 + t2 * -76.6978663502028) + t4 * 41.47283323950919)
    )
    cosine = (0.9999999999999444 + t2 * -19.739208801922548) + t4 * (
        (64.93939383134831 + t2 * -85.45676493719407)
        + t4 * (60.23818359301454 + t2 * -26.058123753882793)
    )
    odd = (turned & np.uint64(1 << 30)) != np.uint64(0)
    first = _choose(odd, sine, cosine)
    second = _choose(odd, cosine, sine)
    # Cosine is negative in the second and third quadrant, sine in the third and fourth.
    sign = np.uint64(1 << 31)
    minus_first = ((turned + np.uint64(1 << 30)) & sign) << np.uint64(32)
    minus_second = (turned & sign) << np.uint64(32)
    return _double(_bits(first) ^ minus_first), _double(_bits(second) ^ minus_second)


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
def _ornstein_uhlenbeck(step, n_steps, padded, state, decay, scale, mean, stream, inputs):
    """Advance the noise by n_steps; inputs[s] is its value after step + s + 1 updates.

    state: (2, padded regions), the values now, changed in place; decay, scale, mean: as in Noise;
    inputs: (steps, 2, padded regions); all pointers.
    """
    for i in range(0, padded, SUBBLOCK):
        x = _load(state, i)
        y = _load(state, padded + i)
        mean_x = _load(mean, i)
        mean_y = _load(mean, padded + i)
        keep = _load(decay, i)
        spread = _load(scale, i)
        region = _lanes(np.uint64(i))
        for pair in range(step // 2, (step + n_steps + 1) // 2):
            z = normals(stream, pair, region)
            s = 2 * pair - step
            if s >= 0:
                x = (mean_x + (x - mean_x) * keep) + spread * z[0]
                y = (mean_y + (y - mean_y) * keep) + spread * z[1]
                _store(inputs, 2 * s * padded + i, x)
                _store(inputs, (2 * s + 1) * padded + i, y)
            if s + 1 < n_steps:
                x = (mean_x + (x - mean_x) * keep) + spread * z[2]
                y = (mean_y + (y - mean_y) * keep) + spread * z[3]
                _store(inputs, (2 * s + 2) * padded + i, x)
                _store(inputs, (2 * s + 3) * padded + i, y)
        _store(state, i, x)
        _store(state, padded + i, y)


# --- the network ----------------------------------------------------------------------------------


@njit(error_model="numpy", forceinline=True)
def _sum_block(values, offsets, weights, first, last, total):
    """Add weights[k] values[offsets[k] :][:32] for k = first..last-1, in this order, to total[:32].

    The running sums stay in registers: a multiply-add costs one (unaligned) load.
    """
    a = _load(total, 0)
    b = _load(total, 8)
    c = _load(total, 16)
    d = _load(total, 24)
    for k in range(first, last):
        place = _at(offsets, k)
        weight = _at(weights, k)
        a = a + weight * _load(values, place)
        b = b + weight * _load(values, place + 8)
        c = c + weight * _load(values, place + 16)
        d = d + weight * _load(values, place + 24)
    _store(total, 0, a)
    _store(total, 8, b)
    _store(total, 16, c)
    _store(total, 24, d)


@njit(error_model="numpy", forceinline=True)
def _sum_far(past, pairs, n_lists, n_regions, sums):
    """Add the coupling of the next 32 steps over far pairs to sums (padded regions, 32).

    past: from where the offsets count. Tile by tile of sources, so that a tile's past stays in the
    cache for all targets.
    """
    for tile in range(0, n_lists, n_regions):
        for i in range(n_regions):
            first, last = _at(pairs.first, tile + i), _at(pairs.first, tile + i + 1)
            _sum_block(past, pairs.offsets, pairs.weights, first, last, _from(sums, i * BLOCK))


@njit(error_model="numpy", forceinline=True)
def _sum_near(past, pairs, n_regions, sums):
    """Go on with the sums of eight steps, (regions, 32) from one of its columns on."""
    for i in range(n_regions):
        first, last = _at(pairs.first, i), _at(pairs.first, i + 1)
        if first < last:
            running = _load(sums, i * BLOCK)
            for k in range(first, last):
                running = running + _at(pairs.weights, k) * _load(past, _at(pairs.offsets, k))
            _store(sums, i * BLOCK, running)


@njit(error_model="numpy", forceinline=True)
def _sum_next(recent, shared, single, padded, drive):
    """Go on with the sums of one step, drive (padded regions,), over the shortest delays.

    recent: the latest rates, step by step, from where the offsets count. Targets that share a
    source and a delay share a read; the others would fill memory with weights of zero that way.
    A weight of zero here and there makes a NaN spread further than it must, but no farther than to
    activity that is refused anyway.
    """
    for group in range(padded // SUBBLOCK):
        first, last = _at(shared.first, group), _at(shared.first, group + 1)
        start, end = _at(single.first, group), _at(single.first, group + 1)
        if first < last or start < end:
            running = _load(drive, group * SUBBLOCK)
            for k in range(first, last):
                rate = _at(recent, _at(shared.offsets, k))
                running = running + rate * _load(shared.weights, k * SUBBLOCK)
            for k in range(start * SUBBLOCK, end * SUBBLOCK, SUBBLOCK):
                rates = _gather(recent, single.offsets, k)
                running = running + rates * _load(single.weights, k)
            _store(drive, group * SUBBLOCK, running)


@njit(error_model="numpy", forceinline=True)
def _activate(x, y, drive, input_E, input_I, p, padded):
    """The sigmoids of both populations of eight regions.

    x, y: rE and rI; drive: sum_j W_ij rE_j(t - d_ij); p: their column in the parameter table.
    """
    w_E = _load(p, _BIAS_E * padded) + _load(p, _SELF_E * padded) * x
    w_E = w_E + _load(p, _CROSS_E * padded) * y + _load(p, _GAIN_E * padded) * (drive + input_E)
    w_I = _load(p, _BIAS_I * padded) + _load(p, _SELF_I * padded) * y
    w_I = w_I + _load(p, _CROSS_I * padded) * x + _load(p, _GAIN_I * padded) * input_I
    return sigmoids(w_E, w_I)


@njit(error_model="numpy", forceinline=True)
def _linearise(x, s, r, dt_over_tau, offset, slope):
    """One population: dt J and dt f of x' = f(x), J = df/dx, from its rate x and its sigmoid s."""
    transfer = s - offset
    room = 1.0 - r * x
    dt_J = room * slope * (s * (1.0 - s)) - dt_over_tau * (1.0 + r * transfer)
    return dt_J, dt_over_tau * (room * transfer - x)


@njit(error_model="numpy", forceinline=True)
def _step_nodes(x, y, drive, inputs, parameters, activation, padded):
    """One exponential Euler step of all regions, from rates x, y to those a row after them.

    drive: (padded regions,), the coupling; inputs: (2, padded regions), x_E and x_I; activation:
    (2, padded regions), scratch. Two short loops, because a processor overlaps the iterations of
    short ones.
    """
    for i in range(0, padded, SUBBLOCK):
        s_E, s_I = _activate(
            _load(x, i),
            _load(y, i),
            _load(drive, i),
            _load(inputs, i),
            _load(inputs, padded + i),
            _from(parameters, i),
            padded,
        )
        _store(activation, i, s_E)
        _store(activation, padded + i, s_I)
    for i in range(0, padded, SUBBLOCK):
        p = _from(parameters, i)
        r = _load(p, _R * padded)
        rate_E = _load(x, i)
        rate_I = _load(y, i)
        z_E, f_E = _linearise(
            rate_E,
            _load(activation, i),
            r,
            _load(p, _DT_E * padded),
            _load(p, _OFFSET_E * padded),
            _load(p, _SLOPE_E * padded),
        )
        z_I, f_I = _linearise(
            rate_I,
            _load(activation, padded + i),
            r,
            _load(p, _DT_I * padded),
            _load(p, _OFFSET_I * padded),
            _load(p, _SLOPE_I * padded),
        )
        phi_E, phi_I = phis(z_E, z_I)
        # Rare: a step that is long for the time constant and the slope of a region.
        long = z_E * z_E + z_I * z_I > 1.0
        if _any(long):
            phi_E = _choose(long, phi(z_E), phi_E)
            phi_I = _choose(long, phi(z_I), phi_I)
        _store(x, padded + i, rate_E + phi_E * f_E)
        _store(y, padded + i, rate_I + phi_I * f_I)


def _njit_cached(function):
    """Compile on the first call, and keep the result on disk where anything can be written.

    In a folder of its own for this source, Numba and processor: Numba's index and data of another
    version, found there by processes that start meanwhile, could be taken for each other's.
    """
    compiled = njit(error_model="numpy", nogil=True)(function)
    codegen = cpu_target.target_context.codegen()
    content = Path(__file__).read_bytes() + repr((numba_version, codegen.magic_tuple())).encode()
    # Numba raises if neither the package nor the home directory can be written, as in some images.
    with contextlib.suppress(RuntimeError):
        compiled.enable_caching()
        folder = Path(compiled.stats.cache_path, "core-" + hashlib.sha256(content).hexdigest()[:12])
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
        try:
            compiled.enable_caching()
        finally:
            config.CACHE_DIR = before
    return compiled


@njit(error_model="numpy", forceinline=True)
def _pointers(pairs):
    return Pairs(_data(pairs.first), _data(pairs.offsets), _data(pairs.weights))


@_njit_cached
def _advance(state, coupling, parameters, noise, stream, given, every, n_steps, out, scratch):
    padded = state.inhibition.shape[0]
    row = state.past.shape[0] // padded
    n_regions = coupling.n_regions
    longest = coupling.longest
    n_lists = coupling.far.first.shape[0] - 1
    past, x, y = _data(state.past), _data(scratch.x), _data(scratch.y)
    sums, drive, inputs = _data(scratch.sums), _data(scratch.drive), _data(scratch.inputs)
    far_pairs, near_pairs = _pointers(coupling.far), _pointers(coupling.near)
    shared, single = _pointers(coupling.shared), _pointers(coupling.single)
    noise_state, mean = _data(state.noise), _data(noise.mean)
    decay, scale = _data(noise.decay), _data(noise.scale)
    table, activation = _data(parameters), _data(scratch.activation)

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
        _sum_far(_from(past, position - longest), far_pairs, n_lists, n_regions, sums)
        for first in range(0, length, SUBBLOCK):
            # As few steps at a time as can be, so that all of this stays in the cache.
            n = min(SUBBLOCK, length - first)
            if given.shape[0] > 0:
                for k in range(n):
                    for i in range(n_regions):
                        scratch.inputs[k, 0, i] = given[done + first + k, 0, i]
                        scratch.inputs[k, 1, i] = given[done + first + k, 1, i]
            else:
                _ornstein_uhlenbeck(
                    step, n, padded, noise_state, decay, scale, mean, stream, inputs
                )
            there = _from(past, position - longest)
            _sum_near(there, near_pairs, n_regions, _from(sums, first))
            for i in range(0, padded, SUBBLOCK):
                _transpose(sums, i * BLOCK + first, BLOCK, drive, i, padded)
            for k in range(n):
                _sum_next(_from(x, k * padded), shared, single, padded, _from(drive, k * padded))
                _step_nodes(
                    _from(x, (LATEST + k) * padded),
                    _from(y, k * padded),
                    _from(drive, k * padded),
                    _from(inputs, 2 * k * padded),
                    table,
                    activation,
                    padded,
                )
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
                _transpose(x, (LATEST + 1) * padded + i, padded, past, place, row)
            for i in range(0, (LATEST + 1) * padded, SUBBLOCK):
                _store(x, i, _load(x, n * padded + i))
            for i in range(0, padded, SUBBLOCK):
                _store(y, i, _load(y, n * padded + i))
            position += n
            step += n
        done += length
    for i in range(padded):
        state.inhibition[i] = scratch.y[0, i]
    state.clock[0] = step
    state.clock[1] = position


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
    padded = len(state.inhibition)
    scratch = _Scratch(
        sums=aligned(np.zeros((padded, BLOCK))),
        drive=aligned(np.zeros((SUBBLOCK, padded))),
        inputs=aligned(np.zeros((SUBBLOCK, 2, padded))),
        activation=aligned(np.zeros((2, padded))),
        x=aligned(np.zeros((LATEST + 1 + SUBBLOCK, padded))),
        y=aligned(np.zeros((1 + SUBBLOCK, padded))),
    )
    _advance(state, coupling, parameters, noise, stream, given, every, n_steps, out, scratch)


def cache_folder():
    """Where the compiled core is kept, or None if nowhere; whether it is there already."""
    folder = _advance.stats.cache_path
    if folder is None:
        return None, False
    return Path(folder), any(Path(folder).glob("*.nbc"))  # written last


def aligned(array):
    """A copy of the array that starts with a cache line, so that its Vectors do not cross lines."""
    buffer = np.empty(array.size + SUBBLOCK)
    skip = -(buffer.ctypes.data // buffer.itemsize) % SUBBLOCK
    copy = buffer[skip : skip + array.size].reshape(array.shape)
    copy[...] = array
    return copy
