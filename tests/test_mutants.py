"""Seeded bugs in the gateware, each of which a test must catch (``make mutants``).

Among them are those that public FPGA books are known for: a Delete that is missing or clears its level, an execution
that wipes the order, a side taken from the message, an order table indexed by low bits. Those of network, feed and
link lose, repeat or trust what they should not: a message at one alignment, a number ahead, a session, a checksum.
"""

import pytest

from tests.mutation import Mutant, misfit, seeded

BOOK = "tests/gateware/book/test_book.py"
SETTLED = f"{BOOK}::test_settled_records_show_the_whole_book_after_every_message"
PACKED = f"{BOOK}::test_packed_messages_never_show_a_false_level"
ORDERS, LEVELS, DECODE = "gateware/book/orders.py", "gateware/book/levels.py", "gateware/book/decode.py"
SCAN, FAR, TOP = "gateware/book/scan.py", "gateware/book/far.py", "gateware/book/book.py"

HEADERS, FATE, HOLD = "gateware/net/headers.py", "gateware/net/fate.py", "gateware/net/hold.py"
CHANNELS, CHECKSUM = "gateware/net/channels.py", "gateware/net/checksum.py"
FRAMES, HELD = "tests/gateware/net/test_net.py", "tests/gateware/net/test_hold.py"
SHAPES = f"{FRAMES}::test_payload_of_every_shape_and_size_comes_out_one_cycle_later"
FATES = f"{FRAMES}::test_every_frame_has_the_fate_that_was_found_first"
CONDEMNED = f"{FRAMES}::test_bad_headers_cut_the_datagram_before_its_third_word"

EXTRACTOR, MOLD, ARBITER = "gateware/feed/extractor.py", "gateware/feed/mold.py", "gateware/feed/arbiter.py"
PACKETS, WATCH, INJECT = "gateware/feed/packets.py", "gateware/feed/watch.py", "gateware/feed/inject.py"
LINES = "tests/gateware/feed/test_feed.py"
EVERY_LANE = f"{LINES}::test_every_type_alone_at_every_lane"
LENGTHS = f"{LINES}::test_lengths_that_do_not_fit_their_type"
LOSSY, LAGS = f"{LINES}::test_two_lossy_lines", f"{LINES}::test_a_line_that_lags_fills_the_gaps_of_the_other"
OLD = f"{LINES}::test_old_messages_are_skipped_one_by_one"
SESSION = f"{LINES}::test_session_is_learned_from_a_good_packet_only"
SILENCE, ENDS = f"{LINES}::test_silence_is_noticed_and_ends", f"{LINES}::test_end_of_session_and_what_clears"
REORDER, KEPT = "gateware/feed/reorder.py", "tests/gateware/feed/test_reorder.py"
RING, RINGS = "gateware/link/ring.py", "tests/gateware/link/test_ring.py"

BOOK_MUTANTS = (
    Mutant("Delete is missing", DECODE, '"D": Kind.DELETE,\n', "\n", SETTLED),
    Mutant("Cancel is missing", DECODE, '"X": Kind.REDUCE, ', "", SETTLED),
    Mutant("execution wipes the order", ORDERS, "dies.eq(~reduce | (asked >= entry.shares))", "dies.eq(1)", SETTLED),
    Mutant("Delete clears the level", LEVELS, "new_cell.orders.eq(orders)",
           "new_cell.orders.eq(Mux(change.orders[-1], 0, orders))", SETTLED),
    Mutant("side taken from the message", ORDERS, "Mux(inserts, insert_side, entry.side)", "insert_side", SETTLED),
    Mutant("new order of a Replace always buys", ORDERS, "Mux(op[3].kind == Kind.IN, entry.side, op[3].side)",
           "Mux(op[3].kind == Kind.IN, 0, op[3].side)", SETTLED),
    Mutant("Replace leaves the old order", DECODE, '"U": Kind.OUT}', '"U": Kind.NONE}', SETTLED),
    Mutant("unknown reference taken for known", ORDERS, "found.eq(exists & (entry.symbol == symbol_4) & op_4.ref_fits)",
           "found.eq(1)", f"{PACKED}[options1]"),
    Mutant("low bits index the table", ORDERS, "                    folded = folded ^ tag[tap]\n",
           "                    folded = folded\n", f"{BOOK}::test_references_that_differ_by_a_stride_all_find_room"),
    Mutant("duplicate Add taken", ORDERS, "self.insert_on_grid & ~exists & fits",
           "self.insert_on_grid & fits", f"{BOOK}::test_a_reference_in_use_is_refused"),
    Mutant("full table goes unmarked", ORDERS, "m.d.sync += [events.orders_table_full.eq(1), incomplete.eq(1)]",
           "m.d.sync += [events.orders_table_full.eq(1)]",
           f"{BOOK}::test_a_full_table_is_counted_and_marks_the_symbol_incomplete"),
    Mutant("order of zero shares taken", ORDERS, "~op[3].ref_fits | (op[3].shares == 0)", "~op[3].ref_fits",
           f"{BOOK}::test_an_order_of_zero_shares_is_refused"),
    Mutant("order of the operation before unseen", ORDERS, "for distance in range(1, 6):\n",
           "for distance in range(2, 6):\n", f"{BOOK}::test_an_order_may_be_replaced_and_deleted_two_cycles_later"),
    Mutant("order three operations before unseen", ORDERS, "forward[2:].any() & far_forward.exists", "0",
           f"{PACKED}[options3]"),
    Mutant("cell two operations before unseen", LEVELS, "for d in (4, 3, 2):\n            cell_choice",
           "for d in (4, 3):\n            cell_choice", f"{PACKED}[options3]"),
    Mutant("word of the operation before unseen", LEVELS, "word.eq(Mux(same_word_7, new_word, base_word))",
           "word.eq(base_word)", SETTLED),
    Mutant("summary two operations before unseen", LEVELS, "settled_summary.eq(settle(summary, settles))",
           "settled_summary.eq(summary)", f"{BOOK}::test_a_sweep_by_packed_deletes_leaves_every_best_price_exact"),
    Mutant("summary three operations before unseen", LEVELS, "settle(summary_read.data, Mux(same_row_3, select[8], 0))",
           "summary_read.data", PACKED),
    Mutant("cell read while it is written taken for true", LEVELS, "keep.eq(behind_same.any())",
           "keep.eq(behind_same[0])", f"{BOOK}::test_a_sweep_by_packed_deletes_leaves_every_best_price_exact"),
    Mutant("word read while it is written taken for true", LEVELS, "Mux(garbled, later_word[10], other_word)",
           "other_word", PACKED),
    Mutant("scan shows what changed behind it", SCAN, "m.d.sync += known.limit.eq(levels.touch_rank)",
           "m.d.sync += known.limit.eq(known.limit)", PACKED),
    Mutant("level better than the window ignored", FAR, "better[n].eq(~outside)", "better[n].eq(0)",
           f"{PACKED}[options2]"),
    Mutant("best of a row from its first word only", LEVELS, "take_own.eq(own_stands & own_before_other",
           "take_own.eq(own_stands", SETTLED),
    Mutant("non-printable execution taken for a trade", DECODE,
           "is_[\"C\"] & (message[MESSAGES[\"C\"].field(\"printable\").offset] == ord(\"Y\"))", "is_[\"C\"]",
           f"{PACKED}[options0]"),
    Mutant("crossed book goes unmarked", "gateware/book/publish.py", "(offsets[0] >= offsets[1])",
           "(offsets[0] > offsets[1] + 7)", f"{BOOK}::test_a_crossed_book_says_so"),
)


NET_MUTANTS = (
    Mutant("VLAN tag not counted in the length", HEADERS, "Mux(tagged, ethernet.VLAN_TAG.size, 0)", "0", SHAPES),
    Mutant("VLAN tag ignored where the IP header ends", HEADERS, "Mux(tagged, 1, 0) - 4", "0 - 4", SHAPES),
    Mutant("IP options taken for payload", HEADERS, "groups.eq(header_length + ", "groups.eq(5 + ", SHAPES),
    Mutant("second VLAN tag taken", HEADERS, "(inner_type != ethernet.EtherType.IPV4)",
           "(inner_type != ethernet.EtherType.IPV4) & (inner_type != ethernet.EtherType.VLAN)", FATES),
    Mutant("first of many fragments taken", HEADERS, "ipv4.FRAGMENT_MASK", "0x1fff", FATES),
    Mutant("truncated frame taken", HEADERS, "truncated.eq(~whole)", "truncated.eq(0)",
           f"{FRAMES}::test_truncation_at_every_byte"),
    Mutant("last byte of odd payloads not summed", HEADERS, "(last_lane >= 2 * n + k)", "(last_lane > 2 * n)", SHAPES),
    Mutant("IP checksum not checked", FATE, "self.missed | ~self.ip_holds)", "self.missed)", CONDEMNED),
    Mutant("UDP checksum not checked", FATE, "sound & (unsummed | self.udp_holds)", "sound", FATES),
    Mutant("MAC error ignored", FATE, "frames_mac_error.eq(waiting.error)", "frames_mac_error.eq(0)",
           f"{FRAMES}::test_mac_error_is_a_fate_of_frames_that_are_otherwise_good"),
    Mutant("carries of the checksum lost", CHECKSUM, "zip(low, high, strict=True)", "zip(low, ~low, strict=True)",
           "tests/gateware/net/test_checksum.py"),
    Mutant("channel that is not enabled taken", CHANNELS, "entry.enable & (entry.ip", "(entry.ip",
           "tests/gateware/net/test_channels.py"),
    Mutant("port of the frame before remembered", CHANNELS, ", port_fits[n].eq(0)]", "]",
           "tests/gateware/net/test_channels.py"),
    Mutant("hold releases a bad frame", HOLD, "[write.eq(commit), rest.eq(0)]", "commit.eq(next_write)",
           f"{HELD}::test_bad_frames_leave_no_trace"),
    Mutant("hold takes force in mid-frame", HOLD, "~(under_way | self.i.valid | done", "~(self.i.valid | done",
           f"{HELD}::test_hold_takes_force_between_abutting_frames"),
    Mutant("hold forgets that it overflowed", HOLD, "m.d.sync += self.overflow.eq(1)",
           "m.d.sync += self.overflow.eq(0)", f"{HELD}::test_a_datagram_beyond_the_memory_is_dropped_and_counted"),
)

FEED_MUTANTS = (
    Mutant("message that ends at one alignment lost", EXTRACTOR,
           "at_last[k] & present[k] for k in range(LANES)", "at_last[k] & present[k] for k in range(LANES - 1)",
           EVERY_LANE),
    Mutant("length prefix split between words misread", EXTRACTOR,
           "arriving[k - 1] if k else word[LANES - 1]", "arriving[k - 1] if k else 0", LENGTHS),
    Mutant("length prefix a word behind its block missed", EXTRACTOR, "late[k].eq(at_end >= LANES - LENGTH_BYTES)",
           "late[k].eq(at_end > LANES - LENGTH_BYTES)", f"{LINES}::test_shortest_messages_and_deletes_back_to_back"),
    Mutant("blocks behind the count taken", EXTRACTOR, "~(ending & self.final)", "~(ending & 0)",
           f"{LINES}::test_blocks_behind_the_count_are_no_messages"),
    Mutant("message of wrong length presented", EXTRACTOR, "(kind == ord(letter)) & (length == size)",
           "(kind == ord(letter)) & (length >= size)", LENGTHS),
    Mutant("heartbeat taken for data", MOLD, "self.none.eq((self.count == HEARTBEAT) | ", "self.none.eq(", LOSSY),
    Mutant("end of session taken for data", MOLD, " | (self.count == END_OF_SESSION)),", "),", ENDS),
    Mutant("old part of a packet taken twice", ARBITER, "taking.eq(matches & equal)", "taking.eq(matches & ~leads)",
           OLD),
    Mutant("partly old packet dropped whole", ARBITER, "[old.eq(0), taking.eq(1)]", "old.eq(1)", OLD),
    Mutant("one old message too many skipped", ARBITER, "with m.If(skip == 1):", "with m.If(skip == 0):", OLD),
    Mutant("message ahead taken", ARBITER, "taking.eq(matches & equal)", "taking.eq(matches & (equal | leads))", LAGS),
    Mutant("numbers compared in their low half", ARBITER, "equal.eq(rest_zero & ~high[0] & ~borrow & ",
           "equal.eq(~borrow & ", f"{LINES}::test_numbers_around_halves_of_the_counter"),
    Mutant("session change ignored", ARBITER, "matches.eq(same | ~self.session_known)", "matches.eq(1)", SESSION),
    Mutant("last byte of the session not compared", ARBITER, "same_bytes.all()", "same_bytes[:-1].all()",
           f"{LINES}::test_a_session_that_differs_in_one_byte_is_another"),
    Mutant("resync keeps the session", ARBITER, "m.d.sync += self.session_known.eq(0)",
           "m.d.sync += self.session_known.eq(self.session_known)", SESSION),
    Mutant("bad packet believed", PACKETS, "done[-1] & ~bad[-1] & ~self.ignored", "done[-1] & ~self.ignored", SESSION),
    Mutant("messages of a bad frame make nothing suspect", PACKETS, "bad[-1] & some", "0",
           LOSSY),
    Mutant("gap not opened by a heartbeat", PACKETS, "heard.eq(own)", "heard.eq(own & ~self.none)",
           f"{LINES}::test_gap_goes_stale_by_packets"),
    Mutant("gap counted for every packet ahead", WATCH, "heard[-1] & behind & ~self.gap", "heard[-1] & behind", LAGS),
    Mutant("gap counted once and for all", WATCH, "m.d.sync += [self.gap.eq(0), self.stale.eq(0)]",
           "m.d.sync += self.stale.eq(0)", LAGS),
    Mutant("progress does not restart the window", WATCH, "~self.gap | closes | progress[-1]", "~self.gap | closes",
           f"{LINES}::test_progress_restarts_the_window"),
    Mutant("heartbeat does not end silence", PACKETS, "heard.eq(own)", "heard.eq(own & ~self.heartbeat)", SILENCE),
    Mutant("injected message ahead taken", INJECT, "pieces.all() & possible", "pieces[2:].all() & possible",
           f"{LINES}::test_injected_messages_fill_a_gap_under_saturated_lines"),
    Mutant("message injected in the midst of a datagram", INJECT, "self.i.valid | under_way | self.short",
           "self.i.valid | self.short", f"{LINES}::test_injection_among_random_traffic"),
)

REORDER_MUTANTS = (
    Mutant("bad packet kept", REORDER, "good << 1) | (self.i.verdict_done & ~self.i.verdict_bad)",
           "good << 1) | self.i.verdict_done", f"{KEPT}::test_nothing_of_a_bad_frame_is_kept"),
    Mutant("resync leaves what was kept", REORDER, "m.d.sync += dropping.eq(1)", "m.d.sync += dropping.eq(0)",
           f"{KEPT}::test_resync_in_any_cycle_of_a_replay_forgets_what_was_kept"),
    Mutant("replay goes on behind a word it lost", REORDER, "held_valid & clear & ~(drove & ~landed)", "held_valid",
           f"{KEPT}::test_random_losses_on_both_lines"),
    Mutant("packet kept over another", REORDER, "full.eq((write ^ head) == self.depth)", "full.eq(0)",
           f"{KEPT}::test_what_does_not_fit_is_lost_and_counted"),
    Mutant("only the oldest packet is tried", REORDER, "[judging.eq(0), scan.eq(passed)]", "[judging.eq(0)]",
           f"{KEPT}::test_a_later_packet_does_not_bar_the_way_of_an_earlier_one"),
)

LINK_MUTANTS = (
    Mutant("ring does not wrap where the host says", RING, "Cat(index, slot & mask)", "Cat(index, slot)", RINGS),
    Mutant("notice in the midst of a record", RING, "waits & ~begun & ", "waits & ", RINGS),
    Mutant("record numbered before its last word", RING, "with m.If(self.record.p.last):",
           "with m.If(self.record.p.index == 2):", RINGS),
    Mutant("lost notice not counted", RING, "self.notice.valid & ~notices.w_rdy", "0", RINGS),
)

MUTANTS = BOOK_MUTANTS + NET_MUTANTS + FEED_MUTANTS + REORDER_MUTANTS + LINK_MUTANTS


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_seeded_bug_is_caught(mutant, tmp_path):
    caught, said = seeded(mutant, tmp_path)
    assert caught, f"{mutant.test} passes, or did not run:\n{said}"


def test_every_mutant_still_applies():
    """Cheap, so that the list does not rot between runs of ``make mutants``."""
    assert [found for mutant in MUTANTS if (found := misfit(mutant))] == []
