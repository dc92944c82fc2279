"""Operations that the hardware has, made one by one: the graph that a rule is lowered to.

They are ``Value``s of gateware/hls/ir.py with fewer kinds: shifts only by constants, products that fit one multiplier,
tables of at most 64 entries. Hardware keeps ``Value.bits`` bits of each, in two's complement if ``signed``. What lies
outside of a range wraps quietly; whoever made the range has seen to it that no output depends on it.
"""

import operator

from gateware.hls.delay import Target
from gateware.hls.ir import Op, Source, Value

__all__ = ["Cells", "possible_bits", "is_wire", "shift_of", "evaluate", "wrap", "range_bits", "operation_delay"]

_FOLD = {Op.ADD: operator.add, Op.SUB: operator.sub, Op.MUL: operator.mul, Op.SHL: operator.lshift,
         Op.SHR: operator.rshift, Op.AND: operator.and_, Op.OR: operator.or_, Op.XOR: operator.xor,
         Op.EQ: lambda a, b: int(a == b), Op.LT: lambda a, b: int(a < b)}


def evaluate(value: Value, args: list[int]) -> int:
    """Return the exact result of a lowered operation that is no input."""
    match value.op:
        case Op.CONST:
            return value.attribute
        case Op.MUX:
            return args[1] if args[0] else args[2]
        case Op.TABLE:
            return value.attribute[args[0] % len(value.attribute)]
        case _:
            return _FOLD[value.op](*args)


def wrap(number: int, value: Value) -> int:
    """Return what ``value``'s bits in hardware are of ``number``."""
    number &= (1 << value.bits) - 1
    return number - (1 << value.bits) if value.signed and number >> value.bits - 1 else number


def range_bits(low: int, high: int) -> int:
    """Return the bits that hold all numbers from ``low`` to ``high``."""
    return Value(Op.CONST, (), low, high).bits


def operation_delay(value: Value, bits: dict[Value, int], target: Target) -> float:
    """Return the ns that ``value``'s operation takes by itself; ``bits`` has the possible bits of its operands."""
    if value.op in (Op.INPUT, Op.CONST) or is_wire(value, bits):
        return 0.0
    match value.op:
        case Op.ADD | Op.SUB:
            # Low bits of one operand that are always 0 leave the other's as they are.
            a, b = (_zeros(bits[arg]) for arg in value.args)
            return target.carry(max(1, value.bits - (max(a, b) if value.op is Op.ADD else b)))
        case Op.LT:
            return target.compare(max(arg.bits for arg in value.args) + 1)
        case Op.EQ:
            wide = max(arg.bits for arg in value.args)
            return target.equal(wide if value.args[1].op is Op.CONST else 2 * wide)
        case Op.MUL:
            return target.product(value.bits)
        case Op.TABLE:
            return target.table((len(value.attribute) - 1).bit_length(), value.bits)
        case _:
            return target.logic()


def shift_of(value: Value) -> int | None:
    """Return by how many bits ``value`` is its first operand shifted to the left; None if it is no such shift."""
    if value.op in (Op.SHL, Op.SHR) and value.args[1].op is Op.CONST:
        amount = value.args[1].attribute
        return amount if value.op is Op.SHL else -amount
    return None


def possible_bits(value: Value, known: dict[Value, int]) -> int:
    """Return the bits that may be 1 in ``value``, as an integer in two's complement; ``known`` has its operands'."""
    bits = [known[arg] for arg in value.args]
    match value.op:
        case Op.CONST:
            return value.attribute
        case Op.SHL:
            found = bits[0] << value.args[1].attribute
        case Op.SHR:
            found = bits[0] >> value.args[1].attribute
        case Op.AND:
            found = bits[0] & bits[1]
        case Op.OR | Op.XOR:
            found = bits[0] | bits[1]
        case Op.MUX:
            found = bits[1] | bits[2]
        case Op.ADD | Op.SUB:
            found = -1 << min(_zeros(bits[0]), _zeros(bits[1]))
        case Op.MUL:
            found = -1 << _zeros(bits[0]) + _zeros(bits[1])
        case _:
            found = -1
    found &= (1 << value.bits) - 1
    return found | -1 << value.bits if value.signed and found >> value.bits - 1 else found


def _zeros(bits: int) -> int:
    return (bits & -bits).bit_length() - 1 if bits else 1 << 10


def is_wire(value: Value, known: dict[Value, int]) -> bool:
    """Say whether ``value`` costs no logic: constants, shifts, masks, bits laid side by side."""
    if value.op is Op.CONST or shift_of(value) is not None:
        return True
    if value.op in (Op.AND, Op.OR):
        a, b = value.args
        return Op.CONST in (a.op, b.op) or value.op is Op.OR and not known[a] & known[b]
    return False


def _bitwise_range(a: Value, b: Value) -> tuple[int, int]:
    if a.signed or b.signed:
        bits = max(v.bits + (not v.signed) for v in (a, b))
        return -1 << bits - 1, (1 << bits - 1) - 1
    return 0, (1 << max(a.high, b.high).bit_length()) - 1


class Cells:
    """Makes operations, each once. Folds constants; a value whose range is one number is that number.

    ``within``, a pair, is a range that the result is known to have besides what follows from the operands. ``limit`` is
    how many bits of the result are of interest: one that needs more is *wrapped*, taken modulo 2**limit. What sums,
    products, choices and bitwise operations make of wrapped operands is right modulo 2**limit too; with ``within`` it
    is that number again. Constants are never wrapped. ``source`` is given to what is made. For everything made,
    ``bits`` has the bits that may be 1, ``at`` the ns after which it would be there without registers.
    """

    def __init__(self, target: Target):
        self.source: Source | None = None
        self.bits: dict[Value, int] = {}
        self.at: dict[Value, float] = {}
        self._target = target
        self._wrapped: set[Value] = set()
        self._made: dict[tuple, Value] = {}

    def input(self, value: Value, at: float) -> Value:
        self.bits[value] = -1 if value.signed else (1 << value.bits) - 1
        self.at[value] = at
        return value

    def const(self, number: int) -> Value:
        return self._once(Op.CONST, (), number, number, number)

    def make(self, op: Op, *args: Value, span: tuple[int, int], within: tuple[int, int] | None = None,
             limit: int | None = None, attribute=None, boolean: bool = False) -> Value:
        """Return the operation, whose range by its operands is ``span``."""
        low, high = span
        wrapped = not self._wrapped.isdisjoint(args)
        if within is not None:
            if not wrapped and max(low, within[0]) <= min(high, within[1]):
                low, high = max(low, within[0]), min(high, within[1])
            else:
                low, high = within
            wrapped = False
        elif limit is not None and range_bits(low, high) > limit:
            low, high, wrapped = 0, (1 << limit) - 1, True
        if low == high:
            return self.const(low)
        if all(arg.op is Op.CONST for arg in args):
            return self.const(evaluate(Value(op, args, low, high, attribute), [arg.attribute for arg in args]))
        made = self._once(op, args, low, high, attribute, boolean)
        if wrapped:
            self._wrapped.add(made)
        elif not self.bits[made]:
            return self.const(0)
        return made

    def _once(self, op, args, low, high, attribute, boolean=False):
        key = op, args, low, high, attribute
        if key not in self._made:
            made = Value(op, args, low, high, attribute, boolean, self.source)
            self.bits[made] = possible_bits(made, self.bits)
            self.at[made] = (max((self.at[arg] for arg in args), default=0.0)
                             + operation_delay(made, self.bits, self._target))
            self._made[key] = made
        return self._made[key]

    def wrap(self, a: Value, limit: int) -> Value:
        """Return ``a`` modulo 2**limit if it has more bits."""
        if a.op is Op.CONST or a.bits <= limit:
            return a
        return self.make(Op.SHR, a, self.const(0), span=(a.low, a.high), limit=limit)

    def narrow(self, a: Value, within: tuple[int, int] | None) -> Value:
        """Return ``a``, known to lie within ``within``."""
        if within is None or a not in self._wrapped and within[0] <= a.low and a.high <= within[1]:
            return a
        return self.make(Op.SHR, a, self.const(0), span=(a.low, a.high), within=within)

    def like(self, a: Value, whole: Value) -> Value:
        """Return ``a``, which is computed otherwise than ``whole``, in its place."""
        made = self._once(Op.SHR, (a, self.const(0)), whole.low, whole.high, None)
        if whole in self._wrapped:
            self._wrapped.add(made)
        return made

    def zeros(self, value: Value) -> int:
        """Return how many of the lowest bits of ``value`` are always 0; a large number if all are."""
        return _zeros(self.bits[value])

    def shift(self, a: Value, amount: int, within=None, limit=None) -> Value:
        """Return ``a`` shifted to the left by a constant (negative: to the right, rounding down)."""
        if amount == 0:
            return self.narrow(a, within)
        if amount > 0:
            return self.make(Op.SHL, a, self.const(amount), span=(a.low << amount, a.high << amount), within=within,
                             limit=limit)
        return self.make(Op.SHR, a, self.const(-amount), span=(a.low >> -amount, a.high >> -amount), within=within)

    def low_bits(self, a: Value, count: int) -> Value:
        """Return ``a`` modulo 2**count."""
        mask = (1 << count) - 1
        if not self.bits[a]:
            return self.const(0)
        if self.bits[a] & ~mask == 0:
            return a if a.bits <= count else self.make(Op.SHR, a, self.const(0), span=(0, mask))
        return self.bit_and(a, self.const(mask))

    def bit_and(self, a: Value, b: Value, within=None) -> Value:
        if a.op is Op.CONST:
            a, b = b, a
        if b.op is Op.CONST and self.bits[a] & ~b.attribute == 0:
            return self.narrow(a, within)
        if a is b:
            return a
        low, high = _bitwise_range(a, b)
        if not (a.signed and b.signed):
            low, high = 0, min(v.high for v in (a, b) if not v.signed)
        if not self.bits[a] & self.bits[b]:
            return self.const(0)
        return self.make(Op.AND, a, b, span=(low, high), within=within, boolean=a.boolean and b.boolean)

    def bit_or(self, a: Value, b: Value, within=None, limit=None) -> Value:
        if a.op is Op.CONST:
            a, b = b, a
        if a is b or b.op is Op.CONST and b.attribute == 0:
            return self.narrow(a, within)
        low, high = _bitwise_range(a, b)
        if not self.bits[a] & self.bits[b]:
            low, high = max(low, a.low + b.low), min(high, a.high + b.high)
        return self.make(Op.OR, a, b, span=(low, high), within=within, limit=limit,
                         boolean=a.boolean and b.boolean)

    def bit_xor(self, a: Value, b: Value, within=None) -> Value:
        if not self.bits[a] & self.bits[b]:
            return self.bit_or(a, b, within)
        return self.make(Op.XOR, a, b, span=_bitwise_range(a, b), within=within, boolean=a.boolean and b.boolean)

    def invert(self, a: Value) -> Value:
        """Return the other boolean."""
        return self.make(Op.XOR, a, self.const(1), span=(0, 1), boolean=True)

    def add(self, a: Value, b: Value, within=None, limit=None) -> Value:
        if not self.bits[a] & self.bits[b]:
            return self.bit_or(a, b, within, limit)
        return self.make(Op.ADD, a, b, span=(a.low + b.low, a.high + b.high), within=within, limit=limit)

    def sub(self, a: Value, b: Value, within=None, limit=None) -> Value:
        if b.op is Op.CONST:
            return self.add(a, self.const(-b.attribute), within, limit)
        return self.make(Op.SUB, a, b, span=(a.low - b.high, a.high - b.low), within=within, limit=limit)

    def mul(self, a: Value, b: Value, limit=None) -> Value:
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return self.make(Op.MUL, a, b, span=(min(corners), max(corners)), limit=limit)

    def equal(self, a: Value, b: Value) -> Value:
        if a.low > b.high or b.low > a.high:
            return self.const(0)
        if a is b:
            return self.const(1)
        if a.op is Op.CONST:
            a, b = b, a
        if a.bits == 1 and not a.signed and b.op is Op.CONST:
            return a if b.attribute else self.invert(a)
        return self.make(Op.EQ, a, b, span=(0, 1), boolean=True)

    def less(self, a: Value, b: Value) -> Value:
        if a.high < b.low:
            return self.const(1)
        if a.low >= b.high:
            return self.const(0)
        if b.op is Op.CONST and b.attribute == 0:
            return self.make(Op.AND, self.shift(a, 1 - a.bits), self.const(1), span=(0, 1), boolean=True)
        return self.make(Op.LT, a, b, span=(0, 1), boolean=True)

    def mux(self, choice: Value, a: Value, b: Value, within=None, limit=None) -> Value:
        """Return ``a`` if ``choice``, else ``b``."""
        if choice.op is Op.CONST:
            chosen = a if choice.attribute else b
            return self.narrow(chosen, within)
        if a is b:
            return self.narrow(a, within)
        if (a.op, b.op) == (Op.CONST, Op.CONST) and {a.attribute, b.attribute} == {0, 1}:
            return choice if a.attribute else self.invert(choice)
        return self.make(Op.MUX, choice, a, b, span=(min(a.low, b.low), max(a.high, b.high)), within=within,
                         limit=limit, boolean=a.boolean and b.boolean)

    def table(self, index: Value, entries: tuple[int, ...], within=None) -> Value:
        return self.make(Op.TABLE, index, span=(min(entries), max(entries)), attribute=entries, within=within)
