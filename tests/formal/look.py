"""How a property looks into a component."""

from amaranth.hdl import Assume, Signal

__all__ = ["opened", "still"]


def opened(component):
    """Return the module of ``component``, so that properties and read ports can be put into it.

    Whatever has the component as a submodule elaborates it with them.
    """
    module = component.elaborate(None)
    component.elaborate = lambda platform: module
    return module


def still(m, value):
    """Assume that ``value``, an input, is any value, but always the same."""
    before, begun = Signal.like(value, name="still"), Signal(name="still_begun")
    m.d.sync += [before.eq(value), begun.eq(1)]
    m.d.comb += Assume(~begun | (value == before))
