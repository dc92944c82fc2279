"""``tickgate fix``: logs read, messages replayed, a counterparty traded with by hand."""

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from host.cli import fix_connect
from host.cli.main import main
from host.fix.acceptor import Acceptor
from host.fix.application import LinkKind
from host.fix.encode import encode
from host.fix.filestore import FileStore
from host.fix.message import Message
from tests.host.fix.linked import PATIENCE, Recorder, acceptor_config, order
from tests.host.served import ROOT
from wire.fix.fix44 import FIX44

NOW = 1_790_000_000_123_000_000
CONFIG = """
[[session]]
name = "venue"
role = "initiator"
sender = "US"
target = "VENUE"
host = "127.0.0.1"
port = {port}
store = {{ path = "us.log" }}
"""


def wire(kind, seq, fields, begin=b"FIX.4.4"):
    """Return a message from US to VENUE."""
    header = [(34, b"%d" % seq), (49, b"US"), (56, b"VENUE"), (52, b"20260921-14:13:20.123")]
    return encode(begin, Message(kind, header + fields), FIX44)


@pytest.fixture
def log(tmp_path):
    """A log with a logon, an order, its report, a repetition and noise."""
    path = tmp_path / "us.log"
    with FileStore(path, session="FIX.4.4:US->VENUE", clock=lambda: NOW) as store:
        store.sent(1, wire(b"A", 1, [(98, b"0"), (108, b"30"), (553, b"me"), (554, b"secret")]))
        store.sent(2, wire(b"D", 2, order(7).fields))
        report = wire(b"8", 2, [(37, b"V1"), (17, b"E1"), (150, b"F"), (39, b"2"), (55, b"AAPL"), (54, b"1"),
                                (11, b"7"), (151, b"0"), (14, b"100"), (6, b"210.05"), (58, b"a\x1b[31mb")])
        store.heard(b"noise" + report[:30])
        store.heard(report[30:])
        store.taken(3)
        store.repeated(wire(b"D", 2, [(43, b"Y"), *order(7).fields]))
        store.skip(9)
        store.sent(9, wire(b"0", 9, []))
    return path


@pytest.fixture
def run(capsys):
    """Run ``tickgate fix``; return status, output, errors."""
    def run(*arguments):
        capsys.readouterr()
        status = main(["fix", *map(str, arguments)])
        return status, *capsys.readouterr()
    return run


def lines(run, *arguments):
    status, out, errors = run("tail", *arguments)
    assert (status, errors) == (0, "")
    return out.splitlines()


def test_tail_names_fields_and_values_and_tells_the_direction(run, log):
    reset, logon, sent, noise, report, again, skip, beat = (line[24:].strip() for line in lines(run, log))
    assert reset == "both numbers begin with 1: FIX.4.4:US->VENUE"
    assert logon == "->      1 Logon              EncryptMethod=None HeartBtInt=30 Username=me Password=***"
    assert sent == (f"->      2 NewOrderSingle     ClOrdID=7 HandlInst={FIX44.fields[21].values[b'1']} OrderQty=100 "
                    "OrdType=Limit Price=210.05 Side=Buy Symbol=AAPL TransactTime=20261121-14:30:00.000")
    assert noise.startswith("<- garbled: ") and noise.endswith(": 'noise'")
    assert report.startswith("<-      2 ExecutionReport    ") and "OrdStatus=Filled" in report
    assert again.startswith("=>      2 NewOrderSingle     PossDupFlag=")
    assert skip == "our next number is 9"
    assert beat == "->      9 Heartbeat"


def test_tail_shows_no_control_characters_and_no_password(run, log):
    for form in ([], ["--fields"], ["--raw"], ["--json"]):
        out = "\n".join(lines(run, log, *form))
        assert "\x1b" not in out and "\x01" not in out and "secret" not in out


@pytest.mark.parametrize("filters, seqs", [
    (["--type", "NewOrderSingle"], [2, 2]), (["--type", "D,0"], [2, 2, 9]), (["--type", "d", "--type", "8"], [2, 2, 2]),
    (["--application"], [2, 2, 2]), (["--seq", "2-"], [2, 2, 2, 9]), (["--seq", "9"], [9]),
    (["--seq", "1-2"], [1, 2, 2, 2]),
    (["--field", "54=1"], [2, 2, 2]), (["--field", "Side=Buy", "--field", "OrdStatus=Filled"], [2]),
    (["--field", "11=8"], []), (["--application", "--last", "1"], [2]),
])
def test_tail_shows_what_is_asked_for(run, log, filters, seqs):
    shown = [json.loads(line) for line in lines(run, log, "--json", *filters)]
    assert [int(next(each["value"] for each in line["fields"] if each["tag"] == 34)) for line in shown] == seqs


def test_tail_can_tell_every_field_in_its_place(run, log):
    shown = lines(run, log, "--type", "8", "--fields")
    assert [line.split() for line in shown if " OrdStatus " in line] == [["39", "OrdStatus", "2", "Filled"]]


def test_tail_gives_messages_as_they_are(run, log):
    raw, = lines(run, log, "--type", "0", "--raw")
    assert raw.startswith("8=FIX.4.4|9=") and raw.endswith("|") and "|35=0|" in raw


def test_tail_reads_other_files_of_messages(run, tmp_path):
    path = tmp_path / "messages.txt"
    path.write_bytes(b"20260921 : " + wire(b"D", 2, order(7).fields) + b"\n20260921 : " + wire(b"0", 3, []) + b"\n")
    names = [json.loads(line)["name"] for line in lines(run, path, "--json")]
    assert names == ["NewOrderSingle", "Heartbeat"]


def test_tail_shows_what_is_garbled_in_other_files_too(run, tmp_path):
    path = tmp_path / "messages.txt"
    good = wire(b"D", 2, order(7).fields)
    path.write_bytes(b"in : " + good + b"\nin : " + good.replace(b"55=AAPL", b"55=AAPM") + b"\n")
    taken, garbled = lines(run, path)
    assert "NewOrderSingle" in taken and "garbled: CheckSum" in garbled and garbled[:23] == taken[:23]


@pytest.mark.parametrize("action", ["tail", "replay"])
@pytest.mark.parametrize("content", [b"", b"x = 1\n", bytes(range(256)) * 40])
def test_a_file_without_a_message_is_said_to_be_one(run, tmp_path, action, content):
    path = tmp_path / "messages.txt"
    path.write_bytes(content)
    status, out, errors = run(action, path)
    assert (status, out) == (2, "") and f"{path}: holds no FIX message" in errors


def test_tail_takes_the_names_of_a_venues_dictionary(run, log, tmp_path):
    path = tmp_path / "venue.xml"
    path.write_text("""<fix type="FIX" major="4" minor="4"><header><field name="MsgType" required="Y"/></header>
        <trailer/>
        <messages><message name="Order" msgtype="D" msgcat="app"><field name="Words" required="N"/></message></messages>
        <fields><field number="35" name="MsgType" type="STRING"/>
        <field number="11" name="Words" type="STRING"/></fields>
        </fix>""")
    line = lines(run, log, "--dictionary", path, "--type", "Order", "--last", "1")[0]
    assert " Order " in line and "Words=7" in line and "54=1" in line


@pytest.mark.parametrize("arguments, says", [
    (["--seq", "x"], "--seq must be numbers such as 7, 7-9 or 7-, not 'x'"),
    (["--field", "11"], "--field must be TAG=VALUE, not '11'"), (["--last", "-1"], "--last must be 0 or more, not -1"),
    (["--dictionary", "none.xml"], "none.xml: No such file"),
    (["--type", "Nonsense"], "--type: no message is called 'Nonsense'"),
    (["--type", "D,NewOrderSingel"], "--type: no message is called 'NewOrderSingel'; NewOrderSingle?"),
    (["--field", "Sied=Buy"], "--field: no field is called 'Sied'; Side?"),
])
def test_tail_names_mistakes(run, log, arguments, says):
    status, _, errors = run("tail", log, *arguments)
    assert status == 2 and says in errors and errors.count("\n") == 1


def test_tail_names_a_file_that_is_missing_or_damaged(run, log, tmp_path):
    assert run("tail", tmp_path / "none")[0] == 2
    raw = bytearray(log.read_bytes())
    raw[100] ^= 1
    log.write_bytes(raw)
    status, _, errors = run("tail", log)
    assert status == 2 and "us.log: damaged at byte" in errors


def test_tail_follows_a_log_also_when_another_takes_its_place(tmp_path):
    path = tmp_path / "us.log"
    with FileStore(path, rotate=0) as store:
        store.sent(1, wire(b"0", 1, []))
        command = [sys.executable, "-m", "host.cli", "fix", "tail", path, "--follow", "--raw"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            watch = threading.Timer(PATIENCE, child.kill)
            watch.start()
            try:
                assert "|34=1|" in child.stdout.readline()
                store.sent(2, wire(b"0", 2, []))
                assert "|34=2|" in child.stdout.readline()
                store.reset(NOW)
                store.sent(1, wire(b"1", 1, [(112, b"new")]))
                assert "|35=1|" in child.stdout.readline()
                child.send_signal(signal.SIGINT)
                assert child.wait() == 130
            finally:
                watch.cancel()
                child.kill()


# A counterparty


class Venue(Recorder):
    """Fills orders at once, cancels and replaces whatever it is asked to."""

    #: The symbol at which it cuts the connection.
    cut = b""

    def on_message(self, session, message):
        super().on_message(session, message)
        if self.cut and message.get(55) == self.cut:
            self.acceptor.connections[session].abort("cut")
        status = {b"D": b"2", b"F": b"4", b"G": b"5"}.get(message.msg_type)
        if status:
            fields = [(37, b"V1"), (17, b"E%d" % len(self.messages)), (150, b"F" if status == b"2" else status),
                      (39, b"0" if status == b"5" else status), (55, message.get(55)), (54, b"1"),
                      (11, message.get(11)), (38, message.get(38)), (151, b"0"), (14, b"100"), (6, b"210.05")]
            if message.get(41):
                fields.append((41, message.get(41)))
            self.acceptor.send(session, Message(b"8", fields))


@contextmanager
def venue(tmp_path):
    """Yield a venue that trades in a thread; a configuration for it is in ``fix.toml``."""
    ready, ended, made = threading.Event(), [], []

    async def trade():
        recorder, listening = Venue(), acceptor_config()
        async with Acceptor([listening], recorder) as recorder.acceptor:
            end = asyncio.Event()
            ended.append(lambda: loop.call_soon_threadsafe(end.set))
            loop = asyncio.get_running_loop()
            (tmp_path / "fix.toml").write_text(CONFIG.format(port=recorder.acceptor.port(listening.settings.id)))
            made.append(recorder)
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(trade()))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield made[0]
    finally:
        ended[0]()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def typed(monkeypatch):
    """Have lines on standard input."""
    def typed(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return typed


def test_connect_trades_what_is_typed(run, typed, tmp_path):
    typed("buy 100 AAPL @ 210.05 ioc\nreplace 1 200 @ 210.10\ncancel 1\nstatus 1\norders\n"
          "35=D|11=x|21=1|55=MSFT|54=2|60=20261121-14:30:00|38=5|40=1\nsell 7 MSFT\nquit\nbuy 1 NEVER\n")
    with venue(tmp_path) as there:
        status, out, errors = run("connect", tmp_path / "fix.toml", "--set", "1=DESK")
    assert (status, errors) == (0, "")
    kinds = [message.msg_type + b" " + message.get(55) for message in there.messages]
    assert kinds == [b"D AAPL", b"G AAPL", b"F AAPL", b"H AAPL", b"D MSFT", b"D MSFT"]
    first, replaced, cancelled, _, raw, market = there.messages
    assert [first.get(tag) for tag in (1, 38, 40, 44, 54, 59)] == [b"DESK", b"100", b"2", b"210.05", b"1", b"3"]
    assert [replaced.get(tag) for tag in (38, 44)] == [b"200", b"210.10"]
    assert replaced.get(41) == cancelled.get(41) == first.get(11)
    assert (raw.get(11), market.get(40), market.get(44)) == (b"x", b"1", None)
    assert out.count("<-") == 5 and "OrdStatus=Filled" in out and "logged on: " in out


def test_connect_goes_on_with_the_same_numbers_and_tells_mistakes(run, typed, tmp_path):
    with venue(tmp_path):
        for count in (1, 2):
            typed("buy 100 AAPL @ 1\nbuy many AAPL\nbuy 1\nsell 1 A @ x\nsell 1 A day ioc\ncancel 9\nreplace 1\nfly\n"
                  "35=0|112=x\n35=D|34=5\n35=D|x\nhelp\n")
            status, out, _ = run("connect", tmp_path / "fix.toml", "venue")
            assert status == 2
            for said in ("'many' is no number", "buy needs a quantity and a symbol", "'x' is no number",
                         "'day ioc' is none of day", "there is no order 9", "replace needs an order and a quantity",
                         "there is no command 'fly'", "for the session to send", "field 34", "cannot be a field",
                         "buy 100 AAPL @ 210.05   "):
                assert said in out, said
            assert f"->      {3 * count - 1} NewOrderSingle" in out


def test_connect_says_why_there_is_no_logon(run, typed, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (tmp_path / "fix.toml").write_text(CONFIG.format(port=port))
    typed("buy 100 AAPL\n")
    status, out, errors = run("connect", tmp_path / "fix.toml")
    assert status == 2 and f"no logon: 127.0.0.1 port {port}: Connection refused\n" in errors
    assert (out + errors).count("Connection refused") == 1


def test_connect_takes_bytes_that_are_no_text_for_a_mistake(run, monkeypatch, tmp_path):
    with venue(tmp_path) as there:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\nbuy 100 AAPL @ 1\n"), "utf-8"))
        status, out, _ = run("connect", tmp_path / "fix.toml", "--set", os.fsdecode(b"1=caf\xe9"))
    assert status == 2 and r"there is no command '\\xff\\xfe'" in out
    assert [message.get(1) for message in there.messages] == [b"caf\xe9"]


def test_connect_without_a_standard_input_logs_on_and_out(run, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", None)
    with venue(tmp_path):
        status, out, errors = run("connect", tmp_path / "fix.toml")
    assert (status, errors) == (0, "") and "logged on: " in out


def test_connect_says_that_an_order_waits_for_the_next_logon(run, monkeypatch, tmp_path):
    closed = threading.Event()

    class Watched(fix_connect.Client):
        def on_event(self, session, notice):
            super().on_event(session, notice)
            if notice.kind == LinkKind.CLOSED:
                closed.set()

    class Typed(io.StringIO):
        def __iter__(self):
            yield "buy 1 CUT\n"
            assert closed.wait(PATIENCE)
            yield "buy 2 AAPL\n"

    monkeypatch.setattr(fix_connect, "Client", Watched)
    with venue(tmp_path) as there:
        monkeypatch.setattr(sys, "stdin", Typed())
        there.cut = b"CUT"
        _, out, _ = run("connect", tmp_path / "fix.toml")
    shown = out.splitlines()
    (at,) = (at for at, line in enumerate(shown) if "it is kept, and goes out behind the next logon" in line)
    assert "OrderQty=2" in shown[at - 1]


@pytest.mark.parametrize("text, session, says", [
    (CONFIG.format(port=1), "x", "has no initiator x; there are venue"),
    (CONFIG.format(port=1).replace("initiator", "acceptor"), None, "has no session with the role initiator"),
    (CONFIG.format(port=1) + CONFIG.format(port=2).replace("venue", "b").replace("us.log", "b.log"), None,
     "has the initiators venue, b; SESSION says which"),
    ("x = 1", None, "fix.toml: x: there is no such key"),
])
def test_connect_says_which_session_it_cannot_find(run, tmp_path, text, session, says):
    (tmp_path / "fix.toml").write_text(text)
    status, _, errors = run("connect", tmp_path / "fix.toml", *filter(None, (session,)))
    assert status == 2 and says in errors


def test_connect_names_a_store_in_use(run, typed, tmp_path):
    typed("")
    (tmp_path / "fix.toml").write_text(CONFIG.format(port=1))
    with FileStore(tmp_path / "us.log"):
        status, _, errors = run("connect", tmp_path / "fix.toml")
    assert status == 2 and f"us.log: is in use by process {os.getpid()}" in errors


# Replay


def test_replay_writes_what_was_sent(capfdbinary, log):
    assert main(["fix", "replay", str(log)]) == 0
    assert capfdbinary.readouterr().out == wire(b"D", 2, order(7).fields) + b"\n"


def test_replay_writes_what_was_received(capfdbinary, log):
    assert main(["fix", "replay", str(log), "--received"]) == 0
    assert capfdbinary.readouterr().out.count(b"35=8\x01") == 1


def test_replay_sends_to_a_counterparty_as_new_messages(run, log, tmp_path):
    folder = tmp_path / "replayed"
    folder.mkdir()
    with venue(folder) as there:
        for seq in (2, 4):
            status, out, errors = run("replay", log, "--to", folder / "fix.toml")
            assert (status, errors) == (0, "")
            assert out.splitlines()[-1] == "1 messages sent; 1 ExecutionReport"
            assert int(there.messages[-1].get(34)) == (seq if seq == 2 else 5)
    for message in there.messages:
        assert [pair for pair in message.fields if pair[0] not in (34, 49, 52, 56)] == sorted(order(7).fields)


@pytest.mark.parametrize("arguments, says", [
    ((), "damaged at byte"), (("--seq", "x"), "--seq must be"),
    (("--seq", "7"), "holds no message that is to be sent")])
def test_replay_calls_nobody_before_it_knows_that_all_can_be_sent(run, log, tmp_path, arguments, says):
    if not arguments:
        raw = bytearray(log.read_bytes())
        raw[-9] ^= 1
        log.write_bytes(raw)
    folder = tmp_path / "replayed"
    folder.mkdir()
    with venue(folder) as there:
        status, out, errors = run("replay", log, "--to", folder / "fix.toml", *arguments)
        assert (status, out, there.events) == (2, "", []) and says in errors


@pytest.mark.parametrize("arguments, says", [
    (["--pace", "0"], "--pace must be 0.001 or more, not 0"), (["--wait", "-1"], "--wait must be 0 or more, not -1"),
    (["--to", "none.toml"], "none.toml: No such file")])
def test_replay_names_mistakes(run, log, arguments, says):
    status, _, errors = run("replay", log, *arguments)
    assert status == 2 and says in errors
