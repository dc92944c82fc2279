"""What shuts the gate until it is resumed."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.interfaces import ROWS, SHUT_BITS, Sizes
from wire.pages import Command

__all__ = ["Kills"]

#: More cycles than any heartbeat period.
_NEVER = 1 << 32


class Kills(wiring.Component):
    """Kills of the gate, of symbols and of accounts, and the host's heartbeat.

    Latency: a command, a heartbeat, a row of global limits or a shut in cycle t is seen from cycle t + 1 on, and so is
    the loss of the heartbeat in the first cycle in which it is lost. A shut wins over a resume of its cycle. Reset: the
    global kill is set, the heartbeat is lost.

    Members
    -------
    admin, beat : commands, heartbeat
    shut, shut_account, shut_reasons : strobe, the gate itself shuts an account
    killed, lost : global kill, heartbeat lost
    symbols, accounts : kills
    next_symbols, next_accounts : the same, as they are in the next cycle
    reasons : why an account was shut, until it is resumed
    period : cycles without a heartbeat after which the host is lost, in force
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        super().__init__({
            "admin": In(sizes.admin), "beat": In(1),
            "shut": In(1), "shut_account": In(sizes.account_bits), "shut_reasons": In(SHUT_BITS),
            "killed": Out(1, init=1), "lost": Out(1, init=1),
            "symbols": Out(sizes.symbols), "accounts": Out(sizes.accounts),
            "next_symbols": Out(sizes.symbols), "next_accounts": Out(sizes.accounts),
            "reasons": Out(data.ArrayLayout(SHUT_BITS, sizes.accounts)), "period": Out(32)})

    def elaborate(self, platform):
        m = Module()
        admin = self.admin
        age = Signal(33, init=_NEVER)
        resumed = Signal()
        symbols, accounts = self.next_symbols, self.next_accounts
        m.d.comb += [symbols.eq(self.symbols), accounts.eq(self.accounts)]
        m.d.sync += [self.symbols.eq(symbols), self.accounts.eq(accounts)]
        with m.If(admin.valid):
            with m.Switch(admin.command):
                with m.Case(Command.KILL_GLOBAL):
                    m.d.sync += self.killed.eq(1)
                with m.Case(Command.RESUME_GLOBAL):
                    m.d.sync += self.killed.eq(0)
                with m.Case(Command.KILL_SYMBOL):
                    m.d.comb += symbols.bit_select(admin.symbol, 1).eq(1)
                with m.Case(Command.RESUME_SYMBOL):
                    m.d.comb += symbols.bit_select(admin.symbol, 1).eq(0)
                with m.Case(Command.KILL_ACCOUNT):
                    m.d.comb += accounts.bit_select(admin.account, 1).eq(1)
                with m.Case(Command.RESUME_ACCOUNT):
                    m.d.comb += accounts.bit_select(admin.account, 1).eq(0)
                    m.d.sync += self.reasons[admin.account].eq(0)
                with m.Case(Command.RESUME_HEARTBEAT):
                    m.d.comb += resumed.eq(1)
        with m.If(self.shut):
            m.d.comb += accounts.bit_select(self.shut_account, 1).eq(1)
            for number, reasons in enumerate(self.reasons):
                with m.If(self.shut_account == number):
                    m.d.sync += reasons.eq(reasons | self.shut_reasons)

        # Age is the time since the last heartbeat. What both are in the next cycle is compared in this one, for both
        # periods that may be in force then. A heartbeat leaves an age of 1, which only a period of 0 is less than.
        row = data.View(ROWS[Command.SET_GLOBAL], admin.row[:ROWS[Command.SET_GLOBAL].size])
        set_, lost = Signal(), Signal()

        def beyond(period):
            return (period == 0) | ~self.beat & (age >= period)

        m.d.comb += [
            set_.eq(admin.valid & (admin.command == Command.SET_GLOBAL)),
            lost.eq(Mux(set_, beyond(row.heartbeat), beyond(self.period)))]
        with m.If(set_):
            m.d.sync += self.period.eq(row.heartbeat)
        m.d.sync += [
            age.eq(Mux(self.beat, 1, Mux(age == _NEVER, age, age + 1))),
            self.lost.eq(self.lost & ~resumed | lost)]
        return m
