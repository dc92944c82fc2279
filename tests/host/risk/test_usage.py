"""How much of a limit is used, and which mark that reaches."""

import pytest

from host.risk.usage import Usage, account_usage, pair_usage, symbol_usage


@pytest.mark.parametrize(("used", "limit", "permille", "mark"), [
    (0, 100, 0, 0), (49, 100, 490, 0), (499, 1000, 499, 0), (50, 100, 500, 50), (749, 1000, 749, 50),
    (3, 4, 750, 75), (899, 1000, 899, 75), (9, 10, 900, 90), (10, 10, 1000, 90), (25, 10, 2500, 90),
    (2**62, 2**63 - 1, 500, 50), (0, 0, 0, 0), (1, 0, 1000, 90)])
def test_permille_and_marks(used: int, limit: int, permille: int, mark: int) -> None:
    use = Usage(name="x", used=used, limit=limit)
    assert (use.permille, use.mark) == (permille, mark)


def test_an_account() -> None:
    shown = {"gross": 70, "net_buy": -5, "net_sell": 8, "account_open": 3, "account_earliest": 1_045,
             "account_limits": {"gross": 100, "net": 10, "open_orders": 4, "interval": 10, "tolerance": 90}}
    assert [(use.name, use.used, use.limit, use.money) for use in account_usage(shown, now=1_000)] == [
        ("gross", 70, 100, True), ("net", 8, 10, True), ("open orders", 3, 4, False), ("rate", 5, 10, False)]
    assert account_usage(shown | {"net_sell": -9}, now=2_000)[1].used == 0
    assert account_usage(shown, now=2_000)[3].used == 0


def test_a_symbol_without_limits() -> None:
    (rate,) = symbol_usage({"symbol_earliest": 0, "symbol_limits": {"interval": 0, "tolerance": 0}}, now=5)
    assert (rate.used, rate.limit) == (0, 0)


def test_a_pair() -> None:
    shown = {"worst_buy": 30, "worst_sell": -10, "pair_open": 2, "short_used": 4, "fills": 6,
             "pair_limits": {"long": 40, "short": 20, "open_orders": 3, "locate": 5, "fills": 7}}
    assert [(use.name, use.used, use.limit) for use in pair_usage(shown)] == [
        ("long", 30, 40), ("short", 0, 20), ("open orders", 2, 3), ("located", 4, 5), ("fills", 6, 7)]
