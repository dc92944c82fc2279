import re

import numpy as np
import pytest

from sim.market.faults import Faults, LineFaults, parse_faults
from sim.market.frames import LINE_A, LINE_B, Line
from sim.market.generator import Session, generate
from sim.market.packets import Pack
from sim.market.schedule import Pace, merge, schedule
from sim.models.feed import ReferenceFeed
from sim.models.net import Channel, judge

CHANNELS = [Channel(ip=line.ip, port=line.port, line=line.number) for line in (LINE_A, LINE_B)]
BAD_FATES = {"frames_ip_version", "frames_ip_checksum", "frames_mac_error", "frames_udp_checksum", "frames_truncated",
             "frames_runt", "frames_fragment", "frames_length", "frames_not_for_us"}


@pytest.fixture(scope="module")
def lines():
    messages = generate(Session(messages=8000, symbols=4, seed=5))
    return schedule(messages, LINE_A), schedule(messages, LINE_B, start=20)


def fates(frames) -> list[str]:
    return [judge(frames[n], CHANNELS, mac_error=bool(frames.error[n])).fate for n in range(len(frames))]


def test_a_specification_is_read():
    faults = parse_faults("a:loss=0.01, dup=0.002,reorder=1,reorder_by=5,delay=200,jitter=7,corrupt=0.5,truncate=0.25,"
                          "mac=0,silence=1000-2000+5-5;b:loss=0;both:loss=0.5,silence=0-0; seed=7;")
    assert faults == Faults(
        a=LineFaults(loss=0.01, dup=0.002, reorder=1, reorder_by=5, delay=200, jitter=7, corrupt=0.5, truncate=0.25,
                     mac=0, silence=((1000, 2000), (5, 5))),
        both=LineFaults(loss=0.5, silence=((0, 0),)), seed=7)
    assert parse_faults("") == Faults() and parse_faults("seed=0").seed == 0


@pytest.mark.parametrize("text, told", [
    ("a:loss=1.5", "a: loss must be a number 0..1, not '1.5'"), ("a:loss=x", "a: loss must be a number 0..1, not 'x'"),
    ("a:loss=nan", "a: loss must be a number 0..1, not 'nan'"),
    ("b:loss", "b: loss has no value"), ("a:lose=1", "a: key must be one of loss, dup, .*, not 'lose'"),
    ("c:loss=1", "section must be a, b or both, not 'c'"), ("a:loss=0;a:dup=0", "section a is given twice"),
    ("a:loss=0,loss=0", "a: loss is given twice"), ("a:delay=-1", "a: delay must be a whole number, not '-1'"),
    ("a:silence=7", "a: silence must be FIRST-LAST, not '7'"), ("a:silence=9-3", "FIRST <= LAST, not 9-3"),
    ("a:reorder_by=0", "a: reorder_by must be at least 1, not 0"), ("seed=x", "seed must be a whole number, not 'x'"),
    ("both:dup=0.1", "both: key must be one of loss, silence, not 'dup'"), ("loss=1", "'loss=1' is neither a section"),
    ("a:silence=a-9", "a: silence must be a whole number, not 'a'")])
def test_a_wrong_specification_is_told_by_key_and_value(text, told):
    with pytest.raises(ValueError, match=f"^faults: .*{told}"):
        parse_faults(text)


def test_wrong_values_are_refused_without_a_parser_too():
    with pytest.raises(ValueError, match="corrupt must be 0..1, not -1"):
        LineFaults(corrupt=-1)
    with pytest.raises(ValueError, match="both takes only loss and silence"):
        Faults(both=LineFaults(delay=1))
    with pytest.raises(ValueError, match="seed must be at least 0, not -3"):
        Faults(seed=-3)


def test_no_faults_change_nothing(lines):
    got, reports = Faults().apply_reported(lines)
    expected = merge(lines)
    for name in ("data", "offset", "length", "cycle", "error", "line", "sequence"):
        assert np.array_equal(getattr(got, name), getattr(expected, name)), name
    for report in reports:
        assert report.counts["delivered"] == report.counts["frames"] == 8000 and sum(report.counts.values()) == 16000


def test_counts_are_likely_and_add_up(lines):
    faults = parse_faults("a:loss=0.1,dup=0.05,reorder=0.04,delay=99,jitter=30,corrupt=0.06,truncate=0.03,"
                          "silence=100-299+7990-9000;b:dup=0.2;both:loss=0.02;seed=3")
    got, (a, b) = faults.apply_reported(lines, Pace.ABUT)
    one = a.counts
    assert one["frames"] + one["duplicated"] == one["delivered"] + one["lost"] + one["silenced"] + one["lost_both"]
    assert len(a.gone) == one["lost"] + one["silenced"] + one["lost_both"]
    assert one["silenced"] == 210 - np.isin(a.gone, np.r_[100:300, 7990:8000]).sum() + one["silenced"]
    for name, chance, of in (("lost", 0.1, 7600), ("duplicated", 0.05, 6900), ("corrupted", 0.06, 7200),
                             ("truncated", 0.03, 6800), ("lost_both", 0.02, 8000), ("reordered", 0.038, 6900)):
        assert one[name] == pytest.approx(chance * of, rel=0.25), name
    assert one["mac_errors"] == pytest.approx((one["corrupted"] + one["truncated"]) / 2, rel=0.2)
    assert b.counts["lost_both"] == one["lost_both"] and b.counts["lost"] == 0
    assert len(got) == one["delivered"] + b.counts["delivered"]
    assert (np.diff(got.cycle) >= Pace.ABUT.cycles(got.length[:-1])).all()


def test_the_same_seed_gives_the_same_frames_and_another_does_not(lines):
    text = "a:loss=0.1,dup=0.1,reorder=0.1,jitter=50,corrupt=0.1,truncate=0.1;b:corrupt=0.1;both:loss=0.1;seed={}"
    one, again, other = (parse_faults(text.format(seed)).apply(lines) for seed in (1, 1, 2))
    for name in ("data", "offset", "length", "cycle", "error", "line"):
        assert np.array_equal(getattr(one, name), getattr(again, name)), name
    assert not np.array_equal(one.sequence, other.sequence)


def test_one_fault_does_not_move_another(lines):
    alone = parse_faults("a:loss=0.1").apply_reported(lines)[1][0]
    more = parse_faults("a:loss=0.1,dup=0.5,corrupt=0.5,delay=9;b:loss=0.5").apply_reported(lines)[1][0]
    assert np.array_equal(alone.gone, more.gone)


def test_reordering_exchanges_near_frames(lines):
    got, (report,) = Faults(a=LineFaults(reorder=0.05, reorder_by=2)).apply_reported(lines[:1])
    moved = np.flatnonzero(got.sequence != lines[0].sequence)
    assert len(moved) == 2 * report.counts["reordered"] > 500
    assert np.abs(got.sequence - lines[0].sequence).max() == 2
    assert sorted(got.sequence) == lines[0].sequence.tolist()


def test_delay_and_jitter_keep_the_order(lines):
    spaced = lines[0].delayed(0)
    got = Faults(a=LineFaults(delay=100, jitter=40)).apply([spaced], Pace.ABUT)
    late = got.cycle - spaced.cycle
    assert np.array_equal(got.sequence, spaced.sequence) and late.min() >= 100
    assert late[:1000].max() > 110


def test_duplicates_follow_soon(lines):
    got, (report,) = Faults(a=LineFaults(dup=0.1)).apply_reported(lines[:1])
    assert len(got) == 8000 + report.counts["duplicated"]
    assert np.array_equal(np.unique(got.sequence), lines[0].sequence)


@pytest.mark.parametrize("line", [LINE_A, LINE_A.tagged(0x8D)])
def test_every_damaged_frame_is_found_bad_and_every_other_good(line):
    messages = generate(Session(messages=4000, symbols=2, seed=8))
    frames = schedule(messages, line, pack=Pack.FULL, most=2)
    got, (report,) = Faults(a=LineFaults(corrupt=0.5, truncate=0.3, mac=0.3)).apply_reported([frames])
    bad = 0
    for fate in fates(got):
        assert fate == "frames_ok" or fate in BAD_FATES
        bad += fate != "frames_ok"
    assert bad == report.counts["corrupted"] + report.counts["truncated"] == len(report.damaged)
    assert len(frames) == len(got)


def test_damage_leaves_the_original_alone(lines):
    before = lines[0].data.copy()
    Faults(a=LineFaults(corrupt=1)).apply(lines[:1])
    assert np.array_equal(before, lines[0].data)


def test_frames_without_udp_checksum_are_corrupted_with_a_mac_error_only():
    messages = generate(Session(messages=500, symbols=2))
    frames = schedule(messages, Line(number=0, ip=LINE_A.ip, port=LINE_A.port, checksum=False))
    got, (report,) = Faults(a=LineFaults(corrupt=1, mac=0)).apply_reported([frames])
    assert got.error.all() and report.counts["mac_errors"] == 500


def test_both_lines_lose_the_same_packets(lines):
    got, (a, b) = parse_faults("both:loss=0.01,silence=500-600").apply_reported(lines)
    assert np.array_equal(a.gone, b.gone) and set(range(500, 601)) <= set(a.gone.tolist())
    assert np.array_equal(np.setdiff1d(lines[0].sequence, got.sequence), lines[0].sequence[a.gone])


def taken(frames) -> list[int]:
    """Sequence numbers that net and arbiter, as the reference has them, take from ``frames``."""
    feed, numbers = ReferenceFeed(), []
    for n in range(len(frames)):
        verdict = judge(frames[n], CHANNELS, mac_error=bool(frames.error[n]))
        if verdict.payload is not None and verdict.line is not None:
            numbers += [message.seq for message in feed.datagram(verdict.line, verdict.payload, good=verdict.good)]
    return numbers


def test_a_good_late_line_makes_up_for_all_that_a_bad_one_does(lines):
    faults = parse_faults("a:loss=0.05,dup=0.05,reorder=0.05,corrupt=0.05,truncate=0.05,jitter=40,"
                          "silence=2000-2500;seed=2")
    late = lines[1].delayed(3000)
    assert taken(faults.apply([lines[0], late])) == list(range(1, 8001))


def test_what_both_lines_lose_stops_the_feed(lines):
    got, (report, _) = parse_faults("both:silence=4321-4330;seed=2").apply_reported(lines)
    assert taken(got) == list(range(1, 4322)) and report.gone.tolist() == list(range(4321, 4331))


def test_both_needs_the_same_packets_on_both_lines(lines):
    with pytest.raises(ValueError, match="the lines carry different packets"):
        parse_faults("both:loss=0.1").apply([lines[0], lines[1].select(slice(1, None))])
    with pytest.raises(ValueError, match=re.escape("not 3")):
        Faults().apply([lines[0]] * 3)
