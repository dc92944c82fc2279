"""How the exchange, or a client of it, ends, and what is there afterwards."""

import asyncio
import signal
import socket
import sys

from host.cli.main import main
from host.fix.message import Message
from host.fix.timestamp import stamp
from host.positions.endofday import read_end_of_day
from sim.exchange.feed import END_PACKETS
from sim.exchange.live.files import write_statements
from tests.sim.exchange.live.process import CONFIG, ROOT, Process
from tests.sim.exchange.live.sockets import GROUPS, FixClient, SoupClient, within
from wire import moldudp64, ouch50
from wire.fix.tags import Tag

LOCAL = ("127.0.0.1", "127.0.0.1")
OUCH = """
[ouch]
address = "127.0.0.1:0"
[[ouch.user]]
name = "TICK"
"""


def order(clordid, side, shares=100, price=b"50.00"):
    return Message(b"D", [(Tag.ClOrdID, clordid), (Tag.Symbol, b"AAPL"), (Tag.Side, side),
                          (Tag.TransactTime, stamp(1_795_185_000_000_000_000)), (Tag.OrderQty, b"%d" % shares),
                          (Tag.OrdType, b"2"), (Tag.Price, price), (Tag.HandlInst, b"1")])


def mass_status(name):
    return Message(b"AF", [(Tag.MassStatusReqID, name), (Tag.MassStatusReqType, b"7")])


def has(**values):
    wanted = {Tag[name]: value for name, value in values.items()}
    return lambda message: all(message.get(tag) == value for tag, value in wanted.items())


class Line:
    """A host that a line goes to; packets: what came."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]

    def packets(self):
        """Return all that has come, and close."""
        found = []
        with self.socket:
            while True:
                try:
                    found.append(moldudp64.unpack(self.socket.recv(2048)))
                except BlockingIOError:
                    return found


def write(path, ports, more="", groups=LOCAL):
    text = CONFIG.format(groups=groups, ports=ports).replace('faults = "a:loss=0.05', '# faults = "')
    path.write_text(text.replace("[feed]", '[day]\nstatements = "eod"\n[feed]') + more)


def test_a_signal_ends_the_day_as_its_end_does(tmp_path):
    """To hosts, not groups: reports, end-of-day files, the end of session on both lines five times, spaced."""
    lines, path = [Line(), Line()], tmp_path / "exchange.toml"
    write(path, [line.port for line in lines], OUCH)

    async def scenario():
        exchange = await Process.start(path, "--operator")
        try:
            await exchange.ready()
            tick = await SoupClient.connect(exchange.addresses["ouch"], "TICK", "")
            async with FixClient("ALICE", exchange.addresses["fix ALICE"][1]) as alice:
                alice.send(order(b"1", b"1"))
                await alice.until(has(ExecType=b"0"))
                tick.send(ouch50.pack_inbound("O", user_ref=1, side="S", quantity=40, symbol="AAPL", price=500_000,
                                              time_in_force="0", clordid="C"))
                await alice.until(has(ExecType=b"F"))
                exchange.process.stdin.write(b"statements\n")
                assert await within(exchange.process.stdout.readline())
                while b"statements" not in await within(exchange.process.stdout.readline()):
                    pass
                asked = (tmp_path / "eod" / "TICK.csv").read_text()
                exchange.process.send_signal(signal.SIGTERM)
                await alice.until(has(ExecType=b"C"))
                await within(tick.closed.wait())
                return asked, alice.messages, await exchange.ended()
        finally:
            await exchange.stop(signal.SIGKILL)
    asked, reports, (status, _, errors) = asyncio.run(scenario())
    assert (status, errors) == (0, "")
    for line in lines:
        packets = line.packets()
        ends = [packet for packet in packets if packet.count == moldudp64.END_OF_SESSION]
        assert packets[-END_PACKETS:] == ends and len(ends) == END_PACKETS
        numbers = [packet.sequence for packet in packets]
        assert numbers == sorted(numbers) and packets[-END_PACKETS - 1].messages[-1][11:12] == b"C"
    assert (tmp_path / "eod" / "TICK.csv").read_text() == asked
    assert {path.name for path in (tmp_path / "eod").iterdir()} == {"ALICE.csv", "BOB.csv", "TICK.csv"}
    found = read_end_of_day(tmp_path / "eod" / "ALICE.csv", ["#0"].index, ["AAPL"].index)
    (fill,) = filter(has(ExecType=b"F"), reports)
    (trade,) = found.trades
    assert (trade.exec_id.encode(), trade.shares, trade.price) == (fill.get(Tag.ExecID), 40, 500_000)
    assert found.positions == {(0, 0): 40}


def test_a_second_signal_does_not_wait_for_the_feed(tmp_path):
    path, line = tmp_path / "exchange.toml", Line()
    write(path, [line.port, line.port])

    async def scenario():
        exchange = await Process.start(path)
        await exchange.ready()
        exchange.process.send_signal(signal.SIGINT)
        while not (tmp_path / "eod" / "ALICE.csv").exists():
            await asyncio.sleep(0.005)
        return await exchange.stop(signal.SIGINT)
    assert asyncio.run(scenario())[::2] == (0, "")
    ends = [packet for packet in line.packets() if packet.count == moldudp64.END_OF_SESSION]
    assert 2 <= len(ends) <= 2 * END_PACKETS


def test_a_folder_that_cannot_be_is_told(tmp_path, capsys):
    path = tmp_path / "exchange.toml"
    write(path, (9, 9))
    (tmp_path / "eod").write_text("in the way")
    assert main(["exchange", "run", str(path)]) == 2
    assert capsys.readouterr().err == f"tickgate: statements: {tmp_path / 'eod'}: File exists\n"


def test_files_that_cannot_be_written_are_told(tmp_path):
    (tmp_path / "A%2FB.csv").mkdir()
    wrong = write_statements(tmp_path, {"A/B": "lost", "C": "kept"})
    assert wrong == [f"statements: {tmp_path / 'A%2FB.csv'}: Is a directory"]
    assert (tmp_path / "C.csv").read_text() == "kept"


async def dies(path, line):
    """Let `tickgate fix connect` say ``line``; kill it as soon as it was answered."""
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "host.cli", "fix", "connect", str(path), cwd=ROOT, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        client.stdin.write(line)
        while "ExecutionReport" not in (told := (await within(client.stdout.readline())).decode()):
            assert told
    finally:
        client.kill()
        await client.wait()


def test_a_client_that_was_killed_finds_its_orders_and_fills(tmp_path):
    path, client = tmp_path / "exchange.toml", tmp_path / "client.toml"
    write(path, (9, 9), groups=GROUPS)

    async def scenario():
        exchange = await Process.start(path)
        try:
            await exchange.ready()
            port = exchange.addresses["fix ALICE"][1]
            client.write_text(f'[[session]]\nname="ALICE"\nrole="initiator"\nhost="127.0.0.1"\nport={port}\n'
                              'sender="ALICE"\ntarget="EXCHANGE"\nbegin_string="FIX.4.4"\n')
            await dies(client, b"buy 100 AAPL @ 50.00\n")
            async with FixClient("BOB", port, "FIX.4.2") as bob, FixClient("DROP", port) as drop:
                bob.send(order(b"1", b"2", 40))
                await bob.until(has(OrdStatus=b"2"))
                async with FixClient("ALICE", port, reset_on_logon=True) as alice:
                    alice.send(mass_status(b"S1"))
                    await alice.until(has(MassStatusReqID=b"S1"))
                    await drop.until(has(OnBehalfOfCompID=b"ALICE", ExecType=b"F"))
                    return alice.messages
        finally:
            await exchange.stop()
    (status,) = filter(has(MassStatusReqID=b"S1"), asyncio.run(scenario()))
    assert has(ExecType=b"I", CumQty=b"40", LeavesQty=b"60", LastRptRequested=b"Y", OrdStatus=b"1")(status)


def test_a_killed_exchange_remembers_its_fix_sessions_and_nothing_else(tmp_path):
    path = tmp_path / "exchange.toml"
    store = '\nstore = { path = "stores/alice" }'
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    write(path, (9, 9), groups=GROUPS)
    path.write_text(path.read_text().replace('[fix]\naddress = "127.0.0.1:0"', f'[fix]\naddress = "127.0.0.1:{port}"')
                    .replace('target = "ALICE"', f'target = "ALICE"{store}'))

    async def scenario():
        exchange = await Process.start(path)
        try:
            await exchange.ready()
            async with FixClient("ALICE", port, reconnect={"first_ms": 50, "most_ms": 200}) as alice:
                alice.send(order(b"1", b"1"))
                await alice.until(has(ClOrdID=b"1", ExecType=b"0"))
                alice.logged_on.clear()
                await exchange.stop(signal.SIGKILL)
                exchange = await Process.start(path)
                await exchange.ready()
                await within(alice.logged_on.wait())
                alice.send(mass_status(b"S1"))
                alice.send(order(b"2", b"1"))
                await alice.until(has(ClOrdID=b"2", ExecType=b"0"))
                return alice.messages
        finally:
            await exchange.stop()
    before, none, after = asyncio.run(scenario())
    assert has(MassStatusReqID=b"S1", TotNumReports=b"0", OrdStatus=b"8")(none)
    assert before.get(Tag.ExecID) != after.get(Tag.ExecID)
    assert int(after.get(Tag.MsgSeqNum)) > int(before.get(Tag.MsgSeqNum)) + 1
