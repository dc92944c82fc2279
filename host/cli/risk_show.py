"""``tickgate risk show``: what shuts the gate, and how much of each limit is used."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from host.cli.console import wide_console
from host.cli.jsonout import write_json
from host.cli.ladder import price_text, state_text
from host.cli.risk_common import Names, add_device, add_limits, open_gate_device, read_limits
from host.device.driver import Device
from host.risk.gate import Gate
from host.risk.limits import Limits
from host.risk.usage import MARKS, Usage, account_usage, pair_usage, symbol_usage
from wire.registers import COUNTERS
from wire.risk import Rule, Shut

__all__ = ["add_show"]

#: Columns of a bar.
_BAR = 20
_STYLES = {0: "green", 50: "yellow", 75: "dark_orange", 90: "bold red"}
_RULES = {f"risk_{rule.name.lower()}": number for number, rule in enumerate(Rule, 1) if rule.name}
_OTHERS = tuple(name for name, _ in COUNTERS if name.startswith("risk_") and name not in _RULES)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """An account, a symbol, or a pair of both. names: of it. shown: of ``Gate.show``. state: state word of a symbol."""

    names: tuple[str, ...]
    shown: dict[str, Any]
    usage: tuple[Usage, ...]
    state: int = 0


@dataclass(frozen=True, kw_only=True)
class _Picture:
    """All that is shown. heartbeat: limit in cycles. counters: those of the gate, by name."""

    cycle: int
    status: dict[str, int]
    heartbeat: int
    accounts: Sequence[_Part]
    symbols: Sequence[_Part]
    pairs: Sequence[_Part]
    counters: dict[str, int]


def add_show(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``show`` to the actions of ``tickgate risk``."""
    text = "show what shuts the gate, and how much of each limit is used"
    parser = actions.add_parser("show", help=text, description=(
        f"{text.capitalize()}. Uses from {', '.join(f'{mark} %' for mark in MARKS)} on are marked. Accounts, symbols "
        "and pairs are those of the limits, without limits those that the device has enabled."))
    add_device(parser)
    add_limits(parser)
    parser.add_argument("--json", action="store_true", help="as JSON; money in 1/10,000")
    parser.set_defaults(run=_show)


def _show(args: argparse.Namespace) -> int:
    limits = read_limits(args.limits)
    names = Names.of(limits)
    with open_gate_device(args) as device:
        picture = _look(device, Gate(device), limits, names)
        if args.json:
            write_json(sys.stdout, _object(picture))
        else:
            _print(wide_console(), picture, device)
    return 0


# Looking


def _look(device: Device, gate: Gate, limits: Limits | None, names: Names) -> _Picture:
    def show(account: int, symbol: int) -> dict[str, Any]:
        with device.transport.exclusive():
            return gate.show(account, symbol)

    def state(symbol: int) -> int:
        with device.transport.exclusive():
            return device.state(symbol)

    of_account = {a: show(a, 0) for a in range(gate.sizes.accounts)}
    of_symbol = {s: show(0, s) for s in range(device.capabilities.symbols)}
    if limits is None:
        accounts = [a for a, shown in of_account.items() if _is_used(shown, "account")]
        symbols = [s for s, shown in of_symbol.items() if _is_used(shown, "symbol")]
        pairs = [(a, s) for a in accounts for s in symbols]
    else:
        accounts = [a for a in names.accounts.values() if a in of_account]
        symbols = [s for s in names.symbols.values() if s in of_symbol]
        pairs = [(a, s) for a, s in ((names.accounts[pair.account], names.symbols[pair.symbol])
                                     for pair in limits.pairs) if a in of_account and s in of_symbol]
    now = device.read("CYCLES")
    of_pair = {pair: show(*pair) for pair in pairs}
    return _Picture(
        cycle=now, status=gate.status(), heartbeat=of_account[0]["global_limits"]["heartbeat"],
        accounts=[_Part(names=(names.account(a),), shown=of_account[a], usage=account_usage(of_account[a], now))
                  for a in accounts],
        symbols=[_Part(names=(names.symbol(s),), shown=of_symbol[s], usage=symbol_usage(of_symbol[s], now),
                       state=state(s)) for s in symbols],
        pairs=[_Part(names=(names.account(a), names.symbol(s)), shown=shown, usage=pair_usage(shown))
               for (a, s), shown in of_pair.items()],
        counters={name: device.read(name.upper()) for name, _ in COUNTERS if name.startswith("risk_")})


def _is_used(shown: dict[str, Any], what: str) -> bool:
    """Return whether an account or symbol is enabled, or is left with something of the time when it was."""
    held = ("gross", "account_open", "shut") if what == "account" else ()
    return bool(shown[f"{what}_limits"]["enable"] or shown[f"{what}_killed"] or any(shown[name] for name in held))


# JSON


def _object(picture: _Picture) -> dict[str, Any]:
    def part(one: _Part, keys: tuple[str, ...], *fields: str) -> dict[str, Any]:
        return dict(zip(keys, one.names, strict=True)) | {name: one.shown[name] for name in fields} | {
            "usage": [{"limit": use.name, "used": use.used, "of": use.limit, "permille": use.permille,
                       "mark": use.mark} for use in one.usage]}

    return {
        "cycle": picture.cycle, "status": picture.status, "heartbeat_cycles": picture.heartbeat,
        "open": not (picture.status["killed"] or picture.status["lost"]),
        "accounts": [part(one, ("account",), "account_killed", "shut", "gross", "net_buy", "net_sell", "account_open",
                          "account_limits") for one in picture.accounts],
        "symbols": [part(one, ("symbol",), "symbol_killed", "symbol_limits") | {"state": one.state}
                    for one in picture.symbols],
        "pairs": [part(one, ("account", "symbol"), "position", "worst_buy", "worst_sell", "pair_open", "short_used",
                       "fills", "disabled", "cost", "pair_limits") for one in picture.pairs],
        "counters": picture.counters}


# The terminal


def _print(console: Console, picture: _Picture, device: Device) -> None:
    _print_status(console, picture, device)
    unicode = console.encoding.startswith("utf")
    groups = (("accounts", picture.accounts, _account_state), ("symbols", picture.symbols, _symbol_state),
              ("pairs", picture.pairs, _pair_state))
    for title, parts, state in groups:
        if not parts:
            console.print(Text.assemble((title, "bold cyan"), (" none enabled", "dim")))
            continue
        table = Table(box=None, pad_edge=False, header_style="dim", title=Text(title, "bold cyan"),
                      title_justify="left")
        for name, right in (("", 0), ("", 0), ("limit", 0), ("used", 1), ("of", 1), ("", 0), ("", 1)):
            table.add_column(name, justify="right" if right else "left", no_wrap=True)
        for part in parts:
            heads = [Text(" ".join(part.names), "bold"), state(part)]
            for use in part.usage:
                if use.name == "located" and not (use.limit or use.used):
                    continue
                table.add_row(*heads, use.name, _amount(use.used, use), _amount(use.limit, use), *_bar(use, unicode))
                heads = [Text(), Text()]
        console.print(table)
        console.print()
    _print_counters(console, picture.counters)


def _print_status(console: Console, picture: _Picture, device: Device) -> None:
    status = picture.status
    shut = [text for name, text in (("killed", "GLOBAL KILL"), ("lost", "HEARTBEAT LOST")) if status[name]]
    if shut:
        line = Text.assemble((" SHUT ", "bold white on red"), " ", (", ".join(shut), "bold red"))
    else:
        line = Text.assemble((" OPEN ", "bold white on green"))
    some = [text for name, text in (("account_kills", "accounts"), ("symbol_kills", "symbols")) if status[name]]
    if some:
        line.append(f"  some {' and '.join(some)} killed", "bold yellow")
    ms = 1000 * picture.heartbeat / device.capabilities.clock_hz
    line.append(f"  heartbeat within {ms:,g} ms" if picture.heartbeat else "  no heartbeat limit is set", "dim")
    line.append("  admin page locked" if status["locked"] else "  ADMIN PAGE UNLOCKED",
                "dim" if status["locked"] else "bold yellow")
    console.print(line, soft_wrap=True)
    console.print()


def _account_state(part: _Part) -> Text:
    reasons = [flag.name.lower() for flag in Shut if part.shown["shut"] & flag and flag.name]
    words = [("KILLED", "bold red")] if part.shown["account_killed"] else []
    words += [(f"shut by itself: {', '.join(reasons)}", "bold red")] if reasons else []
    return _states(words, enabled=part.shown["account_limits"]["enable"])


def _symbol_state(part: _Part) -> Text:
    words = [("KILLED", "bold red")] if part.shown["symbol_killed"] else []
    words += [("restricted", "yellow")] if part.shown["symbol_limits"]["restricted"] else []
    return Text(" · ", "dim").join([_states(words, enabled=part.shown["symbol_limits"]["enable"]),
                                    state_text(part.state)])


def _pair_state(part: _Part) -> Text:
    words = [("DISABLED by rule 22", "bold red")] if part.shown["disabled"] else []
    text = _states(words, enabled=True, otherwise="")
    position = part.shown["position"]
    return text.append(f"{' · ' if words else ''}position {position:,}", "" if position else "dim")


def _states(words: Iterable[tuple[str, str]], *, enabled: int, otherwise: str = "enabled") -> Text:
    text = Text(" · ", "dim").join(Text(*word) for word in words)
    if not enabled:
        return Text.assemble(text, " " if text else "", ("not enabled", "yellow"))
    return text or Text(otherwise, "green")


def _amount(number: int, use: Usage) -> str:
    return price_text(number) if use.money else f"{number:,}"


def _bar(use: Usage, unicode: bool) -> tuple[Text, Text]:
    """Return a bar with its marks, and the percentage."""
    style = _STYLES[use.mark]
    if not use.limit:
        return Text("nothing passes", "dim" if not use.used else "bold red"), Text()
    full = min(-(-use.permille * _BAR // 1000), _BAR)
    marks = {_BAR * mark // 100 for mark in MARKS}
    bar = Text(("█" if unicode else "#") * full, style)
    for cell in range(full, _BAR):
        bar.append(("╎" if unicode else "|") if cell in marks else ("·" if unicode else "."), "dim")
    return bar, Text(f"{use.permille // 10:,}.{use.permille % 10} %", style if use.mark else "dim")


def _print_counters(console: Console, counters: dict[str, int]) -> None:
    said = "  ".join(f"{name.removeprefix('risk_').replace('_', ' ')} {counters[name]:,}" for name in _OTHERS
                     if counters[name])
    console.print(Text.assemble(("slots ", "bold cyan"), said or Text("none yet", "dim")), soft_wrap=True)
    broken = [(name, number) for name, number in _RULES.items() if counters[name]]
    if not broken:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("rule", "", "requests that broke it"):
        table.add_column(title, justify="left" if not title else "right")
    for name, number in broken:
        table.add_row(str(number), name.removeprefix("risk_").replace("_", " "), f"{counters[name]:,}")
    console.print(table)
