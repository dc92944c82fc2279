"""The Verilog top of a simulation: plain port names over a device, one register on every input."""

from collections.abc import Iterator

from amaranth.hdl import Shape
from amaranth.lib import data, wiring

from sim.device.build import DEVICE, TOP

__all__ = ["INPUTS", "OUTPUTS", "simulation_top"]

#: Ports that the harness drives and reads; a device must have all of these, and no further inputs.
INPUTS = ("rx_valid", "rx_p_data", "rx_p_first", "rx_p_last", "rx_p_count", "rx_p_error",
          "bus_addr", "bus_w_en", "bus_w_data", "bus_r_en")
OUTPUTS = ("bus_r_data", "bus_r_valid", "ring_valid", "ring_addr", "ring_data", "verdicts_valid", "verdicts_index",
           "verdicts_data")
#: Output that says when the clock ``risk_clk`` is needed; a device that has none needs that clock never.
AWAKE = "risk_awake"


def _fields(shape: object) -> Iterator[tuple[str, int]]:
    """Yield name suffix and width of the parts of a port, least significant first."""
    if isinstance(shape, data.StructLayout):
        for name, field in shape:
            yield f"_{name}", Shape.cast(field.shape).width
    else:
        yield "", Shape.cast(shape).width


def simulation_top(component: wiring.PureInterface | wiring.Component, verilog: str) -> str:
    """Return ``verilog``, which holds ``component`` as module ``device``, with the module ``tickgate_sim`` around it.

    A member ``rx.p`` whose shape is a struct becomes one port for each field (``rx_p_data``), any other member one port
    (``bus_addr``). Every input, the reset too, passes one register, so that no logic hangs on the top's inputs and the
    simulator evaluates each cycle once; the harness counts its cycles behind these registers. The risk gate has a clock
    of its own, ``risk_clk``, with an edge together with that of ``clk`` at the end of every cycle in which
    ``risk_awake`` is high: resting, it costs next to nothing. Outputs that the harness does not know stay open. Raises
    ValueError that names a port that is missing, or an input that nobody would drive.
    """
    inputs: dict[str, int] = {"rst": 1}
    outputs: dict[str, int] = {}
    wires, pins = [], [".clk(clk)", ".rst(rst_q)"]
    if AWAKE in component.signature.members:
        pins += [".risk_clk(risk_clk)", ".risk_rst(rst_q)"]
    else:
        outputs[AWAKE] = 1
        wires.append(f"  assign {AWAKE} = 0;")
    for path, member, _ in component.signature.flatten(component):
        port, plain = "__".join(map(str, path)), "_".join(map(str, path))
        parts = [(plain + suffix, width) for suffix, width in _fields(member.shape)]
        if member.flow == wiring.In:
            inputs |= parts
            pins.append(f".{port}({{{', '.join(f'{name}_q' for name, _ in reversed(parts))}}})")
        elif any(name in OUTPUTS or name == AWAKE for name, _ in parts):
            outputs |= parts
            pins.append(f".{port}({{{', '.join(name for name, _ in reversed(parts))}}})")
        else:
            pins.append(f".{port}()")
    for name in (*INPUTS, *OUTPUTS):
        if name not in inputs and name not in outputs:
            raise ValueError(f"{type(component).__name__} has no port {name!r}, which the simulation needs")
    for name in inputs:
        if name not in INPUTS and name != "rst":
            raise ValueError(f"{type(component).__name__} has an input {name!r}, which the simulation does not drive")
    ports = ["input clk", "input risk_clk", *(f"input [{width - 1}:0] {name}" for name, width in inputs.items()),
             *(f"output [{width - 1}:0] {name}" for name, width in outputs.items())]
    for name, width in inputs.items():
        wires += [f"  reg [{width - 1}:0] {name}_q = 0;", f"  always @(posedge clk) {name}_q <= {name};"]
    lines = [f"module {TOP}(", ",\n".join(f"  {port}" for port in ports), ");", *wires,
             f"  {DEVICE} {DEVICE}({', '.join(pins)});", "endmodule", ""]
    return verilog + "\n" + "\n".join(lines)
