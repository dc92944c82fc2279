import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.market.frames import LINE_A, LINE_B, SESSION, Line, build_frames
from sim.market.generator import Session, generate
from sim.market.messages import Messages
from sim.market.packets import Pack, Packets, pack_messages
from sim.market.pcap import read_capture
from sim.market.schedule import (
    CLOCK_HZ,
    Arrival,
    Pace,
    arrange,
    cycles_of,
    merge,
    schedule,
    schedule_capture,
    to_capture,
)
from wire import moldudp64
from wire.fields import WireError
from wire.frame import build_frame, parse_frame


def add(time: int, size: int = 36) -> bytes:
    return b"A\0\x01\0\0" + time.to_bytes(6, "big") + bytes(size - 11)


def payloads(frames) -> list[moldudp64.Packet]:
    return [moldudp64.unpack(parse_frame(frames[n]).payload) for n in range(len(frames))]


@pytest.fixture(scope="module")
def session() -> Messages:
    return generate(Session(messages=3000, symbols=4, seed=5))


@pytest.mark.parametrize("pack", Pack)
@pytest.mark.parametrize("line", [LINE_A, LINE_B, LINE_A.tagged(0x008D), Line(number=0, ip=0xE0000001, port=9)])
def test_frames_carry_the_messages_and_are_those_of_wire_frame(session, pack, line):
    frames = schedule(session, line, pack=pack, sequence=1001, session="S1", end_of_session=True)
    got, expected = [], 1001
    for number, packet in enumerate(payloads(frames)):
        assert packet.session == "S1" and packet.sequence == expected == frames.sequence[number]
        assert packet.count == frames.count[number]
        got += packet.messages
        expected += len(packet.messages)
        if number < 50:
            assert frames[number] == build_frame(
                moldudp64.pack("S1", packet.sequence, packet.messages, count=packet.count), dst_ip=line.ip,
                dst_port=line.port, src_ip=line.src_ip, src_port=line.src_port, vlan=line.vlan, identification=number)
    assert got == list(session)
    assert packet.count == moldudp64.END_OF_SESSION and not packet.messages


@given(st.lists(st.binary(min_size=0, max_size=60), min_size=1, max_size=30), st.integers(0, 1))
def test_checksums_are_right_for_any_bytes(bodies, tagged):
    messages = Messages.of([b"A" + body for body in bodies])
    frames = schedule(messages, LINE_A.tagged(5 if tagged else None), pack=Pack.FULL, most=3)
    assert [message for packet in payloads(frames) for message in packet.messages] == list(messages)


def test_no_udp_checksum_on_wish(session):
    frames = schedule(session, Line(number=0, ip=LINE_A.ip, port=1, checksum=False), pack=Pack.FULL)
    assert not parse_frame(frames[0]).checksum


def test_full_packets_hold_38_adds_or_69_deletes():
    adds = Messages.of([add(n) for n in range(100)])
    assert pack_messages(adds, Pack.FULL).count.tolist() == [38, 38, 24]
    frames = schedule(adds, LINE_A.tagged(0), pack=Pack.FULL)
    assert frames.length[0] == 66 + 38 * 38
    deletes = Messages.of([b"D" + bytes(18)] * 140)
    assert pack_messages(deletes, Pack.FULL).count.tolist() == [69, 69, 2]
    assert pack_messages(deletes, Pack.FULL, most=38).count.tolist() == [38, 38, 38, 26]
    assert pack_messages(deletes, Pack.FULL, most=5).count.tolist() == [5] * 28


def test_real_packets_hold_messages_of_one_instant():
    times = [0, 0, 0, 90, 101, 101, 5000, 9000, *[9050] * 60]
    packets = pack_messages(Messages.of([add(time) for time in times]), Pack.REAL)
    assert packets.first.tolist() == [0, 4, 6, 7, 45] and packets.count.tolist() == [4, 2, 1, 38, 23]


def test_packing_mistakes_are_named():
    messages = Messages.of([add(1), b"A" * 1460])
    with pytest.raises(ValueError, match="message 1 of 1460 bytes does not fit 1472"):
        pack_messages(messages)
    with pytest.raises(ValueError, match="most must be 1..65534, not 0"):
        pack_messages(messages, most=0)
    with pytest.raises(ValueError, match="packet 1 holds messages 1..2, but there are 2"):
        build_frames(messages, Packets(np.array([0, 1]), np.array([1, 2])))
    with pytest.raises(ValueError, match="sequence must be .* not 0"):
        build_frames(messages, pack_messages(messages, size=9000), sequence=0)
    with pytest.raises(WireError, match="session"):
        build_frames(messages, pack_messages(messages, size=9000), session="ELEVENCHARS")


def test_packets_may_overlap_and_hold_nothing():
    messages = Messages.of([add(n) for n in range(10)])
    packets = Packets(np.array([0, 2, 3, 8, 1]), np.array([4, 3, 0, 2, moldudp64.END_OF_SESSION]))
    got = payloads(schedule(messages, packets=packets, sequence=5))
    assert [packet.sequence for packet in got] == [5, 7, 8, 13, 6]
    assert [list(packet.messages) for packet in got] == [
        [messages[n] for n in numbers] for numbers in ([0, 1, 2, 3], [2, 3, 4], [], [8, 9], [])]


def test_nothing_to_send():
    frames = schedule(Messages.of([]))
    assert len(frames) == 0 and frames.end == 0 and frames.words == 0
    assert len(schedule(Messages.of([]), end_of_session=True)) == 1


@pytest.mark.parametrize("pace, length, cycles", [
    (Pace.ABUT, 1, 1), (Pace.ABUT, 8, 1), (Pace.ABUT, 9, 2), (Pace.ABUT, 1518, 190), (Pace.LINE_RATE, 60, 11),
    (Pace.LINE_RATE, 64, 11), (Pace.LINE_RATE, 65, 12), (Pace.LINE_RATE, 1518, 193)])
def test_a_frame_keeps_the_next_away(pace, length, cycles):
    assert pace.cycles(np.array([length])).tolist() == [cycles]


@given(st.lists(st.tuples(st.integers(1, 1600), st.integers(0, 2000)), min_size=1, max_size=60), st.sampled_from(Pace),
       st.integers(0, 50))
def test_arranged_frames_come_as_early_as_the_rules_allow(frames, pace, gap):
    length = np.array([frame[0] for frame in frames])
    earliest = np.cumsum([frame[1] for frame in frames]) // 3
    cycle, free = arrange(length, earliest, pace, gap=gap), 0
    for n in range(len(frames)):
        assert cycle[n] == max(free, earliest[n])
        free = cycle[n] + pace.cycles(length)[n] + gap


def test_gap_lets_the_book_settle(session):
    frames = schedule(session, gap=50, start=7, pace=Pace.ABUT)
    idle = np.diff(frames.cycle) - Pace.ABUT.cycles(frames.length[:-1])
    assert frames.cycle[0] == 7 and (idle == 50).all()
    with pytest.raises(ValueError, match="gap must be at least 0, not -1"):
        schedule(session, gap=-1)


def test_exchange_time_sets_the_cycles():
    messages = Messages.of([add(ns) for ns in (10**9, 10**9 + 64, 10**9 + 64_000, 10**9 + 64_001, 3 * 10**9)])
    frames = schedule(messages, arrival=Arrival.EXCHANGE, start=100)
    assert frames.cycle.tolist() == [100, 116, 10_100, 10_116, 100 + 2 * CLOCK_HZ]
    capped = schedule(messages, arrival=Arrival.EXCHANGE, start=100, max_idle=1000)
    assert capped.cycle.tolist() == [100, 116, 1110, 1126, 2110]
    packed = schedule(messages, arrival=Arrival.EXCHANGE, pack=Pack.FULL, most=2)
    assert packed.cycle.tolist() == [0, cycles_of(63_937), cycles_of(2 * 10**9 - 64)]


def test_idle_times_are_filled_with_heartbeats():
    messages = Messages.of([add(ns) for ns in (0, 640, 6400, 64_000)])
    frames = schedule(messages, arrival=Arrival.EXCHANGE, heartbeat=500, sequence=70, start=9, end_of_session=True)
    assert (frames.cycle - 9).tolist() == [0, 100, 600, 1000, *range(1500, 10_000, 500), 10_000, 10_016]
    assert frames.count.tolist() == [1, 1, 0, 1, *[0] * 17, 1, 0xFFFF]
    assert frames.sequence.tolist() == [70, 71, 72, 72, *[73] * 17, 73, 74]
    assert all(packet.sequence in range(70, 75) for packet in payloads(frames))
    with pytest.raises(ValueError, match="every must be at least 1, not 0"):
        schedule(messages, arrival=Arrival.EXCHANGE, heartbeat=0)


@given(st.integers(0, 86_400 * 10**9), st.integers(1, 10**9))
def test_cycles_are_exact(ns, clock_hz):
    assert int(cycles_of(ns, clock_hz)) == ns // 10**9 * clock_hz + ns % 10**9 * clock_hz // 10**9
    assert abs(int(cycles_of(ns, clock_hz)) - ns * clock_hz // 10**9) <= 1


def test_two_lines_share_the_port(session):
    a, b = schedule(session, LINE_A), schedule(session, LINE_B, start=40)
    both = merge([a, b], Pace.LINE_RATE)
    assert len(both) == 6000 and both.words == a.words + b.words
    assert (np.diff(both.cycle) >= Pace.LINE_RATE.cycles(both.length[:-1])).all()
    for number, (line, one) in enumerate(((LINE_A, a), (LINE_B, b))):
        mine = both.select(both.line == number)
        assert (mine.cycle >= one.cycle).all()
        assert [mine[n] for n in range(0, 3000, 100)] == [one[n] for n in range(0, 3000, 100)]
        assert parse_frame(mine[0]).dst_ip == line.ip
    assert [both.line[0], both.line[1], both.sequence[0]] == [0, 0, 1]
    with pytest.raises(ValueError, match="nothing to merge"):
        merge([])


def test_merged_frames_keep_their_order_at_the_same_cycle(session):
    first = session.select(slice(0, 3))
    both = merge([schedule(first, LINE_A), schedule(first, LINE_B)], Pace.ABUT)
    assert both.line.tolist()[:2] == [0, 1] and both.sequence.tolist() == [1, 1, 2, 2, 3, 3]


def test_a_capture_becomes_a_schedule_and_back(session):
    both = merge([schedule(session, LINE_A, arrival=Arrival.EXCHANGE, pack=Pack.REAL),
                  schedule(session, LINE_B.tagged(7), arrival=Arrival.EXCHANGE, pack=Pack.REAL, start=200)])
    capture = to_capture(both, epoch_ns=10**18)
    assert capture.time[0] == 10**18 + both.cycle[0] * 32 // 5
    again = schedule_capture(capture)
    for name in ("line", "sequence", "count", "length", "error"):
        assert np.array_equal(getattr(again, name), getattr(both, name)), name
    assert (np.abs(again.cycle - (both.cycle - both.cycle[0])) <= 1).all()
    assert [again[n] for n in range(0, len(again), 50)] == [both[n] for n in range(0, len(both), 50)]


def test_genuine_datagrams_are_made_byte_for_byte(data_dir):
    capture = read_capture(data_dir / "pcaps/nasdaq_itch50/Multiple.Packets.pcap")
    for number in range(len(capture)):
        genuine = parse_frame(capture[number])
        packet = moldudp64.unpack(genuine.payload)
        line = Line(number=0, ip=genuine.dst_ip, port=genuine.dst_port, src_ip=genuine.src_ip, vlan=genuine.vlan,
                    src_port=genuine.src_port)
        frames = schedule(Messages.of(packet.messages), line, pack=Pack.FULL, session=packet.session,
                          sequence=packet.sequence)
        begin = genuine.payload_offset - 8      # the UDP header, whose checksum knows the addresses and the payload
        assert len(frames) == 1 and frames[0][begin:] == capture[number][begin:]


def test_genuine_captures_become_schedules(data_dir):
    capture = read_capture(data_dir / "pcaps/nasdaq_itch50/Multiple.Packets.pcap")
    frames = schedule_capture(capture)
    assert frames.count.tolist() == [1, 38] and frames.sequence[0] == 14_764_496 and frames.line.tolist() == [0, 0]
    assert frames.cycle[1] == cycles_of(capture.time[1] - capture.time[0])
    assert schedule_capture(capture, max_idle=500).cycle.tolist() == [0, 500]
    other = schedule_capture(read_capture(data_dir / "pcaps/bx_itch50_zeroed/OrderDeleteMessage.pcap"))
    assert set(other.sequence.tolist()) == {-1} and len(other) == 5


def test_default_session_name_fits():
    assert len(SESSION) == 10
