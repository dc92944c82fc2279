"""End to end: the exchange as a process, FIX clients that trade a lot, a receiver of its feed. All agree in the end.

What is compared: trades and open orders as execution reports tell them, as the feed tells them (read by another
author's decoder), and as a snapshot tells them.
"""

import asyncio
import random
import re
import signal
import socket
import sys
from collections import Counter

import itch.messages as itchfeed
import pytest

from host.cli import exchange as command
from host.cli.console import PlainConsole
from host.cli.main import main
from host.fix.message import Message
from host.fix.timestamp import stamp
from tests.sim.exchange.live.process import CONFIG, ROOT, Process
from tests.sim.exchange.live.sockets import GROUPS, FixClient, Receiver, SoupClient, within
from wire.fix.tags import Tag
from wire.soupbintcp import number

ORDERS = 400


def request(rng, who, number, now):
    """Return a random order, cancel or replacement of ``who``."""
    fields = [(Tag.ClOrdID, b"%d" % number), (Tag.Symbol, b"AAPL" if number % 3 else b"MSFT"),
              (Tag.Side, b"1" if number % 2 else b"2"), (Tag.TransactTime, stamp(now)), (Tag.OrderQty, b"100")]
    price = b"%d.%02d" % divmod(5000 + rng.randint(-9, 9), 100)
    limit = [(Tag.HandlInst, b"1"), (Tag.OrdType, b"2"), (Tag.Price, price)]
    kind = rng.random()
    if kind < 0.7 or number < 7:
        return Message(b"D", fields + limit)
    # Of the same symbol and side: the number of an order six before, or twelve.
    orig = [(Tag.OrigClOrdID, b"%d" % max(number - 6 * rng.randint(1, 3), (number - 1) % 6 + 1))]
    return Message(b"F", fields + orig) if kind < 0.85 else Message(b"G", fields + orig + limit)


def told_by_reports(messages):
    """Return fills, as (side, symbol, shares, price) with how many there were, and open orders as (symbol, side, price)
    with their shares."""
    fills, leaves = Counter(), {}
    for message in messages:
        if message.msg_type != b"8":
            continue
        key = tuple(message.get(tag).decode() for tag in (Tag.Symbol, Tag.Side))
        if message.get(Tag.LastQty) and message.get(Tag.LastQty) != b"0":
            fills[*key, int(message.get(Tag.LastQty)), message.get(Tag.LastPx).decode()] += 1
        leaves[message.get(Tag.OrderID)] = (*key, message.get(Tag.Price).decode(), int(message.get(Tag.LeavesQty)))
    resting = Counter()
    for *key, shares in leaves.values():
        if shares:
            resting[tuple(key)] += shares
    return fills, resting


def told_by_feed(messages):
    """Return the same of a feed, or of a snapshot: fills of resting orders, and open orders."""
    names, orders, fills = {}, {}, Counter()
    for raw in messages:
        message = itchfeed.messages[raw[:1]](raw)
        match raw[:1]:
            case b"R":
                names[message.stock_locate] = message.stock.decode().strip()
            case b"A" | b"F":
                name, side = names[message.stock_locate], "1" if message.buy_sell_indicator == b"B" else "2"
                orders[message.order_reference_number] = [name, side, message.price, message.shares]
            case b"E":
                order = orders[message.order_reference_number]
                fills[*order[:2], message.executed_shares, shown(order[2])] += 1
                order[3] -= message.executed_shares
            case b"X":
                orders[message.order_reference_number][3] -= message.cancelled_shares
            case b"D":
                del orders[message.order_reference_number]
            case b"U":
                name, side, *_ = orders.pop(message.order_reference_number)
                orders[message.new_order_reference_number] = [name, side, message.price, message.shares]
    resting = Counter()
    for name, side, price, shares in orders.values():
        if shares:
            resting[name, side, shown(price)] += shares
    return fills, resting


def shown(price):
    """Return a price as FIX has it."""
    return f"{price // 10_000}.{price % 10_000 // 100:02}"


async def trade(exchange, seed):
    """Let two clients trade; return what each was told, and what the drop copy session was."""
    port = exchange.addresses["fix ALICE"][1]
    rng = random.Random(seed)
    clients = FixClient("ALICE", port), FixClient("BOB", port, "FIX.4.2"), FixClient("DROP", port)
    async with clients[0] as alice, clients[1] as bob, clients[2] as drop:
        for count in range(1, ORDERS + 1):
            for client in (alice, bob):
                client.send(request(rng, client, count, 1_795_185_000_000_000_000))
            await asyncio.sleep(0)
        for client in (alice, bob):
            client.send(Message(b"H", [(Tag.ClOrdID, b"last"), (Tag.Symbol, b"AAPL"), (Tag.Side, b"1")]))
            await client.until(lambda message: message.get(Tag.ClOrdID) == b"last")
        reports = [[message for message in client.messages if message.get(Tag.ClOrdID) != b"last"]
                   for client in (alice, bob)]
        wanted = sum(message.msg_type == b"8" for message in reports[0] + reports[1])
        async with asyncio.timeout(60):
            while len(drop.messages) < wanted:
                drop.news.clear()
                await drop.news.wait()
        return reports, drop.messages


def test_all_agree_in_the_end(tmp_path):
    async def scenario():
        receiver = Receiver()
        path = tmp_path / "exchange.toml"
        path.write_text(CONFIG.format(groups=GROUPS, ports=receiver.ports))
        exchange = await Process.start(path)
        try:
            await exchange.ready()
            (alice, bob), copies = await trade(exchange, 1)
            glimpse = await SoupClient.connect(exchange.addresses["glimpse"], "ANY", "")
            await within(glimpse.closed.wait())
            *snapshot, last = glimpse.sequenced()
            await receiver.catch_up(number(last[1:].decode()), exchange.addresses["rewind"])
            return alice, bob, copies, snapshot, list(receiver.messages), await exchange.stop()
        finally:
            await exchange.stop(signal.SIGKILL)
            receiver.close()
    alice, bob, copies, snapshot, feed, (status, output, errors) = asyncio.run(scenario())
    assert (status, errors) == (0, "") and "messages" in output
    fills, resting = told_by_reports(alice + bob)
    feed_fills, feed_resting = told_by_feed(feed)
    assert resting == feed_resting == told_by_feed(snapshot)[1]
    assert sum(fills.values()) == 2 * sum(feed_fills.values()) > ORDERS // 4
    # Each trade is on the feed once, by its resting order, and in reports twice, once a side.
    other = {"1": "2", "2": "1"}
    both = feed_fills + Counter({(name, other[side], *rest): n for (name, side, *rest), n in feed_fills.items()})
    assert {key: n for key, n in fills.items()} == dict(both)
    assert told_by_reports(copies) == (fills, resting)
    told = Counter(message.msg_type for message in alice + bob)
    assert told[b"9"] and told[b"8"] > 2 * ORDERS and not told[b"j"] and not told[b"3"]


def test_the_two_commands_of_the_readme_and_the_second_of_them_again(tmp_path):
    port = free_port()
    server = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:0", (ROOT / "exchange.toml").read_text())
    server = server.replace('[fix]\naddress = "127.0.0.1:0"', f'[fix]\naddress = "127.0.0.1:{port}"')
    (tmp_path / "exchange.toml").write_text(re.sub(r'(239[.\d]+):\d+', r"\1:9", server))
    (tmp_path / "client.toml").write_text(re.sub(r"port = \d+", f"port = {port}", (ROOT / "client.toml").read_text()))

    async def connect(line):
        """Type ``line`` as soon as the client is ready, and quit after the first report."""
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "host.cli", "fix", "connect", str(tmp_path / "client.toml"), cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        try:
            client.stdin.write(line)
            told = []
            while not told or "ExecutionReport" not in told[-1]:
                told.append((await within(client.stdout.readline())).decode())
                assert told[-1], told
            rest, _ = await within(client.communicate(b"quit\n"))
            return client.returncode, "".join(told) + rest.decode()
        finally:
            if client.returncode is None:
                client.kill()
                await client.wait()

    async def scenario():
        exchange = await Process.start(tmp_path / "exchange.toml")
        try:
            await exchange.ready()
            return [await connect(b"buy 100 AAPL @ 1.00\n") for _ in range(2)]
        finally:
            await exchange.stop()
    for status, told in asyncio.run(scenario()):
        assert status == 0 and "OrdStatus=New" in told, told


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_an_operator_halts_and_the_end_is_clean(tmp_path):
    async def scenario():
        path = tmp_path / "exchange.toml"
        path.write_text(CONFIG.format(groups=GROUPS, ports=(9, 9)))
        exchange = await Process.start(path, "--operator")
        try:
            await exchange.ready()
            assert await exchange.say("halt AAPL T1") == "halt AAPL T1: done"
            assert await exchange.say("halt AAPL") == "halt AAPL: not in this trading state"
            async with FixClient("ALICE", exchange.addresses["fix ALICE"][1]) as alice:
                alice.send(Message(b"D", [(Tag.ClOrdID, b"1"), (Tag.Symbol, b"AAPL"), (Tag.Side, b"1"),
                                          (Tag.TransactTime, stamp(0)), (Tag.OrderQty, b"1"), (Tag.OrdType, b"2"),
                                          (Tag.Price, b"50")]))
                await alice.until(lambda message: message.get(Tag.OrdStatus) == b"8")
            return await exchange.stop(signal.SIGINT)
        finally:
            await exchange.stop(signal.SIGKILL)
    status, output, errors = asyncio.run(scenario())
    assert (status, errors) == (0, "") and "1 commands" not in output and "commands" in output


def test_an_operators_last_line_needs_no_end(tmp_path):
    async def scenario():
        path = tmp_path / "exchange.toml"
        path.write_text(CONFIG.format(groups=GROUPS, ports=(9, 9)))
        exchange = await Process.start(path, "--operator")
        try:
            await exchange.ready()
            exchange.process.stdin.write(b"bust 99")
            exchange.process.stdin.close()
            answer = await within(exchange.process.stdout.readline())
            return answer, await exchange.stop(signal.SIGINT)
        finally:
            await exchange.stop(signal.SIGKILL)
    answer, (status, _, errors) = asyncio.run(scenario())
    assert (answer, status, errors) == (b"bust 99: no such trade\n", 0, "")


@pytest.mark.parametrize("closed", [True, False])
def test_an_operator_needs_a_terminal_or_a_pipe(tmp_path, capsys, monkeypatch, closed):
    path = tmp_path / "exchange.toml"
    path.write_text(CONFIG.format(groups=GROUPS, ports=(9, 9)))
    with open(path, "rb") as file:
        monkeypatch.setattr(sys, "stdin", None if closed else file)
        assert main(["exchange", "run", "--operator", str(path)]) == 2
    assert capsys.readouterr().err == "tickgate: --operator: standard input must be a terminal or a pipe\n"


@pytest.mark.parametrize("text, told", [
    ("[[symbol]", "is no TOML"), (None, "No such file"),
    (CONFIG.format(groups=("no.where", "x"), ports=(9, 9)), "line A"),
    (CONFIG.format(groups=GROUPS, ports=(9, 9)) + '[[plan]]\nat="10:00"\ndo="dance"', "plan: dance: "),
    (CONFIG.format(groups=GROUPS, ports=(9, 9)) + '[recorded]\nfile="gone"\nlocates={13="AAPL"}', "gone"),
    (CONFIG.format(groups=GROUPS, ports=(9, 9)) + '[recorded]\nfile="exchange.toml"\nlocates={13="AAPL"}',
     "no BinaryFILE"),
])
def test_mistakes_are_told_in_one_line(tmp_path, capsys, text, told):
    path = tmp_path / "exchange.toml"
    if text is not None:
        path.write_text(text)
    assert main(["exchange", "run", str(path)]) == 2
    output, errors = capsys.readouterr()
    assert told in errors and errors.count("\n") == 1 and errors.startswith("tickgate: ") and not output


def test_a_terminal_shows_the_status_until_the_day_is_over(tmp_path, capsys, monkeypatch):
    console = PlainConsole(force_terminal=True, width=120, highlight=False)
    monkeypatch.setattr(command, "result_console", lambda: console)
    path = tmp_path / "exchange.toml"
    path.write_text(CONFIG.format(groups=GROUPS, ports=(9, 9)) + '[day]\nopen="09:30:00"\nclose="09:30:00"\n'
                    'end="09:30:00.3"\n[[plan]]\nat="09:30:00.1"\ndo="resume AAPL"\n')
    assert main(["exchange", "run", str(path)]) == 0
    output = capsys.readouterr().out
    for text in ("ready", "fix ALICE", "none - none  last 50.00  trading", "re-requests", "0 open orders",
                 "resume AAPL: not in this trading state"):
        assert text in output
