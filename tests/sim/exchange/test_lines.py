"""Two lines under faults, packet by packet."""

import pytest

from sim.exchange.lines import Lines, cycles_ns
from sim.market.faults import parse_faults

PACKETS = [number.to_bytes(2, "big") + bytes(20) for number in range(2000)]


def run(text, packets=PACKETS, step=1000):
    """Return what each line delivers, and the lines."""
    lines = Lines(parse_faults(text))
    found = ([], [])
    for number, packet in enumerate(packets):
        lines.send([packet], number * step)
        for line, arrived in lines.arrived(number * step):
            found[line].append(arrived)
    while (due := lines.deadline()) is not None:
        for line, arrived in lines.arrived(due):
            found[line].append(arrived)
    return found, lines


def test_clean_lines_deliver_all_at_once():
    (a, b), lines = run("")
    assert a == b == PACKETS and lines.deadline() is None


@pytest.mark.parametrize("line", [0, 1])
@pytest.mark.parametrize("fault, count", [("loss=0.1", "lost"), ("dup=0.1", "duplicated"), ("reorder=0.1", "reordered"),
                                          ("corrupt=0.1,mac=0", "corrupted"), ("truncate=0.1,mac=0", "truncated"),
                                          ("silence=10-19+30-30", "silenced")])
def test_each_fault_strikes_its_line_alone(line, fault, count):
    found, lines = run(f"{'ab'[line]}:{fault};seed=5")
    assert found[1 - line] == PACKETS
    faulty, counts = found[line], lines.lines[line].counts
    assert faulty != PACKETS
    assert counts[count] == 11 if count == "silenced" else 50 < counts[count] < 350
    assert counts["delivered"] == len(faulty)
    assert {name for name, n in counts.items() if n} == {"packets", "delivered", count}
    if count in ("lost", "silenced"):
        assert [packet for packet in PACKETS if packet in set(faulty)] == faulty
    if count == "reordered":
        assert abs(len(faulty) - len(PACKETS)) <= 1 and set(faulty) <= set(PACKETS)
    if count == "duplicated":
        assert len(faulty) == len(PACKETS) + counts[count] and set(faulty) == set(PACKETS)


def test_both_lines_lose_the_same():
    (a, b), _ = run("both:loss=0.05,silence=100-109;seed=3")
    assert a == b and len(a) < 1950 and not any(packet in a for packet in PACKETS[100:110])


def test_what_the_mac_reports_does_not_arrive():
    (a, _), lines = run("a:corrupt=0.2,mac=1")
    counts = lines.lines[0].counts
    assert set(a) <= set(PACKETS) and len(a) == len(PACKETS) - counts["corrupted"]


def test_delay_and_jitter_keep_the_order():
    lines = Lines(parse_faults("a:delay=1000,jitter=500"))
    lines.send(PACKETS[:50], 0)
    assert [packet for line, packet in lines.arrived(0)] == PACKETS[:50]      # line B
    assert lines.deadline() >= cycles_ns(1000)
    assert lines.arrived(cycles_ns(1000) - 1) == []
    assert lines.arrived(cycles_ns(1500)) == [(0, packet) for packet in PACKETS[:50]]


def test_the_same_seed_gives_the_same():
    text = "a:loss=0.1,dup=0.1,reorder=0.1,jitter=50,corrupt=0.1;b:truncate=0.1;both:loss=0.01;seed="
    assert run(text + "8")[0] == run(text + "8")[0] != run(text + "9")[0]


def test_faults_can_be_changed_while_running():
    lines = Lines(parse_faults("a:loss=1;b:loss=1"))
    lines.send(PACKETS[:5], 0)
    lines.set_faults(parse_faults(""))
    lines.send(PACKETS[5:7], 0)
    assert lines.arrived(0) == [(0, PACKETS[5]), (1, PACKETS[5]), (0, PACKETS[6]), (1, PACKETS[6])]
