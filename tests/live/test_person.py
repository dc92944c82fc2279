"""A person and a living host: what he shuts he opens, and what the venue says otherwise is his to accept."""

import getpass
import signal

import pytest

from host.cli.main import main
from host.journal.journal import read_journal
from host.oms.inputs import Accept, Kill, Resume
from host.run.ledger import INPUTS
from tests.live.stage import KEY, stage

REASON = ["--reason", "seen"]


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("TICKGATE_RISK_KEY", KEY)


def acts(scene):
    """Return what the journal has of people, in order."""
    return [entry.record for entry in read_journal(scene.folder / "host" / "journal.tgh", INPUTS)
            if isinstance(entry.record, Kill | Resume | Accept) and entry.record.by == getpass.getuser()]


def test_a_kill_is_resumed_in_a_living_host_and_a_venue_that_differs_is_accepted(key, capsys) -> None:
    with stage(6) as scene:
        config = str(scene.folder / "live.toml")
        resume_gate = ["risk", "resume", "--device", scene.address, *REASON, "--journal",
                       str(scene.folder / "risk.journal")]
        assert main(["host", "status", config]) == 2 and "no host listens there" in capsys.readouterr().err
        host = scene.host()
        scene.witness.wait(lambda seen: any(one.last_shares for one in seen))
        assert main(["host", "kill", config, *REASON]) == 0
        host.until("kill: done; nothing rests")
        assert main(["host", "status", config]) == 1
        assert "by " + getpass.getuser() + ": seen" in capsys.readouterr().out
        assert main(["host", "resume", config, *REASON]) == 2 and "the gate is shut" in capsys.readouterr().err
        orders = len(scene.witness.orders())
        assert main(resume_gate) == 0
        assert main(["host", "resume", config, *REASON]) == 0
        scene.witness.wait(lambda _: len(scene.witness.orders()) > orders)
        assert main(["host", "status", config]) == 0
        host.end(signal.SIGTERM)
        assert [(type(one), one.reason) for one in acts(scene)] == [(Kill, "seen"), (Resume, "seen")]
        assert any(scene.ledger().oms.book.positions.values())
        # A host that has lost its journal holds nothing, and the venue knows better.
        (scene.folder / "host" / "journal.tgh").unlink()
        host = scene.host()
        host.until("reconciliation: position of account 0")
        assert main(["host", "status", config]) == 1 and "the venue has" in capsys.readouterr().out
        assert main(["host", "accept", config, *REASON, "--yes"]) == 0
        host.until("start: trading is open")
        host.until("gate: holds what the host does")
        host.end(signal.SIGTERM)
        assert [type(one) for one in acts(scene)] == [Accept]
