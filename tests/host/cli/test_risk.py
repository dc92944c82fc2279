"""``tickgate risk`` against a simulated device in a process of its own."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from host.cli.main import main
from host.risk.admin import Admin
from host.risk.gate import Gate
from host.risk.journal import DeviceLife, EntryKind, Journal, Tail, read_journal
from tests.host.conftest import Stream
from tests.host.risk.verdicts import verdicts
from tests.host.served import ROOT, Served, serve
from wire.pages import Command
from wire.risk import REPORT_DTYPE, REQUEST_DTYPE, Kind, OrderType, Rule, Side, Status

KEY = 0xFEED_BEEF
LIMITS = """
[global]
heartbeat = "1s"
duplicate = "0s"
[account.desk]
index = 1
gross = "100_000"
net = "100_000"
open_orders = 4
rate = { orders = 10_000_000, per = "1s", burst = 100 }
[symbol.ALFA]
index = 0
tick = "0.01"
band = ["90", "110"]
collar = { buy_bps = 100, buy_ticks = 100, sell_bps = 100, sell_ticks = 100 }
rate = { orders = 10_000_000, per = "1s", burst = 100 }
[pair.desk.ALFA]
max_shares = 1_000
max_notional = "250_000"
long = 100
short = 100
open_orders = 4
fills = 5
window = "1s"
"""


class Bench:
    """A served device with its book of ALFA, a folder with limits and key, and the command run in that folder."""

    def __init__(self, served: Served, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.served, self.folder, self._capsys = served, folder, capsys
        self.journal = folder / "risk.journal"
        self.limits = folder / "limits.toml"
        self.key = folder / "key"

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run ``tickgate risk``; return status, output, errors."""
        self._capsys.readouterr()
        status = main(["risk", *arguments])
        return status, *self._capsys.readouterr()

    def does(self, *arguments: str) -> str:
        status, out, errors = self.run(*arguments)
        assert (status, errors) == (0, ""), (arguments, status, errors)
        return out

    @contextmanager
    def gate(self) -> Iterator[Gate]:
        with self.served.open() as device:
            yield Gate(device)

    def acts(self) -> list[dict[str, Any]]:
        return [entry.content for entry in read_journal(self.journal) if entry.kind == EntryKind.ACT]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve() as served:
        yield served


@pytest.fixture
def bench(served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str],
          monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICKGATE_DEVICE", served.address)
    monkeypatch.setenv("TICKGATE_JOURNAL", str(tmp_path / "risk.journal"))
    monkeypatch.setenv("TICKGATE_RISK_KEY", hex(KEY))
    monkeypatch.setenv("COLUMNS", "120")
    bench = Bench(served, tmp_path, capsys)
    bench.limits.write_text(LIMITS)
    bench.key.touch(0o600)
    bench.key.write_text(hex(KEY))
    with served.open() as device, Admin(device, KEY) as admin:
        for command in (Command.KILL_GLOBAL, Command.RESUME_ACCOUNT, Command.RESUME_SYMBOL):
            for index in range(2):
                admin.command(command, account=index, symbol=index)
    return bench


def orders(count: int, first: int = 0, **fields: int) -> np.ndarray:
    made = np.zeros(count, REQUEST_DTYPE)
    made["token"] = made["client"] = np.arange(first, first + count)
    made["kind"], made["side"], made["type"], made["account"] = Kind.NEW, Side.BUY, OrderType.LIMIT, 1
    made["shares"], made["price"] = 10, 1_000_000
    for name, value in fields.items():
        made[name] = value
    return made


def decide(gate: Gate, slots: np.ndarray) -> np.ndarray:
    """Submit ``slots``; return their verdicts."""
    reader = gate.reader()
    left = slots
    while len(left):
        left = left[gate.submit(left):]
        gate.device.transport.run(200)
    return np.concatenate([part.copy() for part in reader.drain()])


@contextmanager
def journaling(bench: Bench, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``tickgate risk journal`` until the block is left; its first line has been read."""
    with subprocess.Popen([sys.executable, "-m", "host.cli", "risk", "journal", str(bench.journal), *options], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("writing verdicts from ")
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def fresh(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench with a device of its own that nobody has used."""
    with serve() as bench.served:
        monkeypatch.setenv("TICKGATE_DEVICE", bench.served.address)
        yield bench


def test_a_day(fresh: Bench, stream: Stream) -> None:
    """Book, limits, resume, an order that passes, a kill, the journal of it all."""
    bench = fresh
    assert main(["replay", str(stream.write(bench.folder / "day.itch")), "--device", bench.served.address]) == 0
    status, _, errors = bench.run("verify")
    assert status == 1 and errors == ""
    out = bench.does("set")
    assert "set 15 rows of limits, 4 of them from limits.toml, the others to 0" in out
    assert "the global kill is still set" in out
    assert "verified 122 fields of 15 rows are as limits.toml says" in bench.does("verify")
    with journaling(bench, "--heartbeat") as process, bench.gate() as gate:
        refused = decide(gate, orders(1))
        assert refused["mask"] == Rule.GLOBAL_KILL | Rule.HEARTBEAT
        assert "resumed all" in bench.does("resume", "--heartbeat", "--reason", "start of day")
        assert decide(gate, orders(3, 1, shares=30))["status"].tolist() == [Status.ACCEPTED] * 3
        assert decide(gate, orders(1, 4, shares=30))["mask"] == Rule.POSITION
        assert "killed all" in bench.does("kill", "--reason", "enough")
        assert decide(gate, orders(1, 4))["mask"] == Rule.GLOBAL_KILL
        assert decide(gate, orders(1, 1, kind=Kind.CANCEL, shares=0, price=0))["status"] == Status.ACCEPTED
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20) == ("7 verdicts written, 0 lost\n", "") and process.returncode == 0

    told = json.loads(bench.does("show", "--json"))
    (pair,) = told["pairs"]
    assert (pair["account"], pair["symbol"]) == ("desk", "ALFA") and not told["open"] and told["status"]["killed"]
    usage = {use["limit"]: use for use in pair["usage"]}
    assert usage["long"] == {"limit": "long", "used": 90, "of": 100, "permille": 900, "mark": 90}
    assert usage["open orders"] == {"limit": "open orders", "used": 3, "of": 4, "permille": 750, "mark": 75}
    (account,) = told["accounts"]
    assert account["usage"][0] == {"limit": "gross", "used": 90_000_000, "of": 1_000_000_000, "permille": 90, "mark": 0}
    out = bench.does("show")
    assert "SHUT  GLOBAL KILL" in out and "heartbeat within 1,000 ms" in out and "90.0 %" in out and "75.0 %" in out
    assert "desk ALFA" in out and "9,000.00" in out and "global kill" in out

    assert [act["act"] for act in bench.acts()] == ["set", "resume", "kill"]
    setting, resume, kill = bench.acts()
    assert len(setting["sha256"]) == 64 and setting["rows"] == 15
    assert (resume["reason"], resume["heartbeat"], kill["reason"], kill["scope"]) == (
        "start of day", True, "enough", "all")
    assert all(act["user"] and act["uid"] == os.getuid() and act["cycles"] > 0 for act in bench.acts())
    out = bench.does("log")
    assert '"start of day"' in out and "7 verdicts of 1 life" in out and "0 verdicts lost" in out
    assert len(out.splitlines()) == 7 + 3 + 1 + 1
    assert bench.does("log", "--status", "refused", "--rule", "14").splitlines()[0].endswith("order 4  position")
    lines = [json.loads(line) for line in bench.does("log", "--json", "--account", "desk", "--rule", "GLOBAL_KILL")
             .splitlines()]
    assert [line["rules"] for line in lines] == [["global_kill", "heartbeat"], ["global_kill"]]
    assert lines[0]["account_name"] == "desk" and lines[0]["status"] == "refused" and lines[0]["kind"] == "new"
    assert [json.loads(line)["what"] for line in bench.does("log", "--acts", "--json").splitlines()] == [
        "device", "act", "act", "act"]


def test_what_differs_is_named_field_by_field(bench: Bench) -> None:
    bench.does("set")
    bench.limits.write_text(LIMITS.replace("max_shares = 1_000", "max_shares = 999").replace("index = 1", "index = 0"))
    status, out, _ = bench.run("verify")
    assert status == 1
    rows = [line.split() for line in out.splitlines()]
    for row in ("pair.desk.ALFA max_shares 999 0", "pair 1, 0 max_shares 0 1,000", "account.desk enable 1 0",
                "account 1 enable 0 1"):
        assert row.split() in rows
    assert "fields differ" in out
    with bench.gate() as gate, Admin(gate.device, KEY) as admin:
        row = gate.show(1, 0)["pair_limits"]
        admin.command(Command.SET_PAIR, account=1, symbol=0, row=row | {"window": row["window"] - 1})
    bench.limits.write_text(LIMITS)
    status, out, _ = bench.run("verify")
    assert status == 1 and "pair.desk.ALFA  window  156,250,000  156,249,999" in out
    assert out.splitlines()[-1] == "FAILED: 1 of 122 fields differ"


def test_limits_that_do_not_fit_the_device_are_named(bench: Bench) -> None:
    for old, new, said in (
            ("index = 1", "index = 2", "account.desk.index must be 0..1 in this device, not 2"),
            ("index = 0", "index = 4", "symbol.ALFA.index must be 0..3 in this device, not 4"),
            ('window = "1s"', 'window = "1h"', "pair.desk.ALFA: window must be below 2**32 in the device"),
            ("fills = 5", 'fills = "5"', "limits.toml: pair.desk.ALFA.fills must be a whole number 0..65535, not '5'")):
        bench.limits.write_text(LIMITS.replace(old, new))
        for action in ("set", "verify"):
            status, _, errors = bench.run(action)
            assert status == 2 and said in errors, errors
    assert not bench.journal.exists()


def test_kills_are_latched_and_resumed_one_by_one(bench: Bench) -> None:
    bench.does("set")
    for option, name, kill in (("--account", "desk", "account_killed"), ("--symbol", "ALFA", "symbol_killed")):
        assert f"killed {option[2:]} {name}" in bench.does("kill", option, name)
        with bench.gate() as gate:
            assert gate.show(1, 0)[kill] == 1
        told = json.loads(bench.does("show", "--json"))
        assert told[f"{option[2:]}s"][0][kill] == 1 and "KILLED" in bench.does("show")
        out = bench.does("resume", option, name, "--reason", "looked at it")
        assert out.splitlines()[:2] == [f"resumed {option[2:]} {name}", "still set: the global kill"]
        with bench.gate() as gate:
            assert gate.show(1, 0)[kill] == 0


def test_a_kill_needs_no_limits_no_journal_and_no_names(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.limits.write_text("[nonsense")
    monkeypatch.delenv("TICKGATE_JOURNAL")
    status, out, errors = bench.run("kill")
    assert status == 0 and "killed all" in out and "not written down" in errors
    assert bench.run("kill", "--account", "1")[0] == 2
    bench.limits.unlink()
    status, out, _ = bench.run("kill", "--account", "1")
    assert status == 0 and "killed account #1" in out
    status, _, errors = bench.run("kill", "--symbol", "ALFA")
    assert status == 2 and "no symbol 'ALFA'; --limits FILE names them, or give its index" in errors
    status, _, errors = bench.run("kill", "--symbol", "4")
    assert status == 2 and "4 is index 4, the device has symbols 0..3" in errors


def test_a_kill_is_done_even_where_it_cannot_be_written_down(bench: Bench) -> None:
    bench.journal.write_text("this is no journal")
    status, out, errors = bench.run("kill")
    assert status == 1 and "killed all" in out and "killed, but not written down" in errors
    with bench.gate() as gate:
        assert gate.status()["killed"]


def test_resume_needs_a_reason_and_a_journal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as error:
        main(["risk", "resume"])
    assert error.value.code == 2
    status, _, errors = bench.run("resume", "--reason", "  ")
    assert (status, errors) == (2, "tickgate: --reason must say why\n")
    monkeypatch.delenv("TICKGATE_JOURNAL")
    for action in (("resume", "--reason", "x"), ("set",)):
        status, _, errors = bench.run(*action)
        assert status == 2 and "names the journal" in errors
    with bench.gate() as gate:
        assert gate.status()["killed"]


def test_a_wrong_key_changes_nothing_is_counted_and_written_down(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.does("set")
    with bench.gate() as gate:
        refused = gate.device.read("RISK_ADMIN_REFUSED")
    monkeypatch.setenv("TICKGATE_RISK_KEY", "1234567")
    for action in (("set",), ("kill",), ("resume", "--reason", "try")):
        status, out, errors = bench.run(*action)
        assert (status, out) == (1, "") and "does not take this key" in errors and "1234567" not in errors
    with bench.gate() as gate:
        assert gate.status()["killed"] and gate.status()["locked"]
        assert gate.device.read("RISK_ADMIN_REFUSED") >= refused + 3
    assert [act["act"] for act in bench.acts()] == ["set", "set", "failed", "resume", "failed"]
    assert bench.acts()[-1]["of"] == "resume" and "1234567" not in bench.journal.read_bytes().decode("latin-1")
    bench.does("kill", "--key-file", str(bench.key))
    bench.key.chmod(0o644)
    status, _, errors = bench.run("kill", "--key-file", str(bench.key))
    assert status == 2 and "others may use it (mode 644)" in errors


def test_the_page_is_locked_behind_every_command(bench: Bench) -> None:
    for action in (("set",), ("kill",), ("resume", "--reason", "x")):
        bench.run(*action)
        with bench.gate() as gate:
            assert gate.status()["locked"]


def test_a_heartbeat_that_nobody_gives_is_lost_again(bench: Bench) -> None:
    bench.limits.write_text(LIMITS.replace('heartbeat = "1s"', 'heartbeat = "10us"'))
    bench.does("set")
    status, out, _ = bench.run("resume", "--heartbeat", "--reason", "x")
    assert status == 1 and "the host's heartbeat is lost again: no host is heard" in out


def test_a_killed_host_leaves_the_gate_shut_and_nothing_reopens_it(bench: Bench) -> None:
    bench.limits.write_text(LIMITS.replace('heartbeat = "1s"', 'heartbeat = "5ms"'))
    bench.does("set")
    with journaling(bench, "--heartbeat") as process:
        bench.does("resume", "--heartbeat", "--reason", "start")
        time.sleep(0.5)
        with bench.gate() as gate:
            assert not gate.status()["lost"] and not gate.status()["killed"]
        process.kill()
    with bench.gate() as gate:
        for _ in range(200):
            if gate.status()["lost"]:
                break
            gate.device.transport.run(50_000)
        assert decide(gate, orders(1, 50))["mask"][0] & Rule.HEARTBEAT
    with journaling(bench, "--heartbeat"), bench.gate() as gate:
        time.sleep(0.5)
        assert gate.status()["lost"], "beating again resumes nothing"


@pytest.mark.parametrize("sync", ["always", "interval", "never"])
def test_a_journal_whose_writer_is_killed_again_and_again_is_gapless(bench: Bench, sync: str) -> None:
    """Verdicts are decided all the while; what the dead writer had not written, the next one finds in the ring."""
    chance = random.Random(20_261_121)
    sent = 0
    with bench.gate() as gate:
        first = gate.reader().next_seq
        for _ in range(3):
            with journaling(bench, "--fsync", sync) as process:
                end = time.monotonic() + chance.uniform(0.05, 0.4)
                while time.monotonic() < end:
                    sent += len(decide(gate, orders(16, sent)))
                process.kill()
            sent += len(decide(gate, orders(40, sent)))
    assert "0 lost" in bench.does("journal", "--once")
    tail = Tail()
    parts = [entry.verdicts for entry in read_journal(bench.journal, tail)]
    kept = np.concatenate(parts)
    assert tail.end == bench.journal.stat().st_size
    assert kept["seq"].tolist() == list(range(1, first + sent))
    assert kept["client"][first - 1:].tolist() == list(range(sent))


def test_the_server_dies_and_the_journal_says_so_and_goes_on_with_the_next(bench: Bench) -> None:
    with serve() as mortal:
        device_option = ("--device", mortal.address)
        bench.does("set", *device_option)
        with journaling(bench, *device_option) as process:
            with mortal.open() as device:
                assert len(decide(Gate(device), orders(5))) == 5
            time.sleep(0.3)
            mortal.signal(signal.SIGKILL)
            _, errors = process.communicate(timeout=20)
            assert process.returncode == 1 and "Traceback" not in errors and "server is gone" in errors
        status, _, errors = bench.run("show", *device_option)
        assert status == 1 and errors.endswith("server is gone, only its socket is left\n")
        again = Served(mortal.path)
        try:
            with again.open() as device:
                assert Gate(device).status()["killed"], "a device that starts is shut"
                decide(Gate(device), orders(2))
            bench.does("journal", "--once", *device_option)
        finally:
            again.end()
    lives = [entry for entry in read_journal(bench.journal) if entry.kind == EntryKind.DEVICE]
    assert len(lives) == 2
    assert [seq for entry in read_journal(bench.journal) for seq in entry.verdicts["seq"].tolist()] == [
        1, 2, 3, 4, 5, 1, 2]
    assert "2 lives of a device" in bench.does("log")


def test_a_pair_that_rule_22_disabled_is_enabled_again(fresh: Bench, stream: Stream) -> None:
    bench = fresh
    bench.limits.write_text(LIMITS.replace("fills = 5", "fills = 0"))
    assert main(["replay", str(stream.write(bench.folder / "day.itch")), "--device", bench.served.address]) == 0
    bench.does("set")
    with bench.gate() as gate:
        gate.beat()
        bench.does("resume", "--heartbeat", "--reason", "start of day")
        assert decide(gate, orders(1))["status"] == Status.ACCEPTED
        fill = np.zeros(1, REPORT_DTYPE)
        fill["kind"], fill["number"], fill["shares"], fill["price"] = Kind.FILL, 1, 4, 1_000_000
        reader = gate.reader()
        assert gate.report(fill) == 1
        gate.device.transport.run(200)
        assert reader.collect()["status"] == Status.APPLIED
        assert decide(gate, orders(1, 1))["mask"] == Rule.THROTTLE
        assert "DISABLED by rule 22 · position 4" in bench.does("show")
        assert "resumed account desk in symbol ALFA" in bench.does(
            "resume", "--account", "desk", "--symbol", "ALFA", "--reason", "looked at it")
        assert decide(gate, orders(1, 1))["status"] == Status.ACCEPTED


def test_a_device_in_ones_own_process_is_no_use(bench: Bench) -> None:
    status, _, errors = bench.run("show", "--device", "sim")
    assert status == 2 and "`tickgate device serve` runs one that stays" in errors


def test_what_the_log_cannot_do_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, errors = bench.run("log")
    assert status == 2 and "No such file" in errors
    bench.does("kill")
    assert bench.run("log", "--rule", "23")[2].startswith("tickgate: --rule: no rule '23'; there are 1..22, or global")
    assert bench.run("log", "--account", "nobody")[0] == 2
    assert bench.run("log", "--last", "-1")[0] == 2
    bench.journal.write_bytes(bench.journal.read_bytes()[:-3])
    assert "bytes at the end are no entry" in bench.does("log")
    monkeypatch.delenv("TICKGATE_JOURNAL")
    assert "names the journal" in bench.run("log")[2]
    bench.journal.write_text("x")
    assert bench.run("log", str(bench.journal))[2] == f"tickgate: {bench.journal}: is no audit journal\n"


def test_a_journal_with_losses_fails_the_check(bench: Bench) -> None:
    with Journal(bench.journal) as journal:
        journal.begin(lambda: DeviceLife(contract=2, build=1, clock_hz=1, cycles=0, verdicts=0))
        journal.verdicts(verdicts(4, 2))
    status, out, _ = bench.run("log")
    assert status == 1 and "LOST verdicts 1 to 3" in out and "3 verdicts lost" in out
