"""Breaks: those that were made are found, each as what it is, and no others."""

import io
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.positions.endofday import EndOfDayError, read_end_of_day, write_end_of_day
from host.positions.positions import Positions
from host.positions.reconcile import Break, BreakKind, Statement, reconcile
from host.positions.trade import Trade
from tests.host.positions.bookings import bust, fill, random_bookings
from wire.risk import Side

KIND = BreakKind


def folded(bookings):
    positions = Positions()
    for one in bookings:
        positions.book(one)
    return positions


def statement(positions, **more):
    """What a venue says with which nothing went wrong."""
    return Statement(list(positions.trades()), {(one.account, one.symbol): one.shares for one in positions}, **more)


def as_file(told, path):
    """The statement after it was written to a file and read again."""
    with path.open("w") as file:
        write_end_of_day(file, told.trades, told.positions, "A{}".format, "S{}".format)
    return read_end_of_day(path, lambda name: int(name.removeprefix("A")), lambda name: int(name.removeprefix("S")))


def spoil(trade, kind, chance):
    """Return the trade as the other side has it after a break of this kind, and the break."""
    changed = {
        KIND.ACCOUNT: lambda: {"account": 1 - trade.account}, KIND.SYMBOL: lambda: {"symbol": 1 - trade.symbol},
        KIND.SIDE: lambda: {"side": chance.choice([side for side in Side if side != trade.side])},
        KIND.SHARES: lambda: {"shares": trade.shares + chance.randint(1, 9)},
        KIND.PRICE: lambda: {"price": trade.price + chance.randint(1, 9)},
        KIND.FEE: lambda: {"fee": trade.fee - chance.randint(1, 9)}}[kind]()
    (name, value), = changed.items()
    return replace(trade, **changed), Break(kind, trade.exec_id, trade.account, trade.symbol,
                                            int(getattr(trade, name)), int(value))


@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 40), breaks=st.integers(0, 12), by_file=st.booleans())
@settings(max_examples=150, deadline=None, print_blob=True)
def test_the_breaks_that_were_made_are_found_and_only_they(tmp_path_factory, seed, count, breaks, by_file):
    chance = random.Random(seed)
    ours = folded(random_bookings(seed, count))
    here = {trade.exec_id: trade for trade in ours.trades()}
    there, made = dict(here), []
    for exec_id in chance.sample(sorted(here), min(breaks, len(here))):
        trade = here[exec_id]
        pair = trade.account, trade.symbol
        match chance.choice(("here", "there", "bust", "fields")):
            case "here":
                del here[exec_id]
                made += [] if trade.busted else [Break(KIND.MISSING_HERE, exec_id, *pair, None, trade.signed_shares)]
            case "there":
                del there[exec_id]
                made += [] if trade.busted else [Break(KIND.MISSING_THERE, exec_id, *pair, trade.signed_shares, None)]
            case "bust":
                there[exec_id] = replace(trade, busted=not trade.busted)
                made.append(Break(KIND.BUSTED_HERE if trade.busted else KIND.BUSTED_THERE, exec_id, *pair,
                                  trade.signed_shares, there[exec_id].signed_shares))
            case "fields" if not trade.busted:
                for kind in chance.sample((KIND.ACCOUNT, KIND.SYMBOL, KIND.SIDE, KIND.SHARES, KIND.PRICE, KIND.FEE),
                                          chance.randint(1, 3)):
                    there[exec_id], one = spoil(there[exec_id], kind, chance)
                    made.append(replace(one, account=trade.account, symbol=trade.symbol))
    positions = [Sum(*pair, shares) for pair, shares in sums(here.values()).items()]
    held = sums(there.values())
    for pair in chance.sample([(a, s) for a in (0, 1) for s in (0, 1)], chance.choice((0, 0, 1, 2))):
        before = held.get(pair, 0)
        held[pair] = before + chance.choice((-7, 3))
        mine = next((one.shares for one in positions if (one.account, one.symbol) == pair), 0)
        made.append(Break(KIND.POSITION, "", *pair, mine, held[pair]))
    told = Statement(list(there.values()), held)
    if by_file:
        told = as_file(told, tmp_path_factory.mktemp("day") / "end.csv")
    found = reconcile(here.values(), positions, told)
    assert sorted(map(repr, found)) == sorted(map(repr, made))


class Sum:
    """As much of a position as is reconciled."""

    def __init__(self, account, symbol, shares):
        self.account, self.symbol, self.shares = account, symbol, shares


def sums(trades):
    found = {}
    for trade in trades:
        pair = trade.account, trade.symbol
        sign = 0 if trade.busted else 1 if trade.side == Side.BUY else -1
        found[pair] = found.get(pair, 0) + sign * trade.shares
    return found


@given(seed=st.integers(0, 1 << 32), count=st.integers(0, 40))
@settings(max_examples=60, deadline=None, print_blob=True)
def test_where_nothing_went_wrong_there_are_no_breaks(tmp_path_factory, seed, count):
    ours = folded(random_bookings(seed, count))
    assert reconcile(ours.trades(), ours, statement(ours)) == []
    assert reconcile(ours.trades(), ours, as_file(statement(ours), tmp_path_factory.mktemp("day") / "end.csv")) == []


def test_what_counts_for_none_is_no_break():
    a = fill("A", 100, 10_000)
    ours = folded([a, bust("B", a)])
    trade, = ours.trades()
    assert reconcile([trade], ours, Statement([replace(trade, shares=7)], {})) == []
    assert reconcile([trade], ours, Statement([], {})) == reconcile([], ours, Statement([trade], {})) == []


def test_a_wrong_position_that_the_trades_do_not_explain_is_a_break_of_its_own():
    ours = folded([fill("A", 100, 10_000), fill("B", 50, 10_000)])
    a, b = ours.trades()
    assert reconcile([a, b], ours, Statement([a], {(0, 0): 100})) == [Break(KIND.MISSING_THERE, "B", 0, 0, 50, None)]
    assert reconcile([a, b], ours, Statement([a], {(0, 0): 150})) == [
        Break(KIND.MISSING_THERE, "B", 0, 0, 50, None), Break(KIND.POSITION, "", 0, 0, 150, 150)]
    assert reconcile([a, b], ours, Statement([a, b], {(0, 0): 150, (3, 3): -1})) == [
        Break(KIND.POSITION, "", 3, 3, 0, -1)]


def test_positions_and_fees_that_are_not_told_are_not_compared():
    ours = folded([fill("A", 100, 10_000, fee=5)])
    a, = ours.trades()
    assert reconcile([a], ours, Statement([replace(a, fee=0)], None, fees=False)) == []
    assert reconcile([a], ours, Statement([replace(a, fee=0)], None)) == [Break(KIND.FEE, "A", 0, 0, 5, 0)]


HEAD = "record,exec_id,account,symbol,side,shares,price,fee,status\n"
TRADE = "trade,E1,0,1,buy,100,187.25,0.003,done\n"


def read(tmp_path, text):
    path = tmp_path / "end.csv"
    path.write_text(text)
    return read_end_of_day(path, int, int)


def test_a_file_as_people_write_it(tmp_path):
    told = read(tmp_path, f"{HEAD}{TRADE}trade,E2,0,1,sell_short,7,1,-0.0001,busted\nposition,,0,1,,-100,,,\n"
                          "end,,,,,3,,,\n")
    assert told == Statement((Trade("E1", 0, 1, Side.BUY, 100, 1_872_500, 30, 0),
                              Trade("E2", 0, 1, Side.SELL_SHORT, 7, 10_000, -1, 0, True)), {(0, 1): -100})


def test_a_file_without_fees(tmp_path):
    told = read(tmp_path, "status,record,exec_id,account,symbol,side,shares,price\ndone,trade,E,0,1,buy,5,2\n"
                          ",end,,,,,1,\n")
    assert told == Statement((Trade("E", 0, 1, Side.BUY, 5, 20_000, 0, 0),), {}, fees=False)


@pytest.mark.parametrize("text, says", [
    ("", "line 0: the columns must be record, exec_id, "), ("a,b\n", "line 1: the columns must be .*, not a, b"),
    (HEAD, "line 1: the file ends without the record `end`: it was cut short"), (HEAD + TRADE, "line 2: the file ends"),
    (f"{HEAD}{TRADE}end,,,,,2,,,\n", "line 3: 1 records are there, `end` says 2"),
    (f"{HEAD}end,,,,,0,,,\n{TRADE}", "line 3: something follows"),
    (f"{HEAD}{TRADE}{TRADE}", "line 3: the trade E1 is there twice"),
    (f"{HEAD}position,,0,1,,1,,,\nposition,,0,1,,1,,,\n", "line 3: the position of 0 in 1 is there twice"),
    (f"{HEAD}fill,E1,0,1,buy,100,187.25,0.003,done\n", "line 2: record must be trade, position, end, not 'fill'"),
    (f"{HEAD}trade,E1,0,1,buy,100\n", "line 2: a line has 9 fields"),
    (f"{HEAD}{TRADE.strip()},x\n", "line 2: a line has 9 fields"),
    (f"{HEAD}{TRADE.replace('E1', '')}", "line 2: trade: exec_id must not be empty"),
    (f"{HEAD}position,X,0,1,,1,,,\n", "line 2: position: exec_id must be empty, it is 'X'"),
    (HEAD + TRADE.replace("buy", "BUY"), "line 2: side must be buy, .*, not 'BUY'"),
    (HEAD + TRADE.replace("done", "new"), "line 2: status must be done, busted, not 'new'"),
    (HEAD + TRADE.replace("100", "0"), "line 2: shares and price of a trade must be more than 0, not 0 and 187.25"),
    (HEAD + TRADE.replace("100", "x"), "line 2: invalid literal"),
    (HEAD + TRADE.replace("187.25", "187.25001"), "line 2: must have at most four decimal places"),
    (HEAD + TRADE.replace(",0,1,", ",IBM,1,"), "line 2: invalid literal")])
def test_a_file_that_is_none_is_refused_with_its_line(tmp_path, text, says):
    with pytest.raises(EndOfDayError, match=f"end.csv: {says}"):
        read(tmp_path, text)


def test_a_file_cut_anywhere_is_refused(tmp_path):
    ours = folded(random_bookings(3, 12))
    told, out = statement(ours), io.StringIO()
    write_end_of_day(out, told.trades, told.positions, str, str)
    text = out.getvalue()
    for cut in range(text.rindex("end")):
        with pytest.raises(EndOfDayError):
            read(tmp_path, text[:cut])
