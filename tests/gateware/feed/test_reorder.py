# amaranth: UnusedElaboratable=no
"""Packets ahead of a gap are kept and replayed: from frames to messages, over both lines."""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from gateware.feed.feed import EVENTS, Feed
from gateware.feed.reorder import EVENTS as REORDER_EVENTS
from gateware.feed.reorder import Reorder
from gateware.net.net import Net
from tests.gateware.net.bench import frame_words
from wire import moldudp64
from wire.frame import FEED_IP, FEED_PORT, build_frame
from wire.itch50 import SIZES

#: From the word with a message's last byte to the message.
LATENCY = 3
#: Bytes of MoldUDP64 and other headers before the first block's first byte, in a frame without a tag.
BEFORE = 14 + 20 + 8 + 20
WORD_BYTES = 8


class Path(wiring.Component):
    """Network block, feed and what is kept, as the device connects them."""

    def __init__(self, *, depth):
        self.net, self.feed, self.reorder = Net(channels=2), Feed(), Reorder(depth=depth)
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.net, m.submodules.feed, m.submodules.reorder = net, feed, reorder = (
            self.net, self.feed, self.reorder)
        for block in (feed, reorder):
            m.d.comb += [getattr(block.i, name).eq(getattr(net.o, name)) for name in (
                "valid", "p", "verdict_done", "verdict_bad")]
        wiring.connect(m, reorder.o, net.again)
        m.d.comb += [reorder.ahead.eq(feed.ahead), reorder.progress.eq(feed.progress)]
        return m


@dataclass
class Result:
    """messages: (cycle, seq, bytes); words: cycle of each frame's words; counters; levels at the end."""

    messages: list = field(default_factory=list)
    words: list = field(default_factory=list)
    counters: Counter = field(default_factory=Counter)
    expected: int = 1
    gap: bool = False


def message(rng, letter=None):
    letter = letter or rng.choice("DDDAEUXSPI")
    return letter.encode() + rng.randbytes(SIZES[letter] - 1)


def frame(seq, blocks, line=0, **shape):
    return build_frame(moldudp64.pack("KEPT", seq, blocks), dst_ip=FEED_IP + line, dst_port=FEED_PORT, **shape)


def run(frames, *, depth=512, enable=True, hold=False, resync_at=None, inject=(), settle=1500):
    """Play ``frames``: (frame, idle cycles before it, chance of a pause before each word, MAC error). Returns a Result.

    resync_at: (cycle, number). inject: (cycle, seq, message).
    """
    dut = Path(depth=depth)
    result = Result()
    over = False
    now = 0

    async def drive(ctx):
        nonlocal over
        for line in (0, 1):
            ctx.set(dut.net.channel[line], {"ip": FEED_IP + line, "port": FEED_PORT, "line": line, "enable": 1})
        ctx.set(dut.net.enable, 1)
        ctx.set(dut.net.hold, hold)
        ctx.set(dut.reorder.enable, enable)
        rng = random.Random(1)
        await ctx.tick().repeat(4)
        for raw, idle, pauses, error in frames:
            await ctx.tick().repeat(idle) if idle else None
            cycles = []
            result.words.append(cycles)
            for word in frame_words(raw, error=error):
                while rng.random() < pauses:
                    await ctx.tick()
                ctx.set(dut.net.i.valid, 1)
                ctx.set(dut.net.i.p, word)
                cycles.append(now)
                await ctx.tick()
                ctx.set(dut.net.i.valid, 0)
        await ctx.tick().repeat(settle)
        result.expected, result.gap = ctx.get(dut.feed.expected), bool(ctx.get(dut.feed.gap))
        over = True

    async def host(ctx):
        for cycle, seq, raw in inject:
            while now < cycle:
                await ctx.tick()
            ctx.set(dut.feed.inject.valid, 1)
            ctx.set(dut.feed.inject.seq, seq)
            ctx.set(dut.feed.inject.length, len(raw))
            ctx.set(dut.feed.inject.data, list(raw.ljust(50, b"\0")))
            ready = False
            while not ready:
                _, _, ready = await ctx.tick().sample(dut.feed.inject.ready)
            ctx.set(dut.feed.inject.valid, 0)

    async def resync(ctx):
        cycle, number = resync_at
        while now < cycle:
            await ctx.tick()
        ctx.set(dut.feed.seq_set, number)
        for block in (dut.feed, dut.reorder):
            ctx.set(block.resync, 1)
        await ctx.tick()
        for block in (dut.feed, dut.reorder):
            ctx.set(block.resync, 0)

    async def watch(ctx):
        nonlocal now
        while not over:
            _, _, valid, seq, raw, events, kept = await ctx.tick().sample(
                dut.feed.o.valid, dut.feed.o.p.seq, dut.feed.o.p.data.as_value(), dut.feed.events.as_value(),
                dut.reorder.events.as_value())
            if valid:
                raw = raw.to_bytes(50, "little")
                result.messages.append((now, seq, raw[:SIZES[chr(raw[0])]]))
            result.counters.update(name for n, name in enumerate(EVENTS.members) if events >> n & 1)
            result.counters.update(name for n, name in enumerate(REORDER_EVENTS.members) if kept >> n & 1)
            now += 1

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(watch, background=True)
    simulator.add_testbench(drive)
    simulator.add_testbench(host, background=True)
    if resync_at:
        simulator.add_testbench(resync, background=True)
    simulator.run()
    return result


def in_sequence(result, truth):
    """The messages are those of ``truth``, from the first, each once."""
    assert [(seq, raw) for _, seq, raw in result.messages] == list(enumerate(truth, 1))[:len(result.messages)]
    assert result.expected == len(result.messages) + 1
    return len(result.messages)


def test_a_gap_in_each_line_is_filled_by_the_other_without_the_host():
    """Line B is three packets late. A loses one, then B one that A had brought."""
    rng = random.Random(1)
    truth = [message(rng) for _ in range(24)]
    frames = []
    for at in range(27):
        if at < 24 and at != 5:
            frames.append((frame(at + 1, truth[at:at + 1]), 60, 0, False))
        if at >= 3 and at - 3 not in (7, 8):
            frames.append((frame(at - 2, truth[at - 3:at - 2], line=1), 60, 0, False))
    kept = run(frames)
    assert in_sequence(kept, truth) == 24 and not kept.gap
    assert kept.counters["packets_kept"] == kept.counters["packets_replayed"] == 3 and not kept.counters["packets_lost"]
    assert kept.counters["msgs_a"] == 23 and kept.counters["msgs_b"] == 1
    without = run(frames, enable=False)
    assert in_sequence(without, truth) == 7 and without.gap and not without.counters["packets_kept"]


@pytest.mark.parametrize("hold", [False, True])
def test_latency_of_what_comes_in_sequence_does_not_change(hold):
    rng = random.Random(2)
    truth = [message(rng) for _ in range(30)]
    frames = [(frame(n + 1, truth[n:n + 1]), 0, 0, False) for n in range(30)]
    # Both lines: the second copy of every other packet comes first, ahead, and is kept while the line is saturated.
    frames = [entry for n in range(0, 30, 2) for entry in (frames[n + 1], frames[n], frames[n + 1])]
    result = run(frames, hold=hold)
    assert in_sequence(result, truth) == 30 and result.counters["packets_kept"] == 15
    if hold:
        return
    for cycle, seq, raw in result.messages:
        last = (BEFORE + 2 + len(raw) - 1) // WORD_BYTES
        copies = [words for n, words in enumerate(result.words) if seq == (n // 3 * 2 + (1 if n % 3 == 1 else 2))]
        assert cycle in [words[last] + LATENCY for words in copies] or seq % 2 == 0, f"latency of message {seq}"


def test_replays_fit_into_no_time_at_all_and_nothing_is_stalled():
    rng = random.Random(3)
    truth = [message(rng, "D") for _ in range(60)]
    order = [n + 1 if n % 2 == 0 else n - 1 for n in range(60)]
    frames = [(frame(n + 1, truth[n:n + 1]), 0, 0, False) for n in order]
    result = run(frames)
    assert in_sequence(result, truth) > 2
    assert all(b - a == 1 for words in result.words for a, b in zip(words, words[1:], strict=False))


def test_what_does_not_fit_is_lost_and_counted():
    rng = random.Random(4)
    truth = [message(rng, "A") for _ in range(40)]
    frames = [(frame(n + 1, truth[n:n + 1]), 20, 0, False) for n in (*range(1, 40), 0)]
    result = run(frames, depth=64)
    kept = result.counters["packets_kept"]
    assert 0 < kept < 39 and result.counters["packets_lost"] == 39 - kept
    assert in_sequence(result, truth) == 1 + kept == 1 + result.counters["packets_replayed"]


def test_nothing_of_a_bad_frame_is_kept():
    rng = random.Random(5)
    truth = [message(rng) for _ in range(4)]
    wrong = frame(3, truth[2:3])
    flipped = wrong[:-1] + bytes([wrong[-1] ^ 1])
    frames = [(frame(2, truth[1:2]), 5, 0, False), (wrong, 5, 0, True), (flipped, 5, 0, False),
              (wrong[:-3], 5, 0, False), (frame(4, truth[3:]), 5, 0, False), (frame(1, truth[:1]), 5, 0, False)]
    result = run(frames)
    assert in_sequence(result, truth) == 2
    assert result.counters["packets_kept"] == 2 and result.counters["packets_replayed"] == 1


def test_a_later_packet_does_not_bar_the_way_of_an_earlier_one():
    rng = random.Random(6)
    truth = [message(rng) for _ in range(6)]
    frames = [(frame(n + 1, truth[n:n + 1]), 30, 0, False) for n in (5, 2, 4, 1, 3)]
    result = run(frames, inject=[(600, 1, truth[0])])
    assert in_sequence(result, truth) == 6
    assert result.counters["msgs_injected"] == 1 and result.counters["packets_replayed"] == 5


@pytest.mark.parametrize("at", range(590, 660, 3))
def test_resync_in_any_cycle_of_a_replay_forgets_what_was_kept(at):
    """The number at which the feed goes on is one that a packet kept has: it must not be taken from there."""
    rng = random.Random(7)
    truth = [message(rng, "D") for _ in range(8)]
    frames = [(frame(n + 1, truth[n:n + 1]), 30, 0, False) for n in range(1, 8)]
    result = run(frames, inject=[(575, 1, truth[0]), (at + 60, 6, truth[5])], resync_at=(at, 6))
    told = [seq for _, seq, _ in result.messages]
    before = told[:-1]
    assert before == list(range(1, len(before) + 1)) and len(before) < 7 and told[-1] == 6 and result.expected == 7
    assert result.counters["msgs_injected"] == 2


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_random_losses_on_both_lines(seed, hold):
    rng = random.Random(100 + seed)
    packets, truth = [], []
    for _ in range(60):
        blocks = [message(rng) for _ in range(rng.choice((1, 1, 2, 4, 9)))]
        packets.append((len(truth) + 1, blocks))
        truth += blocks
    arrivals, seen = [], set()
    late = rng.choice((0.5, 3, 8))
    for at, (seq, blocks) in enumerate(packets):
        for line in (0, 1):
            fate = rng.random()
            if fate < 0.15:
                continue
            raw = frame(seq, blocks, line, vlan=rng.choice((None, 5)), ip_options=bytes(rng.choice((0, 0, 4))))
            bad = fate < 0.22
            if not bad:
                seen.update(range(seq, seq + len(blocks)))
            when = at + late * line + rng.random() * rng.choice((0.5, 0.5, 3))
            arrivals.append((when, raw[:-5] if bad and fate < 0.18 else raw, bad))
    frames = [(raw, rng.choice((0, 0, 3, 7, 12, 20, 60)), rng.choice((0, 0, 0, 0.2)), bad)
              for _, raw, bad in sorted(arrivals, key=lambda entry: entry[0])]
    result = run(frames, hold=hold, depth=2048)
    # What is missing on both lines, and what a bad frame brought before it was found bad.
    reach = next(n for n in range(1, len(truth) + 2) if n not in seen)
    count = in_sequence(result, truth)
    assert not result.counters["packets_lost"]
    assert count >= reach - 1 if not hold else count == reach - 1
    counters = result.counters
    assert counters["msgs_a"] + counters["msgs_b"] == count
    without = run(frames, hold=hold, enable=False)
    assert in_sequence(without, truth) <= count


@pytest.mark.parametrize("depth", [0, 32, 100])
def test_depth_is_checked(depth):
    with pytest.raises(ValueError, match=f"not {depth}"):
        Reorder(depth=depth)
