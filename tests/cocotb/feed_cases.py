"""cocotb tests of the feed handler: lossy lines A and B with pauses and bad frames against the reference; resets."""

import random
from collections import Counter

import cocotb
from cocotb.triggers import ClockCycles, RisingEdge

from gateware.feed.feed import EVENTS
from gateware.interfaces import DATAGRAM_WORD, MESSAGE
from sim.models.feed import ReferenceFeed
from tests.cocotb.words import begin, random_pauses, reset
from wire import itch50, moldudp64

SESSION = "COCOTB"
PACKETS = 250
#: Cycles that are idle at least between two datagrams, and until the last one's effects are out.
APART, SETTLED = 6, 40
GAP_PACKETS = 3


class Watch:
    """Messages presented, as (sequence number, 50 bytes), and events counted."""

    def __init__(self, dut):
        self._dut = dut
        self.messages: list[tuple[int, bytes]] = []
        self.events: Counter[str] = Counter()

    async def run(self) -> None:
        while True:
            await RisingEdge(self._dut.clk)
            if self._dut.o__valid.value:
                message = MESSAGE.from_bits(int(self._dut.o__p.value))
                self.messages.append((message["seq"], bytes(message["data"])))
            events = int(self._dut.events.value)
            if events:
                self.events.update(name for name, field in EVENTS if events >> field.offset & 1)


class Lines:
    """Sends datagrams."""

    def __init__(self, dut):
        self._dut = dut
        for name in ("i__valid", "i__p", "i__verdict_done", "i__verdict_bad"):
            getattr(dut, name).value = 0

    async def send(self, payload: bytes, *, line: int = 0, lane: int = 2, bad: bool = False, pauses=None,
                   words: int | None = None) -> None:
        """Send one datagram and, some cycles after its last word, its verdict; ``words``: only so many, no verdict."""
        dut, raw = self._dut, bytes(lane) + payload
        for at in range(0, len(raw), 8)[:words]:
            while pauses is not None and next(pauses):
                await RisingEdge(dut.clk)
            part = raw[at:at + 8]
            dut.i__valid.value = 1
            dut.i__p.value = DATAGRAM_WORD.const({
                "data": int.from_bytes(part, "little"), "first": at == 0, "last": at + 8 >= len(raw),
                "lane": lane if at == 0 else 0, "count": len(part), "line": line}).as_bits()
            await RisingEdge(dut.clk)
            dut.i__valid.value = 0
        if words is not None:
            return
        await ClockCycles(dut.clk, 2)
        dut.i__verdict_done.value, dut.i__verdict_bad.value = 1, bad
        await RisingEdge(dut.clk)
        dut.i__verdict_done.value, dut.i__verdict_bad.value = 0, 0
        await ClockCycles(dut.clk, APART)


async def connect(dut) -> tuple[Lines, Watch]:
    lines, watch = Lines(dut), Watch(dut)
    for name in ("inject__valid", "inject__seq", "inject__length", "inject__data", "gap_packets", "gap_cycles",
                 "silence_cycles", "resync", "seq_set", "clear"):
        getattr(dut, name).value = 0
    await begin(dut)
    cocotb.start_soon(watch.run())
    await resync(dut, 1)
    return lines, watch


async def resync(dut, number: int) -> None:
    dut.seq_set.value, dut.resync.value = number, 1
    await RisingEdge(dut.clk)
    dut.resync.value = 0
    await ClockCycles(dut.clk, 2)


def random_message(generator: random.Random, number: int) -> bytes:
    price = generator.randrange(1, 2_000_000_000)
    reference = generator.randrange(1, 1 << 40)
    return generator.choice((
        lambda: itch50.pack("A", locate=1, timestamp=number, reference=reference, side="B", shares=5, stock="AAPL",
                            price=price),
        lambda: itch50.pack("D", locate=1, timestamp=number, reference=reference),
        lambda: itch50.pack("E", locate=2, timestamp=number, reference=reference, shares=1, match=number),
        lambda: itch50.pack("U", locate=3, timestamp=number, reference=reference, new_reference=reference + 1, shares=7,
                            price=price)))()


async def both_lines(dut, seed: int, chance: float) -> None:
    lines, watch = await connect(dut)
    generator, reference = random.Random(seed), ReferenceFeed(expected=1, hold=False, gap_packets=GAP_PACKETS)
    dut.gap_packets.value = GAP_PACKETS
    pauses = random_pauses(seed, chance) if chance else None
    messages = [random_message(generator, n) for n in range(1, 3 * PACKETS)]
    expected, at = [], 1
    for _ in range(PACKETS):
        count = generator.randrange(6)
        payload = moldudp64.pack(SESSION, at, messages[at - 1:at - 1 + count])
        at += count
        # Of the two copies, in either order, one may be lost or come in a bad frame.
        copies = [(line, line == 1 and generator.random() < 0.1) for line in range(2)]
        if generator.random() < 0.3:
            del copies[generator.randrange(2)]
        generator.shuffle(copies)
        for line, bad in copies:
            expected += [(taken.seq, taken.message) for taken in reference.datagram(line, payload, good=not bad)]
            await lines.send(payload, line=line, lane=generator.randrange(8), bad=bad, pauses=pauses)
    await ClockCycles(dut.clk, SETTLED)
    assert [(seq, data[:len(message)]) for (seq, data), (_, message) in zip(watch.messages, expected, strict=True)] \
        == expected
    assert len(expected) == at - 1
    assert {name: watch.events[name] for name in reference.counters} == reference.counters
    assert watch.events["msgs_old"] > 100 and watch.events["packets_suspect"]
    for name in ("expected", "highest", "gap", "stale", "suspect", "ended"):
        assert int(getattr(dut, name).value) == getattr(reference, name), name


@cocotb.test()
async def words_without_pause(dut):
    await both_lines(dut, 31, 0)


@cocotb.test()
async def words_with_pauses(dut):
    await both_lines(dut, 32, 0.4)


@cocotb.test()
async def the_host_fills_a_gap(dut):
    lines, watch = await connect(dut)
    messages = [random_message(random.Random(5), n) for n in range(1, 4)]
    await lines.send(moldudp64.pack(SESSION, 1, messages[:1]))
    await lines.send(moldudp64.pack(SESSION, 3, messages[2:]))
    await ClockCycles(dut.clk, SETTLED)
    assert dut.gap.value and int(dut.expected.value) == 2
    dut.inject__seq.value, dut.inject__length.value = 2, len(messages[1])
    dut.inject__data.value = int.from_bytes(messages[1], "little")
    dut.inject__valid.value = 1
    for _ in range(SETTLED):
        await RisingEdge(dut.clk)
        if dut.inject__ready.value:
            break
    else:
        raise AssertionError("the message was not accepted")
    dut.inject__valid.value = 0
    await lines.send(moldudp64.pack(SESSION, 3, messages[2:]), line=1)
    await ClockCycles(dut.clk, SETTLED)
    assert [seq for seq, _ in watch.messages] == [1, 2, 3]
    assert not dut.gap.value
    assert (watch.events["msgs_injected"], watch.events["msgs_b"], watch.events["gaps_filled"]) == (1, 1, 1)


@cocotb.test()
async def reset_in_mid_datagram(dut):
    lines, watch = await connect(dut)
    messages = [random_message(random.Random(6), n) for n in range(1, 4)]
    payload = moldudp64.pack(SESSION, 1, messages)
    for cut in range(1, (len(payload) + 9) // 8):
        await lines.send(payload, words=cut)
        await reset(dut)
        watch.messages.clear()
        await resync(dut, 1)
        await lines.send(payload)
        await ClockCycles(dut.clk, SETTLED)
        assert [(seq, data[:len(messages[seq - 1])]) for seq, data in watch.messages] == \
            list(enumerate(messages, 1)), cut
