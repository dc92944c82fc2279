"""Random rules of the subset as source text, and random inputs for them.

``programs()`` is a hypothesis strategy of RandomRule; ``inputs(program)`` makes {port: int}, the ends of all ranges
among them.
"""

import atexit
import hashlib
import random
import sys
import tempfile
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from gateware.hls.frontend import compile_rule
from gateware.hls.ir import Op, Program

__all__ = ["RandomRule", "programs", "inputs", "load", "expected"]

_FOLDER = tempfile.TemporaryDirectory(prefix="rules")
atexit.register(_FOLDER.cleanup)

#: Expressions are kept within so many bits, with room for an operation more below the compiler's limit.
_MOST_BITS = 60

_HEAD = '''"""A random rule."""

from enum import IntEnum, IntFlag
from typing import Annotated, NamedTuple

from wire.ranges import Range


class Side(IntEnum):
    BUY = 1
    SELL = 2
    SHORT = 5


class Marks(IntFlag):
    HALTED = 1
    CROSSED = 2
    STALE = 8


class Limits(NamedTuple):
    most: Annotated[int, Range(0, 100)] = 50
    least: Annotated[int, Range(-100, 0)] = -5


BAND = 37
PRIMES = (2, 3, 5, 7, 11, 13, 17)
STEPS = (-(2**40), -1, 0, 1, 2**33, 9)
PAIRS = (Limits(1, -1), Limits(90), Limits(7, -100), Limits())


def clamp(number, low: int, high: int):
    """number, at least low, at most high."""
    if number < low:
        return low
    return high if number > high else number


def distance(a, b):
    return a - b if a >= b else b - a


def bounded(number, limits: Limits) -> tuple[bool, Annotated[int, Range(-100, 100)]]:
    if limits.least <= number <= limits.most:
        return True, number
    for step in (limits.least, limits.most):
        if step > number:
            return False, step
    return False, 0

'''

_RANGES = ((0, 1), (0, 5), (-3, 4), (0, 255), (-128, 127), (1, 1000), (0, 2**32 - 1), (-(2**31), 2**31 - 1),
           (0, 2**48), (-(2**63), 2**63 - 1), (0, 2**63 - 1), (0, 2**64 - 1), (-(2**64), 17), (100, 107), (-9, -2),
           (7, 7), (2**40, 2**40 + 3))


def load(source: str, name: str = "rule") -> Callable[..., Any]:
    """The function ``name`` of a module with this source, which is written to a file."""
    path = Path(_FOLDER.name) / f"rule_{hashlib.sha256(source.encode()).hexdigest()[:16]}.py"
    path.write_text(source)
    module = sys.modules[path.stem] = types.ModuleType(path.stem)
    exec(compile(source, str(path), "exec"), module.__dict__)
    return getattr(module, name)


@dataclass(frozen=True)
class RandomRule:
    """source: of a module with the function ``rule``."""

    source: str

    def __repr__(self) -> str:
        return f"RandomRule:\n{self.source[len(_HEAD):]}"

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The rule."""
        return load(self.source)

    @cached_property
    def program(self) -> Program:
        """The rule, compiled."""
        return compile_rule(self.function)


def inputs(program: Program, count: int = 64, seed: int = 0) -> list[dict[str, int]]:
    """``count`` random inputs; the first have all fields at their low, all at their high ends.

    Many are near the ends, near zero, near constants of the program, or equal to one another.
    """
    rng = random.Random(seed)
    ports = [value.attribute for value in program.inputs]
    constants = [value.attribute for value in program.values() if value.op is Op.CONST] or [0]

    def near(port: Any) -> int:
        size = max(abs(port.low), abs(port.high)).bit_length()
        number = rng.choice((
            port.low, port.high, port.low + rng.randrange(4), port.high - rng.randrange(4), rng.randrange(-8, 9),
            rng.choice(constants) + rng.randrange(-1, 2), rng.randint(port.low, port.high),
            rng.choice((-1, 1)) * rng.getrandbits(rng.randint(1, size + 1))))
        return min(max(number, port.low), port.high)

    made = [{port.name: port.low for port in ports}, {port.name: port.high for port in ports}]
    while len(made) < count:
        numbers = {port.name: near(port) for port in ports}
        for port in ports:
            other = numbers[rng.choice(ports).name] + rng.randrange(-1, 2)
            if rng.randrange(4) == 0 and port.low <= other <= port.high:
                numbers[port.name] = other
        made.append(numbers)
    return made[:count]


def expected(program: Program, numbers: dict[str, int]) -> dict[str, int]:
    """What the function itself gives, by port."""
    return program.unpack_result(program.function(*program.pack_inputs(numbers)))


class _Writer:
    """Writes a rule of about ``size`` statements. Integers are (text, bits): their magnitude is at most 2**bits."""

    def __init__(self, rng: random.Random, size: int) -> None:
        self.rng, self.size = rng, size
        self.lines: list[str] = []
        self.ints: dict[str, int] = {}
        self.bools: list[str] = []
        self.fixed: set[str] = set()
        self.used = 0
        self.result: list[tuple[str, int]] = []

    def pick(self, *options: Any) -> Any:
        return self.rng.choice(options)

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    # Expressions.

    def literal(self) -> tuple[str, int]:
        number = self.pick(0, 1, -1, 2, 3, 4, 5, 7, 10, 16, -3, -128, 255, 1000, -(2**31), 2**32 - 1, 2**40 + 3)
        return str(number), abs(number).bit_length()

    def atom(self) -> tuple[str, int]:
        if self.ints and self.chance(70):
            return self.pick(*self.ints.items())
        return self.pick(self.literal(), ("BAND", 6), ("limits.most", 7), ("limits.least", 7), ("int(marks)", 4),
                         ("side", 3), ("Side.SHORT", 3))

    def variable(self) -> str:
        return self.pick(*self.ints, "side", "limits.most")

    def within(self, number: tuple[str, int], bits: int) -> str:
        """An expression of at most ``bits``."""
        text, size = number
        if size <= bits:
            return text
        most = (1 << bits) - 1
        return self.pick(f"({text}) % {most}", f"({text}) & {most}", f"clamp({text}, {-most}, {most})",
                         f"(({text}) >> {size - bits})", f"min(max({text}, {-most}), {most})",
                         f"(({text}) // {1 << size - bits})")

    def integer(self, depth: int) -> tuple[str, int]:
        """An integer expression of at most _MOST_BITS, or a few bits more."""
        text, bits = self.operation(depth) if depth and self.chance(75) else self.atom()
        if bits > _MOST_BITS + 6:
            return self.within((text, bits), _MOST_BITS), _MOST_BITS
        return text, bits

    def operation(self, depth: int) -> tuple[str, int]:
        a, b = self.integer(depth - 1), self.integer(depth - 1)
        kind = self.pick("+", "-", "*", "//", "%", "bits", "shift", "unary", "extreme", "if", "table", "call", "bool",
                         "guard", "pair")
        match kind:
            case "+" | "-":
                return f"({a[0]} {kind} {b[0]})", max(a[1], b[1]) + 1
            case "*":
                left, right = self.within(a, 60), self.within(b, 58)
                return f"({left}) * ({right})", min(a[1], 60) + min(b[1], 58)
            case "//" | "%":
                number = self.pick(1, 2, 3, 7, 10, 64, 1000, 2**20, -3, -8, 10**9 + 7)
                bits = a[1] if kind == "//" else abs(number).bit_length()
                return f"({a[0]}) {kind} {number}", bits
            case "bits":
                return f"({a[0]} {self.pick('&', '|', '^')} {b[0]})", max(a[1], b[1]) + 1
            case "shift":
                most = self.pick(1, 3, 8)
                amount = self.pick(str(most), f"({b[0]}) % {most + 1}", f"min(abs({b[0]}), {most})")
                if self.chance(50):
                    return f"(({self.within(a, 60)}) << {amount})", min(a[1], 60) + most
                return f"(({a[0]}) >> {self.pick(amount, f'max({b[0]}, 0)')})", a[1]
            case "unary":
                return self.pick((f"-({a[0]})", a[1]), (f"~int({a[0]})", a[1] + 1), (f"abs({a[0]})", a[1]),
                                 (f"int({a[0]})", a[1]))
            case "extreme":
                third = self.atom()
                return (f"{self.pick('min', 'max')}({a[0]}, {b[0]}, {third[0]})", max(a[1], b[1], third[1]))
            case "if":
                return f"({a[0]} if {self.boolean(depth - 1)} else {b[0]})", max(a[1], b[1])
            case "table":
                return self.pick((f"PRIMES[({a[0]}) % 7]", 5), (f"STEPS[clamp({a[0]}, 0, 5)]", 41),
                                 (f"PAIRS[({a[0]}) & 3].{self.pick('most', 'least')}", 7),
                                 (f"({a[0]}, {b[0]})[{self.pick('0', '1', '-1')}]", max(a[1], b[1])))
            case "call":
                return self.pick((f"distance({a[0]}, {b[0]})", max(a[1], b[1]) + 1),
                                 (f"bounded({a[0]}, limits)[1]", 7), (f"sum(({a[0]}, {b[0]}, 3))", max(a[1], b[1]) + 2))
            case "bool":
                return f"({a[0]} + ({self.boolean(depth - 1)}))", a[1] + 1
        x, y = self.atom(), self.atom()
        if kind == "guard":
            guard = self.pick(">=", ">", "<", "<=", "==", "!=")
            return f"({x[0]} - {y[0]} if {x[0]} {guard} {y[0]} else {a[0]})", max(x[1] + 1, y[1] + 1, a[1])
        return (f"({x[0]} << {x[0]} if 0 <= {x[0]} <= 5 else PRIMES[{y[0]}] if {y[0]} in (0, 3, 6) else {a[0]})",
                max(8, a[1]))

    def boolean(self, depth: int) -> str:
        kind = self.pick("compare", "compare", "compare", "near", "near", "name", "logic", "logic", "not", "chain",
                         "in", "marks", "bits", "if")
        if kind == "name" or not depth:
            return self.pick("flag", *self.bools, f"({self.variable()} & {self.pick(1, 2, 6)} != 0)")
        if kind == "near":
            sign, number = self.pick("<", "<=", ">", ">=", "==", "!="), self.pick(0, 1, 2, 3, 4)
            x, y = self.variable(), self.variable()
            return self.pick(f"({x} % 5 {sign} {number})", f"({x} {sign} {y})", f"({x} {sign} {number})",
                             f"({number} {sign} {x})")
        a, b = self.integer(depth - 1)[0], self.integer(depth - 1)[0]
        sign = self.pick("<", "<=", ">", ">=", "==", "!=")
        match kind:
            case "compare":
                return f"({a} {sign} {b})"
            case "logic":
                return f"({self.boolean(depth - 1)} {self.pick('and', 'or')} {self.boolean(depth - 1)})"
            case "not":
                return f"(not {self.boolean(depth - 1)})"
            case "chain":
                return f"({a} {sign} {b} {self.pick('<', '>=', '!=')} {self.atom()[0]})"
            case "in":
                return f"({a} {self.pick('in', 'not in')} (0, 1, {self.atom()[0]}, -7))"
            case "marks":
                return self.pick("(marks & Marks.STALE != 0)", "(side == Side.SHORT)", "(~marks & Marks.CROSSED == 0)",
                                 "bool(marks | Marks.HALTED)", f"bounded({a}, limits)[0]",
                                 f"(side in (Side.BUY, {a}))", f"bool({a})")
            case "bits":
                return f"({self.boolean(depth - 1)} {self.pick('&', '|', '^', '==', '!=')} {self.boolean(depth - 1)})"
        return f"({self.boolean(depth - 1)} if {self.boolean(depth - 1)} else {self.boolean(depth - 1)})"

    # Statements.

    def write(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def fresh(self, stem: str) -> str:
        self.used += 1
        return f"{stem}{self.used}"

    def block(self, indent: int, depth: int, loop: bool, leave: bool = True) -> None:
        """Write statements; loop: they are in a loop; leave: a return, break or continue may be among them."""
        ints, bools = dict(self.ints), list(self.bools)
        for _ in range(self.rng.randint(1, 3)):
            if self.statement(indent, depth, loop, leave):
                break
        self.ints, self.bools = ints, bools

    def statement(self, indent: int, depth: int, loop: bool, leave: bool) -> bool:
        """Write a statement; return whether it leaves the block."""
        kind = self.pick("int", "bool", "change", "change", "count", "unpack", "record",
                         *(("if", "if", "if", "for") if depth else ()), *(("leave", "leave") if leave else ()))
        match kind:
            case "int":
                name, (text, bits) = self.fresh("v"), self.integer(3)
                self.write(indent, f"{name} = {text}")
                self.ints[name] = bits
            case "bool":
                name = self.fresh("b")
                self.write(indent, f"{name} = {self.boolean(2)}")
                self.bools.append(name)
            case "change":
                names = [name for name in self.ints if name not in self.fixed]
                if names:
                    name = self.pick(*names)
                    bits = self.ints[name]
                    self.write(indent, f"{name} = {self.within(self.integer(2), bits)}")
                    if self.chance(30):
                        self.write(indent, f"{name} {self.pick('&=', '//=', '%=')} {self.pick(1, 3, 8, 15)}"
                                   if bits > 3 else f"{name} //= 2")
            case "count":
                names = [name for name, bits in self.ints.items() if name not in self.fixed and bits > 20]
                if names:
                    name = self.pick(*names)
                    text = f"{self.pick('', '-')}{name} {self.pick('+', '-', '^')} ({self.within(self.integer(1), 8)})"
                    self.write(indent, f"{name} = {self.within((text, 99), self.ints[name])}"
                               if self.chance(30) else f"{name} = clamp({text}, {-(2**20)}, {2**20})")
            case "unpack":
                first, second, (text, bits) = self.fresh("v"), self.fresh("b"), self.integer(2)
                self.write(indent, f"{first}, {second} = {text}, {self.boolean(2)}")
                self.ints[first] = bits
                self.bools.append(second)
            case "record":
                value = self.within(self.integer(2), 6)
                self.write(indent, self.pick(f"limits = limits._replace(most=abs({value}))",
                                             f"limits = Limits(abs({value}), least=-abs({value}))",
                                             f"limits = Limits() if {self.boolean(2)} else limits"))
            case "if":
                self.write(indent, f"if {self.boolean(2)}:")
                self.block(indent + 1, depth - 1, loop)
                if self.chance(30):
                    self.write(indent, f"elif {self.boolean(2)}:")
                    self.block(indent + 1, depth - 1, loop)
                if self.chance(60):
                    self.write(indent, "else:")
                    self.block(indent + 1, depth - 1, loop)
            case "for":
                name = self.fresh("i")
                items = self.pick("range(3)", "range(5, -3, -4)", "(1, 9, -2)", "limits", "(BAND, side, limits.least)")
                self.write(indent, f"for {name} in {items}:")
                ints = dict(self.ints)
                self.ints[name] = 8
                self.fixed.add(name)
                self.block(indent + 1, depth - 1, True, False)
                self.ints = ints
            case "leave":
                if loop and self.chance(60):
                    self.write(indent, self.pick("break", "continue"))
                else:
                    self.write(indent, f"return {self.results()}")
                return True
        return False

    def results(self) -> str:
        """A result of the rule's type; its last item depends on all variables."""
        items = [self.boolean(2) if bits == 0 else self.within(self.integer(2), bits) for _, bits in self.result[:-1]]
        seen = [f"{factor} * {name}" for factor, name in enumerate((*self.ints, *self.bools, "limits.most"), 1)]
        items.append(f"({' + '.join(seen)})")
        if len(items) == 1:
            return items[0]
        return f"Result({', '.join(items)})" if self.record else f"({', '.join(items)})"

    def rule(self) -> str:
        """The source of a module."""
        parameters = ["flag: bool", "side: Side", "marks: Marks", "limits: Limits"]
        for _ in range(self.rng.randint(1, 4)):
            name, (low, high) = self.fresh("p"), self.pick(*_RANGES)
            parameters.append(f"{name}: Annotated[int, Range({low}, {high})]")
            self.ints[name] = max(abs(low), abs(high)).bit_length()
        self.result = [(f"r{n}", self.pick(0, 8, 20, 40, 64, 66))
                       for n in range(self.rng.randint(0, 2))] + [("seen", 90)]
        self.record = self.chance(50)
        types = ["bool" if bits == 0 else f"Annotated[int, Range({-(1 << bits)}, {1 << bits})]"
                 for _, bits in self.result]
        head = _HEAD
        if len(types) == 1:
            returns = types[0]
        elif self.record:
            returns = "Result"
            fields = "\n".join(f"    {name}: {kind}" for (name, _), kind in zip(self.result, types, strict=True))
            head += f"\nclass Result(NamedTuple):\n{fields}\n\n"
        else:
            returns = f"tuple[{', '.join(types)}]"
        self.write(1, "total = BAND")
        self.ints["total"] = 40
        for _ in range(self.size):
            self.statement(1, 2, False, False)
        self.write(1, f"return {self.results()}")
        separator = ",\n         "
        return head + f"\ndef rule({separator.join(parameters)}) -> {returns}:\n" + "\n".join(self.lines) + "\n"


def programs() -> st.SearchStrategy[RandomRule]:
    """Random rules, all of which compile. A failing one shrinks to fewer statements at the level of the function."""
    return st.builds(lambda seed, size: RandomRule(_Writer(random.Random(seed), size).rule()),
                     st.integers(0, 2**64 - 1), st.integers(0, 8))
