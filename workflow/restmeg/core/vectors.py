"""Eight numbers at a time, and pointers to them, for compiled code.

A Vector is what a 512-bit register holds; LLVM splits it where registers are shorter. Numba calls
what is defined here while it compiles: an operator or a function of (builder, arguments) makes the
instructions.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from restmeg.core.layout import LANES


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
    return ir.VectorType(_LANE[kind.lane], LANES) if isinstance(kind, Vector) else _LANE[kind]


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        super().__init__(manager, vector, _llvm(vector))


def _spread(builder, number):
    """The number in all lanes."""
    undefined = ir.Constant(ir.VectorType(number.type, LANES), ir.Undefined)
    one = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    every_lane = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
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
def bits(typingctx, value):
    """The 64 bits of a double as an unsigned integer."""
    result = _like(value, types.uint64)

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], _llvm(result))

    return result(value), codegen


@intrinsic
def double(typingctx, bits):
    """The double with these 64 bits."""
    result = _like(bits, types.float64)

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], _llvm(result))

    return result(bits), codegen


@intrinsic
def choose(typingctx, condition, a, b):
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
def sqrt(typingctx, x):
    """Square root, which IEEE 754 rounds correctly on every machine."""

    def codegen(context, builder, signature, arguments):
        name = "llvm.sqrt." + ("v8f64" if isinstance(x, Vector) else "f64")
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_llvm(x), [_llvm(x)]), name
        )
        return builder.call(function, arguments)

    return x(x), codegen


@intrinsic
def any_lane(typingctx, mask):
    """Whether a condition holds in any lane."""

    def codegen(context, builder, signature, arguments):
        (mask,) = arguments
        lanes = builder.bitcast(mask, ir.IntType(LANES))
        return builder.icmp_unsigned("!=", lanes, ir.Constant(lanes.type, 0))

    return types.boolean(mask), codegen


@intrinsic
def ascending(typingctx, first):
    """first, first + 1, ..., first + 7 as words."""

    def codegen(context, builder, signature, arguments):
        words = ir.VectorType(ir.IntType(64), LANES)
        return builder.add(_spread(builder, arguments[0]), ir.Constant(words, list(range(LANES))))

    return Vector(types.uint64)(types.uint64), codegen


@intrinsic
def data(typingctx, array):
    """A pointer to the first element of a C-contiguous array."""
    if array.layout != "C":
        raise TypingError(f"{array}: expected a C-contiguous array")

    def codegen(context, builder, signature, arguments):
        return context.make_array(array)(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def onward(typingctx, pointer, index):
    """A pointer to the element at an index."""

    def codegen(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.intp), codegen


@intrinsic
def at(typingctx, pointer, index):
    """The number at an index; 32-bit words as int64."""
    result = types.int64 if pointer.dtype == types.uint32 else pointer.dtype

    def codegen(context, builder, signature, arguments):
        number = builder.load(builder.gep(arguments[0], [arguments[1]]))
        return context.cast(builder, number, pointer.dtype, result)

    return result(pointer, types.intp), codegen


def _eight_at(builder, pointer, index):
    vector = ir.VectorType(ir.DoubleType(), LANES)
    return builder.bitcast(builder.gep(pointer, [index]), vector.as_pointer())


@intrinsic
def load(typingctx, pointer, index):
    """The eight doubles from an index on."""

    def codegen(context, builder, signature, arguments):
        return builder.load(_eight_at(builder, *arguments), align=8)

    return Vector(types.float64)(pointer, types.intp), codegen


@intrinsic
def gather(typingctx, pointer, offsets, index):
    """The eight doubles at the eight offsets (uint32) from an index on."""

    def codegen(context, builder, signature, arguments):
        pointer, offsets, index = arguments
        eight = ir.Constant(_llvm(result), ir.Undefined)
        for lane in range(LANES):
            place = builder.add(index, ir.Constant(index.type, lane))
            offset = builder.zext(builder.load(builder.gep(offsets, [place])), index.type)
            number = builder.load(builder.gep(pointer, [offset]))
            eight = builder.insert_element(eight, number, ir.Constant(ir.IntType(32), lane))
        return eight

    result = Vector(types.float64)
    return result(pointer, offsets, types.intp), codegen


@intrinsic
def store(typingctx, pointer, index, values):
    """Write eight doubles from an index on."""

    def codegen(context, builder, signature, arguments):
        builder.store(arguments[2], _eight_at(builder, *arguments[:2]), align=8)
        return context.get_dummy_value()

    return types.void(pointer, types.intp, values), codegen


@intrinsic
def transpose(typingctx, source, start, stride, target, place, step):
    """Turn 8 x 8 doubles: target[place + k step + j] = source[start + j stride + k].

    In registers, in three rounds that each exchange what differs in one bit of row and column.
    """

    def codegen(context, builder, signature, arguments):
        source, start, stride, target, place, step = arguments

        def line(pointer, first, step, k):
            index = builder.add(first, builder.mul(step, ir.Constant(step.type, k)))
            return _eight_at(builder, pointer, index)

        def shuffle(first, second, lanes):
            lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), lanes)
            return builder.shuffle_vector(first, second, lanes)

        numbers = range(LANES)
        rows = [builder.load(line(source, start, stride, k), align=8) for k in numbers]
        for bit in (1, 2, 4):
            low = [lane if not lane & bit else LANES + lane - bit for lane in numbers]
            high = [lane + bit if not lane & bit else LANES + lane for lane in numbers]
            rows = [
                shuffle(rows[k & ~bit], rows[k | bit], high if k & bit else low) for k in numbers
            ]
        for k in numbers:
            builder.store(rows[k], line(target, place, step, k), align=8)
        return context.get_dummy_value()

    integer = types.intp
    return types.void(source, integer, integer, target, integer, integer), codegen
