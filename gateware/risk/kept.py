"""Gates and registers that synthesis, which knows of no wires, leaves as they are."""

from amaranth.hdl import Cat, Signal

__all__ = ["any_kept", "twice"]


def twice(m, value, name):
    """Return ``value`` a cycle later, from two registers.

    The other one holds it inverted: of equal registers synthesis makes one.
    """
    register, inverted = Signal(name=name), Signal(init=1, name=f"not_{name}")
    m.d.sync += [register.eq(value), inverted.eq(~value)]
    return register, ~inverted


def any_kept(m, name, parts):
    """Return whether any of ``parts`` is 1. Each is a gate of its own, and should be one of four inputs at most.

    Where another way is longer, synthesis would save a gate by a chain of them.
    """
    kept = [Signal(name=f"{name}_{n}", attrs={"keep": True}) for n in range(len(parts))]
    m.d.comb += [signal.eq(part) for signal, part in zip(kept, parts, strict=True)]
    return Cat(kept).any()
