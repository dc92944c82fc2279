"""ARP and ping at the pins of a whole board."""

import pytest

from sim.board.model import Carriers
from sim.board.traffic import on_wire
from tests.sim.board.questions import asked, ping


def say(simulated, port: int, *frames: bytes, gap: int = 12) -> None:
    carriers = Carriers()
    for frame in frames:
        carriers.add(on_wire(frame), gap=gap)
    simulated.send(port, carriers)


def test_both_ports_answer_at_once(simulated):
    wanted = {}
    for port in range(simulated.ports):
        pairs = [asked(port), ping(port, bytes(range(56))), ping(port, b""), ping(port, bytes(200))]
        say(simulated, port, *(question for question, _ in pairs), gap=1000)
        wanted[port] = [(on_wire(answer), False) for _, answer in pairs]
    assert simulated.settle()
    for port, answers in wanted.items():
        assert simulated.take(port).carriers == answers
        assert simulated.events(port) == {"good": 4, "sent": 4}


def test_a_port_does_not_answer_for_the_other(simulated):
    say(simulated, 0, asked(1)[0], ping(1, b"x")[0], gap=1000)
    assert simulated.settle() and simulated.take(0).carriers == [] and simulated.take(1).carriers == []


@pytest.mark.parametrize("half", [4_000_400, 3_999_600])
def test_a_flood_of_pings_at_line_rate_is_answered_or_dropped_whole(simulated, half):
    simulated.clock(0, half=half)
    question, answer = ping(0, bytes(range(18)))
    say(simulated, 0, *[question] * 60)
    assert simulated.settle()
    said = simulated.take(0)
    assert set(said.carriers) == {(on_wire(answer), False)} and 20 <= len(said.carriers) <= 60
    assert (said.heard["gap"] >= 12).all()
    assert simulated.events(0) == {"good": 60, "sent": len(said.carriers)}


def test_latency_of_a_ping_from_pin_to_pin(simulated):
    question, _ = ping(0, bytes(18))
    delays = []
    for gap in range(1000, 1016):
        say(simulated, 0, question, gap=gap)
        assert simulated.settle(idle=20_000_000_000)
        said = simulated.take(0)
        delays.append(int(said.heard["time"][0] - said.ends[0]))
    # The core at half the line's speed; the registers of the pins count too.
    assert 200 <= min(delays) / 1e6 <= max(delays) / 1e6 <= 300, delays
