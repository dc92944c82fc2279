"""Mutated frames: the network block and the reference model agree on every one of them."""

import random
from collections import Counter

import pytest

from sim.models import net as model
from tests.gateware.net.bench import Bench, Channel, frame_words
from wire import ethernet, ipv4, udp
from wire.frame import FEED_IP, FEED_PORT, build_frame

CHANNELS = [Channel(FEED_IP, FEED_PORT, 1), Channel(FEED_IP, FEED_PORT, 0), Channel(FEED_IP + 256, FEED_PORT, 0),
            Channel(FEED_IP, FEED_PORT + 1, 0)]
MODEL_CHANNELS = [model.Channel(ip=c.ip, port=c.port, line=c.line, enable=bool(c.enable)) for c in CHANNELS]
FRAMES = 300


def base_frame(chance: random.Random) -> tuple[bytearray, int, int]:
    """Return a good or nearly good frame, where its IP and where its UDP header begin."""
    vlan = chance.choice((None, None, chance.randrange(1 << 16)))
    options = chance.choice((0, 0, 0, 4, 8, 36, 40))
    size = chance.choice((0, 1, chance.randrange(40), chance.randrange(200)))
    frame = bytearray(build_frame(
        chance.randbytes(size), vlan=vlan, ip_options=chance.randbytes(options), checksum=chance.random() < 0.7,
        dst_ip=FEED_IP + chance.choice((0, 0, 0, 256, 1)), dst_port=FEED_PORT + chance.choice((0, 0, 0, 1, 2)),
        pad=chance.random() < 0.5))
    ip = ethernet.HEADER.size + (0 if vlan is None else ethernet.VLAN_TAG.size)
    return frame, ip, ip + ipv4.HEADER.size + options


def mend(frame: bytearray, ip: int) -> None:
    """Make the IP header checksum right, whatever the header says."""
    end = ip + 4 * (frame[ip] & 15)
    field = ipv4.HEADER.field("checksum")
    frame[ip + field.offset:ip + field.end] = bytes(field.size)
    frame[ip + field.offset:ip + field.end] = ipv4.checksum(frame[ip:end]).to_bytes(field.size, "big")


def mutate(chance: random.Random) -> bytes:
    """Return a frame with zero to three things wrong with it."""
    frame, ip, inner = base_frame(chance)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        layout, base = chance.choice(((ipv4.HEADER, ip), (ipv4.HEADER, ip), (udp.HEADER, inner)))
        field = layout.field(chance.choice(layout.names))
        begin, end = base + field.offset, base + field.end
        value = int.from_bytes(frame[begin:end], "big")
        value += chance.choice((-8, -4, -1, 1, 4, 8, chance.randrange(1 << 8 * field.size)))
        match chance.randrange(8):
            case 0 | 1 | 2:
                frame[begin:end] = (value % (1 << 8 * field.size)).to_bytes(field.size, "big")
            case 3:
                frame[begin] ^= 1 << chance.randrange(8)
            case 4:
                at = chance.randrange(len(frame))
                frame[at] ^= 1 << chance.randrange(8)
            case 5:
                frame[12:14] = chance.choice((b"\x81\x00", b"\x08\x00", b"\x86\xdd", b"\x88\xa8"))
            case 6:
                del frame[chance.randrange(1, len(frame) + 1):]
            case 7:
                frame += chance.randbytes(chance.randrange(20))
        if len(frame) < inner + udp.HEADER.size:
            return bytes(frame)
        if chance.random() < 0.7:
            mend(frame, ip)
    return bytes(frame)


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("gap", [0.0, 0.2])
def test_agrees_with_the_reference_model(hold, gap):
    seed = 1000 + 2 * hold + (gap > 0)
    print(f"seed {seed}")
    chance = random.Random(seed)
    frames = [mutate(chance) for _ in range(FRAMES)]
    errors = tuple(n for n in range(FRAMES) if chance.random() < 0.05)
    wanted = [model.judge(frame, MODEL_CHANNELS, mac_error=n in errors) for n, frame in enumerate(frames)]
    bench = Bench(CHANNELS, hold=hold).play_frames(frames, gap=gap, seed=seed, errors=errors, settle=200)
    wrong = [(n, frame.hex(), judgement.fate, fate) for n, (frame, judgement, fate)
             in enumerate(zip(frames, wanted, bench.fates, strict=True)) if judgement.fate != fate]
    assert not wrong, f"frame, wanted, was: {wrong[0]}"
    assert len({judgement.fate for judgement in wanted}) == 11
    good = [datagram for datagram in bench.datagrams if datagram.good]
    assert [(d.line, d.data) for d in good] == [(j.line, j.payload) for j in wanted if j.good and j.payload]
    assert all(d.good is not None for d in bench.datagrams)
    if hold:
        assert len(good) == len(bench.datagrams)
    else:
        # The others were cut off by their headers.
        whole = [datagram for datagram in bench.datagrams if datagram.decided in set(bench.fate_cycles)]
        assert [(d.line, d.data) for d in whole] == [(j.line, j.payload) for j in wanted if j.payload]


@pytest.mark.parametrize("hold", [False, True])
def test_agrees_where_last_words_are_lost(hold):
    seed = 2000 + hold
    print(f"seed {seed}")
    chance = random.Random(seed)
    schedule, wanted, payloads = [], Counter(), []
    for _ in range(FRAMES):
        frame = mutate(chance) if chance.random() < 0.3 else bytes(base_frame(chance)[0])
        words = frame_words(frame)
        if chance.random() < 0.4 and len(words) > 1:
            schedule += words[:chance.randrange(1, len(words))]
            wanted["frames_mac_error"] += 1
        else:
            schedule += words
            judgement = model.judge(frame, MODEL_CHANNELS)
            wanted[judgement.fate] += 1
            payloads += [(judgement.line, judgement.payload)] if judgement.good and judgement.payload else []
        if chance.random() < 0.2:
            schedule += [None] * chance.randrange(20)
    schedule += frame_words(build_frame(b"end"))
    bench = Bench(CHANNELS, hold=hold).play(schedule, settle=200)
    assert Counter(bench.fates) == wanted + Counter(["frames_ok"])
    assert bench.begun == FRAMES + 1
    assert [(d.line, d.data) for d in bench.datagrams if d.good] == [*payloads, (1, b"end")]
    assert all(d.good is not None for d in bench.datagrams)
