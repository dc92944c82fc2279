"""From a rule's operations to those that the hardware has.

Products become products of multiplier size and a sum; divisions by constants products with a reciprocal; shifts by a
variable, large tables and long chains of choices trees of depth log n; sums and logical chains are balanced by when
their operands are there; what is too wide for the clock is cut into segments. The meaning is unchanged.
"""

import heapq
from collections import Counter
from functools import reduce
from itertools import count

from gateware.hls.cells import Cells, is_wire, operation_delay, range_bits
from gateware.hls.delay import Target
from gateware.hls.ir import Op, Program, Value

__all__ = ["Lowered", "lower", "reciprocal", "signed_digits"]

TABLE_BITS = 6
#: Products by a constant of no more such digits are made of sums, not of a multiplier.
FEW_DIGITS = 3
#: Comparisons and segments of sums of fewer bits are not cut.
SMALLEST = 4
#: Choices in a row from which on they are balanced.
LONG_CHAIN = 4


def reciprocal(divisor: int, highest: int) -> tuple[int, int]:
    """Return (m, s) with x // divisor == x * m >> s for all x from 0 to ``highest``; the smallest such s.

    m = ceil(2**s / divisor), so m * divisor = 2**s + e with 0 <= e < divisor. Then x * m / 2**s = x / divisor
    + x * e / (divisor * 2**s). x / divisor is at least 1 / divisor below the next integer, so the floor is right if the
    second term is less than that, which is x * e < 2**s.
    """
    for s in count():
        m = -(-(1 << s) // divisor)
        if highest * (m * divisor - (1 << s)) < 1 << s:
            return m, s


def signed_digits(number: int) -> list[tuple[int, int]]:
    """Return (sign, power) such that the sum of sign << power is ``number`` and no two powers are neighbours."""
    digits, power = [], 0
    while number:
        if number & 1:
            sign = 2 - (number & 3)
            digits.append((sign, power))
            number -= sign
        number, power = number >> 1, power + 1
    return digits


class Lowered:
    """A lowered rule.

    values: all operations, operands first, the program's inputs among them. outputs: one for each of the program's.
    bits: of each value, those that may be 1 (``cells.possible_bits``).
    """

    def __init__(self, inputs: list[Value], outputs: list[Value], bits: dict[Value, int]):
        self.inputs, self.outputs, self.bits = inputs, outputs, bits
        found: dict[Value, None] = dict.fromkeys(inputs)
        stack = [(value, False) for value in reversed(outputs)]
        while stack:
            value, ready = stack.pop()
            if value in found:
                continue
            if ready:
                found[value] = None
            else:
                stack.append((value, True))
                stack += [(arg, False) for arg in reversed(value.args) if arg not in found]
        self.values = list(found)

    def wire(self, value: Value) -> bool:
        """Say whether ``value`` is only wires."""
        return value.op is not Op.INPUT and is_wire(value, self.bits)


def lower(program: Program, target: Target, budget: float, arrival: dict[str, float] | None = None) -> Lowered:
    """Return ``program`` in operations each of which takes ``target`` at most ``budget`` ns, as far as possible.

    arrival: ns after the others at which inputs come, by the name of their port.
    """
    return _Lowering(program, target, budget, arrival or {}).result()


def _wanted_bits(program: Program) -> dict[Value, int]:
    """Return how many of the lowest bits of each value the outputs depend on, where these are not all."""
    wanted: dict[Value, int] = {value: value.bits for _, value in program.outputs}
    for value in reversed(list(program.values())):
        mine = wanted.get(value, 0)
        for n, arg in enumerate(value.args):
            bits = arg.bits
            match value.op:
                case Op.ADD | Op.SUB | Op.MUL | Op.OR | Op.XOR:
                    bits = mine
                case Op.AND:
                    other = value.args[1 - n]
                    bits = min(mine, other.bits) if not other.signed else mine
                case Op.MUX if n > 0:
                    bits = mine
                case Op.MOD if value.attribute & value.attribute - 1 == 0:
                    bits = value.attribute.bit_length() - 1
            wanted[arg] = max(wanted.get(arg, 1), min(arg.bits, bits))
    return {value: bits for value, bits in wanted.items() if bits < value.bits}


class _Lowering:
    def __init__(self, program, target, budget, arrival):
        self.program, self.target, self.arrival = program, target, arrival
        self.room = budget - target.start - target.setup
        self.cells = Cells(target)
        self.done: dict[Value, Value] = {}
        self.order = count()
        self.wanted = _wanted_bits(program)
        self.users = Counter(arg for value in program.values() for arg in value.args)
        self.users.update(value for _, value in program.outputs)

    def result(self):
        for value in self.program.values():
            self.cells.source = value.source
            self.done[value] = self._operation(value)
        return Lowered([self.done[value] for value in self.program.inputs],
                       [self.done[value] for _, value in self.program.outputs], self.cells.bits)

    def _operation(self, value):
        within, limit = (value.low, value.high), None
        if value.op in (Op.ADD, Op.SUB, Op.MUL) and value in self.wanted:
            within, limit = None, self.wanted[value]
        args = [self.done[arg] for arg in value.args]
        match value.op:
            case Op.INPUT:
                return self.cells.input(value, self.arrival.get(value.attribute.name, 0.0))
            case Op.CONST:
                return self.cells.const(value.attribute)
            case Op.ADD | Op.AND | Op.OR | Op.XOR:
                return self.tree(value.op, [self.done[leaf] for leaf in self._leaves(value)], within, limit)
            case Op.SUB:
                return self.difference(*args, within, limit)
            case Op.MUL:
                return self.product(*args, within, limit)
            case Op.SHL | Op.SHR:
                return self.shift(value.op, *args, within)
            case Op.DIV:
                return self.divide(*args, value.attribute, within)
            case Op.MOD:
                return self.modulo(*args, value.attribute, within)
            case Op.EQ:
                return self.equal(*args)
            case Op.LT:
                return self.less(*args)
            case Op.MUX:
                return self.choice(value, within)
            case Op.TABLE:
                return self.table(*args, tuple(value.attribute), within)

    # Trees

    def _leaves(self, value):
        """Return the operands of ``value``, through those of the same kind that nobody else uses."""
        found, stack = [], list(reversed(value.args))
        while stack:
            arg = stack.pop()
            if arg.op is value.op and self.users[arg] == 1:
                stack += reversed(arg.args)
            else:
                found.append(arg)
        return found

    def tree(self, op, leaves, within=None, limit=None):
        """Return all ``leaves`` joined by ``op``, those first that are there first."""
        if within is not None and op is Op.ADD:
            limit = range_bits(*within)
        constants = [leaf for leaf in leaves if leaf.op is Op.CONST]
        parts = [leaf for leaf in leaves if leaf.op is not Op.CONST]
        if constants:
            parts.append(reduce(lambda a, b: self._join(op, a, b), constants))
        if limit is not None:
            parts = [self.cells.wrap(part, limit) for part in parts]
        heap = [(self.cells.at[part], next(self.order), part) for part in parts]
        heapq.heapify(heap)
        while len(heap) > 1:
            a, b = heapq.heappop(heap)[2], heapq.heappop(heap)[2]
            made = self._join(op, a, b, None if heap else within, limit)
            heapq.heappush(heap, (self.cells.at[made], next(self.order), made))
        return self.cells.narrow(heap[0][2], within)

    def _join(self, op, a, b, within=None, limit=None):
        match op:
            case Op.ADD:
                return self.add(a, b, within, limit)
            case Op.AND:
                return self.cells.bit_and(a, b, within)
            case Op.OR:
                return self.cells.bit_or(a, b, within)
            case _:
                return self.cells.bit_xor(a, b, within)

    def choice(self, value, within):
        """Return a choice; a chain ``b1 if a1 else b2 if a2 else ...`` as a tree."""
        chain, last = [], value
        while last.op is Op.MUX and (last is value or self.users[last] == 1):
            chain.append((self.done[last.args[0]], self.done[last.args[1]]))
            last = last.args[2]
        if len(chain) < LONG_CHAIN:
            return self.cells.mux(*(self.done[arg] for arg in value.args), within)
        return self.cells.narrow(self._first(chain, self.done[last], within), within)

    def _first(self, chain, last, within):
        """Return the value of the first of the pairs (condition, value) whose condition holds, else ``last``."""
        if not chain:
            return last
        if len(chain) == 1:
            return self.cells.mux(*chain[0], last, within)
        half = len(chain) // 2
        some = self.tree(Op.OR, [condition for condition, _ in chain[:half]])
        head = self._first(chain[:half - 1], chain[half - 1][1], within)
        return self.cells.mux(some, head, self._first(chain[half:], last, within), within)

    # Sums

    def _too_slow(self, made):
        return operation_delay(made, self.cells.bits, self.target) > self.room

    def add(self, a, b, within=None, limit=None):
        return self._fitting(self.cells.add(a, b, within, limit))

    def difference(self, a, b, within, limit=None):
        limit = limit or range_bits(*within)
        a, b = self.cells.wrap(a, limit), self.cells.wrap(b, limit)
        return self._fitting(self.cells.sub(a, b, within, limit))

    def _fitting(self, whole):
        """Return ``whole``; if it is a sum or difference too slow for the clock, as segments, carries between them."""
        if whole.op not in (Op.ADD, Op.SUB) or not self._too_slow(whole):
            return whole
        cells, target, op, (a, b) = self.cells, self.target, whole.op, whole.args
        width = max(SMALLEST, int((self.room - target.carry(0)) / target.carry_bit) - 2)
        plain = cells.add if op is Op.ADD else cells.sub
        parts, carry = [], None
        for place in range(min(cells.zeros(a), cells.zeros(b)), whole.bits, width):
            last = place + width >= whole.bits
            x, y = (cells.shift(v, -place) if last else cells.low_bits(cells.shift(v, -place), width) for v in (a, b))
            if carry is None:
                part = plain(x, y)
            else:
                # The carry enters by a bit below the lowest: 2x+1 + 2y+carry, or 2x - (2y+borrow), halved.
                x, y = cells.shift(x, 1), cells.bit_or(cells.shift(y, 1), carry)
                part = cells.shift(plain(cells.bit_or(x, cells.const(1)) if op is Op.ADD else x, y), -1)
            carry = cells.low_bits(cells.shift(part, -width), 1)
            parts.append(cells.shift(part if last else cells.low_bits(part, width), place))
        return cells.like(self.tree(Op.OR, parts), whole)

    # Comparisons

    def equal(self, a, b):
        made = self.cells.equal(a, b)
        if made.op is not Op.EQ or not self._divisible(made):
            return made
        (a, low_a), (b, low_b) = self._halves(a, b)
        return self.cells.bit_and(self.equal(a, b), self.equal(low_a, low_b))

    def less(self, a, b):
        made = self.cells.less(a, b)
        if made.op is not Op.LT or not self._divisible(made):
            return made
        (a, low_a), (b, low_b) = self._halves(a, b)
        tie = self.cells.bit_and(self.equal(a, b), self.less(low_a, low_b))
        return self.cells.bit_or(self.less(a, b), tie)

    def _divisible(self, made):
        return self._too_slow(made) and max(arg.bits for arg in made.args) >= SMALLEST

    def _halves(self, a, b):
        half = max(a.bits, b.bits) // 2
        return [(self.cells.shift(v, -half), self.cells.low_bits(v, half)) for v in (a, b)]

    # Products

    def product(self, a, b, within=None, limit=None):
        cells = self.cells
        if within is not None:
            limit = range_bits(*within)
        if limit is not None:
            a, b = cells.wrap(a, limit), cells.wrap(b, limit)
        if a.op is Op.CONST:
            a, b = b, a
        no_multiplier = self.target.product(2 * self.target.multiplier) > self.room
        if b.op is Op.CONST:
            digits = signed_digits(b.attribute)
            if len(digits) <= FEW_DIGITS or no_multiplier:
                return self.sum([(sign, cells.shift(a, power)) for sign, power in digits], within, limit)
        for x, y in ((a, b), (b, a)):
            if not x.signed and x.bits == 1:
                return cells.mux(x, y, cells.const(0), within, limit)
        if no_multiplier:
            a, b = sorted((a, b), key=lambda v: -v.bits)
            rows = [(-1 if b.signed and n == b.bits - 1 else 1,
                     cells.shift(cells.mux(cells.low_bits(cells.shift(b, -n), 1), a, cells.const(0)), n))
                    for n in range(b.bits)]
            return self.sum(rows, within, limit)
        products = [(1, cells.shift(cells.mul(x, y, limit and limit - at_x - at_y), at_x + at_y))
                    for x, at_x in self._limbs(a, b) for y, at_y in self._limbs(b, a)
                    if limit is None or at_x + at_y < limit]
        return self.sum(products, within, limit)

    def _limbs(self, value, other):
        """Return (part, position) for the parts of ``value`` that fit a multiplier beside parts of ``other``."""
        cells, size = self.cells, self.target.multiplier
        signed = value.signed or other.signed
        step, top = (size - 1, size if value.signed else size - 1) if signed else (size, size)
        parts, place = [], 0
        while value.bits - place > top:
            parts.append((cells.low_bits(cells.shift(value, -place), step), place))
            place += step
        return [*parts, (cells.shift(value, -place), place)]

    def sum(self, terms, within=None, limit=None):
        """Return the sum of the pairs (sign, value)."""
        plus, minus = ([value for sign, value in terms if sign == wanted] for wanted in (1, -1))
        if not minus:
            return self.tree(Op.ADD, plus or [self.cells.const(0)], within, limit)
        first, second = (self.tree(Op.ADD, part or [self.cells.const(0)], limit=limit) for part in (plus, minus))
        return self._fitting(self.cells.sub(first, second, within, limit))

    # Divisions

    def divide(self, a, divisor, within=None):
        cells = self.cells
        zeros = (divisor & -divisor).bit_length() - 1
        if within is not None:
            a = cells.narrow(a, (within[0] * divisor, within[1] * divisor + divisor - 1))
        a, divisor = cells.shift(a, -zeros), divisor >> zeros
        if divisor == 1:
            return cells.narrow(a, within)
        if a.signed:
            # ~(~a // divisor) for negative a: both inversions are exclusive ors with the sign.
            sign = cells.shift(a, 1 - a.bits)
            size = cells.bit_xor(a, sign, (0, max(a.high, ~a.low)))
            return cells.bit_xor(self._quotient(size, divisor), sign, within or (a.low // divisor, a.high // divisor))
        return self._quotient(a, divisor, within)

    def _quotient(self, a, divisor, within=None):
        m, s = reciprocal(divisor, a.high)
        product = self.product(a, self.cells.const(m))
        return self.cells.narrow(self.cells.shift(product, -s), within or (a.low // divisor, a.high // divisor))

    def modulo(self, a, divisor, within):
        cells = self.cells
        if a.low >= 0 and a.high < divisor:
            return cells.narrow(a, within)
        bits = (divisor - 1).bit_length()
        if divisor == 1 << bits:
            return cells.narrow(cells.low_bits(a, bits), within)
        return self.difference(a, self.product(self.divide(a, divisor), cells.const(divisor), limit=bits), within, bits)

    # Shifts and tables

    def shift(self, op, a, by, within):
        cells = self.cells
        sign = 1 if op is Op.SHL else -1
        if by.op is Op.CONST:
            return cells.shift(a, sign * by.attribute, within)
        # An amount of more bits than these moves everything out.
        limit = range_bits(*within) if op is Op.SHL else a.bits
        useful = min(by.bits, limit.bit_length())
        gone = cells.const(0) if op is Op.SHL else cells.shift(a, -a.bits)
        for n in range(useful):
            moved = cells.shift(a, sign << n, limit=limit)
            a = cells.mux(cells.low_bits(cells.shift(by, -n), 1), moved, a)
        if useful < by.bits:
            a = cells.mux(self.equal(cells.shift(by, -useful), cells.const(0)), a, gone)
        return cells.narrow(a, within)

    def table(self, index, entries, within):
        cells = self.cells
        bits = (len(entries) - 1).bit_length()
        index = cells.low_bits(index, bits)
        if bits <= TABLE_BITS:
            return cells.table(index, entries, within)
        half = 1 << bits - 1
        low, high = (self.table(cells.low_bits(index, bits - 1), part, within)
                     for part in (entries[:half], entries[half:]))
        return cells.mux(cells.low_bits(cells.shift(index, 1 - bits), 1), high, low, within)
