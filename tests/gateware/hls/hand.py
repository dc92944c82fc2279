"""Programs made by hand, one operation or a few, with their meaning in Python."""

from gateware.hls.ir import Op, Port, Program, Source, Value

__all__ = ["constant", "operation", "port", "program", "meaning", "extremes"]


def port(name, low, high):
    """Return an input value."""
    return Value(Op.INPUT, (), low, high, Port(name, low, high))


def constant(number):
    return Value(Op.CONST, (), number, number, number)


def operation(op, *args, low, high, attribute=None):
    return Value(op, args, low, high, attribute, source=Source("hand.py", 1, f"r = {op.name.lower()}"))


def meaning(value, inputs, known=None):
    """Return the exact result of ``value`` for ``inputs``, {port name: int}."""
    args = [meaning(arg, inputs) for arg in value.args]
    match value.op:
        case Op.INPUT:
            return inputs[value.attribute.name]
        case Op.CONST:
            return value.attribute
        case Op.DIV:
            return args[0] // value.attribute
        case Op.MOD:
            return args[0] % value.attribute
        case Op.TABLE:
            return value.attribute[args[0]]
        case Op.MUX:
            return args[1] if args[0] else args[2]
    a, b = args
    return {Op.ADD: lambda: a + b, Op.SUB: lambda: a - b, Op.MUL: lambda: a * b, Op.SHL: lambda: a << b,
            Op.SHR: lambda: a >> b, Op.AND: lambda: a & b, Op.OR: lambda: a | b, Op.XOR: lambda: a ^ b,
            Op.EQ: lambda: int(a == b), Op.LT: lambda: int(a < b)}[value.op]()


def program(inputs, *results):
    """Return the program with these outputs, called "0", "1" ..."""
    outputs = tuple((Port(str(n), value.low, value.high), value) for n, value in enumerate(results))

    def function(*numbers, **named):
        values = named or {value.attribute.name: number for value, number in zip(inputs, numbers, strict=True)}
        return tuple(meaning(value, values) for value in results)

    return Program("hand", function, tuple(inputs), outputs, lambda values: tuple(values.values()),
                   lambda result: {str(n): number for n, number in enumerate(result)})


def extremes(low, high):
    """Return the numbers at which something may go wrong: the ends of the range, around 0 and powers of two."""
    near = {low, low + 1, high - 1, high, -1, 0, 1}
    powers = [1 << n for n in (1, 7, 8, 16, 17, 18, 31, 32, 35, 63, 64)]
    near |= {sign * power + d for power in powers for d in (-1, 0) for sign in (-1, 1)}
    return sorted(number for number in near if low <= number <= high)
