"""What a report needs of a world: a recorder on its device, and its data at the end."""

from host.report.data import Market, Names, Outcome, RunData
from host.report.history import read_history
from host.report.recorder import Recorder
from sim.loop.check import differences, reconciled
from sim.loop.scenario import ACCOUNT
from sim.loop.world import World

__all__ = ["recorded", "recorder", "run_data"]


def recorder(world: World) -> Recorder:
    """Return a recorder of ``world``, best made before it has played: call ``collect`` while it plays."""
    return Recorder.of(world.market.gate, names=Names((ACCOUNT,), world.symbols), midnight=world.exchange.midnight,
                       whole=True)


def recorded(world: World, recording: Recorder) -> Market:
    """Return what ``recording`` has at the end of ``world``, with what was compared then."""
    outcome = Outcome(breaks=tuple(map(str, reconciled(world))), differences=tuple(differences(world)))
    return recording.finish(counters=world.market.device.counters(), outcome=outcome)


def run_data(world: World, recording: Recorder, title: str) -> RunData:
    """Return the data of a report of ``world`` at its end; its journal is committed. Raises as read_history."""
    world.journal.commit()
    market = recorded(world, recording)
    return RunData(title=title, traded=read_history(world.journal.path, world.settings), market=market,
                   names=market.names)
