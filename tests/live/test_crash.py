"""The host is killed by SIGKILL at random points while it trades; device and exchange live on in their own processes.

Each next life reads its journal and its FIX store, asks the exchange, and compares itself with the gate. In the end
nothing may be lost or doubled: by the exchange's drop copy, order by order and fill by fill, and by the gate.
"""

import random
import signal
import time
from collections import Counter

import pytest

from host.oms.inputs import ExecKind
from host.oms.order import Flag
from host.positions.reconcile import reconcile
from host.risk.gate import Gate
from host.run.agree import gate_differences, settled
from tests.live.stage import Stage, stage

#: Of lives that are killed, those that are killed while they begin, wherever they are then.
_EARLY = 0.3
#: Seconds from a host's start, and from its recovery, to its death at most.
_BEGINNING, _TRADING = 2.0, 2.0


def kill_at_random(scene: Stage, rng: random.Random, kills: int, counts: Counter[str]) -> None:
    """Let so many hosts begin, and kill them; the first not before it has traded."""
    for number in range(kills):
        host = scene.host()
        if not number:
            scene.witness.wait(lambda seen: any(one.kind is ExecKind.TRADE for one in seen))
        elif rng.random() < _EARLY:
            host.says("gate: holds", rng.uniform(0, _BEGINNING))
        else:
            host.until("gate: holds what the host does")
            counts["recovered and compared with the gate"] += 1
            host.says("no such line", rng.uniform(0, _TRADING))
        assert host.process.poll() is None, host.lines[-20:]
        host.end(signal.SIGKILL)
        counts["kills"] += 1


def agreed_in_the_end(scene: Stage, counts: Counter[str]) -> None:
    """Let a host recover and end in good order; hold it against exchange and gate."""
    host = scene.host()
    host.until("gate: holds what the host does")
    assert host.end(signal.SIGTERM) == 0, host.lines[-20:]
    ledger = scene.ledger()
    book, ours = ledger.oms.book, {order.order_id: order for order in ledger.oms.book.orders.values()
                                   if order.order_id}
    scene.witness.wait(lambda seen: not any(one.leaves for one in scene.witness.orders().values()))
    theirs = scene.witness.orders()
    assert settled(ledger) and not book.gaps
    assert not [order for order in book.orders.values() if order.open or order.flags & (Flag.UNRESOLVED | Flag.FOREIGN)]
    assert ours.keys() == theirs.keys()
    differ = [(order.id, order.cum, theirs[number].cum_shares) for number, order in ours.items()
              if order.cum != theirs[number].cum_shares or theirs[number].leaves]
    assert not differ
    statement = scene.witness.statement(book.day)
    assert len({one.exec_id for one in scene.witness.executions}) == len(scene.witness.executions)
    assert reconcile(ledger.positions.trades(), ledger.positions, statement) == []
    with scene.open_device() as device:
        assert gate_differences(ledger, Gate(device)) == []
    counts.update({"orders": len(ours), "fills": len(list(statement.trades)),
                   "reports": len(scene.witness.executions)})


@pytest.mark.parametrize("rounds, kills", [
    (1, 5), pytest.param(20, 15, marks=pytest.mark.soak, id="300 kills")])
def test_whenever_the_host_is_killed_nothing_is_lost_or_doubled(rounds: int, kills: int) -> None:
    seed = int(time.time())
    rng, counts = random.Random(seed), Counter[str]()
    print(f"seed {seed}")
    for _ in range(rounds):
        with stage(rng.randrange(1 << 16)) as scene:
            kill_at_random(scene, rng, kills, counts)
            agreed_in_the_end(scene, counts)
        print(f"{time.strftime('%H:%M:%S')} {dict(counts)}", flush=True)
    assert counts["kills"] == rounds * kills and counts["fills"]
