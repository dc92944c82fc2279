"""What people may ask of a living host; nothing opens but what was meant."""

import pytest

from host.oms.book import Phase
from host.oms.fix import Names
from host.oms.inputs import Accept, Kill, Resume
from host.oms.settings import Settings
from host.run.attend import Attendant
from host.run.ledger import Ledger
from tests.host.oms.desk import Desk

ALL = (-1, -1)


class StandIn:
    """A loop and a gate as far as the attendant sees them. Kills of the order manager shut the gate."""

    def __init__(self, **told):
        self.desk = Desk(trading=False, **told)
        self.ledger = Ledger(Settings(open_orders=8))
        self.ledger.oms = self.desk.oms
        self.taken, self.resumed = [], 0
        self.shown = {"killed": 0, "lost": 0, "account_kills": 0, "symbol_kills": 0}
        self.kills = {"account_killed": 0, "symbol_killed": 0}
        names = Names((b"DESK", b"OTHER"), (b"AAPL", b"MSFT"))
        self.attendant = Attendant(self, self, names, self.desk.now, self.again)
        self.desk.start()

    def again(self):
        self.resumed += 1

    def take(self, input_):
        self.taken.append(input_)
        self.desk.take(input_)
        if isinstance(input_, Kill):
            self.shown["killed"] = input_.account == input_.symbol == -1
            self.kills = {"account_killed": input_.account >= 0, "symbol_killed": input_.symbol >= 0}

    def status(self):
        return self.shown

    def show(self, account, symbol):
        return self.kills

    def ask(self, do, **more):
        return self.attendant.answer({"do": do, "reason": "because"} | more, "ann")


def test_a_kill_and_its_resume_are_inputs_with_name_and_reason():
    host = StandIn()
    assert host.ask("kill") == {"done": "killed all"}
    assert host.ask("status")["kills"][0] | {"since": 0} == {"of": "all", "by": "ann", "reason": "because", "since": 0}
    host.shown["killed"] = 0
    assert host.ask("resume", reason="seen") == {"done": "resumed all"}
    kill, resume = host.taken
    assert (kill.by, kill.reason, kill.account, kill.symbol) == ("ann", "because", *ALL) and isinstance(kill, Kill)
    assert (resume.by, resume.reason) == ("ann", "seen") and isinstance(resume, Resume)
    assert not host.desk.book.kills and host.resumed == 1 and host.ask("status")["kills"] == []


@pytest.mark.parametrize("scope", [{}, {"account": "OTHER"}, {"symbol": "MSFT"}])
def test_a_kill_is_not_resumed_while_the_gate_is_shut(scope):
    host = StandIn()
    host.ask("kill", **scope)
    assert "the gate is shut" in host.ask("resume", **scope)["error"] and len(host.desk.book.kills) == 1
    host.shown["killed"], host.kills = 0, {"account_killed": 0, "symbol_killed": 0}
    assert "resumed" in host.ask("resume", **scope)["done"] and not host.desk.book.kills


def test_only_the_kill_that_is_meant_is_resumed():
    host = StandIn()
    host.take(Kill(*ALL, "an overfill", "breaker", host.desk.now()))
    host.shown["killed"] = 0
    for scope in ({"account": "DESK"}, {"symbol": "AAPL"}, {"account": "DESK", "symbol": "AAPL"}):
        assert "no such kill" in host.ask("resume", **scope)["error"]
    assert "no account 'NOBODY'; there are DESK, OTHER" in host.ask("resume", account="NOBODY")["error"]
    assert list(host.desk.book.kills) == [ALL] and not host.resumed


@pytest.mark.parametrize("question", [{"do": "open"}, {"do": None}, {}, {"do": "resume"},
                                      {"do": "resume", "reason": " "}, {"do": "kill", "reason": 5}])
def test_what_is_not_a_question_or_has_no_reason_does_nothing(question):
    host = StandIn()
    assert host.attendant.answer(question, "ann")["error"] and not host.taken


def test_breaks_are_accepted_as_they_were_seen_and_no_others():
    host = StandIn(tells=True)
    assert host.ask("accept", breaks=[])["error"] == "there is nothing to accept"
    host.desk.positions((0, 1, 100))
    (seen,) = host.ask("status")["breaks"]
    assert seen == "DESK MSFT: the venue has 100, the host 0"
    assert "other breaks" in host.ask("accept", breaks=["another"])["error"] and not host.taken
    assert host.ask("accept", breaks=[seen])["done"] == f"accepted: {seen}"
    assert isinstance(host.taken[0], Accept) and host.desk.book.phase is Phase.OPEN
    assert host.ask("status")["accepted"] == ["DESK MSFT: 100 more at the venue"] and not host.ask("status")["breaks"]
    assert host.ask("accept", breaks=[])["error"] == "there is nothing to accept"
