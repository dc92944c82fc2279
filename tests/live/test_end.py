"""A host ends in good order by a signal, and the next one goes on; what a person has shut stays shut."""

import signal
import time

from host.cli.main import main
from host.oms.inputs import ExecKind
from host.oms.outputs import Report
from host.risk.gate import Gate
from host.run.slots import report_slots
from tests.live.stage import KEY, PATIENCE, Stage, stage
from wire.risk import Kind


def gate_status(scene: Stage) -> dict[str, int]:
    with scene.open_device() as device:
        return Gate(device).status()


def missing(scene: Stage, capsys) -> list[str]:
    """Make the report of the journal, and return what it has to say of the market's record."""
    journal = scene.folder / "host" / "journal.tgh"
    assert main(["report", str(journal)]) == 0
    page = journal.with_name("journal.tgh.html").read_text()
    assert "we bought" in page or "we sold" in page
    return [line for line in capsys.readouterr().out.splitlines() if "recorded" in line or "no record" in line]


def test_a_host_ends_by_a_signal_and_the_next_goes_on(monkeypatch, capsys) -> None:
    monkeypatch.setenv("TICKGATE_RISK_KEY", KEY)
    with stage(1) as scene:
        first = scene.host()
        scene.witness.wait(lambda seen: any(one.kind is ExecKind.TRADE for one in seen))
        assert not gate_status(scene)["killed"]
        assert first.end(signal.SIGINT) == 0
        text = "\n".join(first.lines)
        for part in ("goes on as it was set up, 2 symbols", "gate: open", "kill: done; nothing rests", "gate shut, ",
                     ", 0 left", "fix: logged out: as was asked for", "Positions", "host/journal.tgh: "):
            assert part in text
        assert gate_status(scene)["killed"]
        before = scene.ledger()
        assert not missing(scene, capsys)
        assert not [order for order in before.oms.book.orders.values() if order.open]

        second = scene.host()
        second.until("gate: holds what the host does")
        text = "\n".join(second.lines)
        assert "goes on as it was set up" in text and "kill: resumed by tickgate run" in text
        orders = len(scene.witness.orders())
        scene.witness.wait(lambda _: len(scene.witness.orders()) > orders)

        # A person shuts the gate; the host dies; nobody but a person opens it again.
        assert main(["risk", "kill", "--device", scene.address, "--reason", "to see"]) == 0
        second.end(signal.SIGKILL)
        third = scene.host()
        third.until("gate: shut by the global kill; `tickgate risk resume` opens it")
        third.until("gate: holds what the host does")
        assert third.end(signal.SIGTERM) == 0
        # Nor when the one that found it shut ended in good order.
        fourth = scene.host()
        fourth.until("gate: shut by the global kill; `tickgate risk resume` opens it")
        fourth.until("ready")
        assert gate_status(scene)["killed"]
        # Then it trades at once: what the order manager was told at the end holds no longer.
        assert main(["risk", "resume", "--device", scene.address, "--reason", "seen",
                     "--journal", str(scene.folder / "risk.journal")]) == 0
        orders = len(scene.witness.orders())
        scene.witness.wait(lambda _: len(scene.witness.orders()) > orders)
        assert fourth.end(signal.SIGTERM) == 0
        after = scene.ledger()
        assert after.oms.book.ids.epoch > before.oms.book.ids.epoch
        assert {order.order_id for order in after.oms.book.orders.values() if order.order_id} \
            == scene.witness.orders().keys()


def test_a_host_that_differs_from_the_gate_shuts_it() -> None:
    with stage(5) as scene:
        host = scene.host()
        host.until("gate: holds what the host does")
        while True:
            orders = len(scene.witness.orders())
            scene.witness.wait(lambda _, orders=orders: len(scene.witness.orders()) > orders)
            host.end(signal.SIGKILL)
            resting = [order for order in scene.ledger().oms.book.orders.values() if order.order_id and order.open]
            if resting:
                break
            host = scene.host()
        order = resting[0]
        with scene.open_device() as device:
            gate = Gate(device)
            held = gate.show(order.account, order.symbol)["position"]
            fill = Report(Kind.FILL, order.gate.number + 1, order.gate.token, shares=1, price=order.price)
            assert gate.report(report_slots([fill])) == 1
            device.transport.run(256)
            assert gate.show(order.account, order.symbol)["position"] == held + order.sign
        host = scene.host()
        host.until(f"gate: account {order.account}, symbol {order.symbol}: the gate has position ")
        host.until("kill: tickgate run, compared with the gate: gate and host differ")
        host.end(signal.SIGTERM)
        assert gate_status(scene)["killed"]
        host = scene.host()
        host.until("gate: shut by the global kill")


def test_two_hosts_do_not_share_a_journal() -> None:
    with stage(2) as scene:
        first = scene.host()
        first.until("ready")
        second = scene.host()
        assert second.process.wait(60) == 2
        assert second.end() == 2
        assert f"journal.tgh: is in use by process {first.process.pid}" in second.lines[-1]
        assert not gate_status(scene)["killed"]
        assert first.end() == 0


def test_without_an_exchange_the_host_waits_and_still_ends_in_good_order() -> None:
    with stage(3) as scene:
        scene.exchange.end(signal.SIGKILL)
        host = scene.host()
        host.until("fix: unreachable")
        assert host.end() == 0
        assert "gate shut, 0 orders cancelled or filled, 0 left" in "\n".join(host.lines)


def test_a_late_device_is_given_what_it_missed_and_its_death_is_told_in_one_line() -> None:
    with stage(4, late=True) as scene:
        host = scene.host()
        host.until("set up, 2 symbols")
        host.until("gate: holds what the host does")
        with scene.open_device() as device:
            missed, until = device.read("SEQ_HIGHEST"), time.monotonic() + PATIENCE
            while device.read("SEQ_EXPECTED") < missed:
                assert time.monotonic() < until, device.counters()
                device.transport.run(1024)
        scene.device.end(signal.SIGKILL)
        assert host.process.wait(60) == 1
        assert host.end() == 1
        assert host.lines[-1].startswith("tickgate: device: unix:") and "is gone" in host.lines[-1]
        assert "Traceback" not in "\n".join(host.lines)
