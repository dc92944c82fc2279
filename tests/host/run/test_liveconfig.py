"""A live host's configuration: the shipped one, and mistakes, which are told with their place."""

from pathlib import Path

import pytest

from host.cli.main import main
from host.run.liveconfig import ConfigError, TelemetryConfig, load

ROOT = Path(__file__).parents[3]
SHIPPED = (ROOT / "live.toml").read_text()


def written(folder, text):
    for name in ("live.toml", "live-limits.toml"):
        (folder / name).write_text((ROOT / name).read_text())
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_the_shipped_one_is_of_the_shipped_exchange(tmp_path):
    config = load(written(tmp_path, SHIPPED))
    assert config.feed.lines == (("239.255.77.1", 26477), ("239.255.77.2", 26477))
    assert [(one.name, one.reference) for one in config.symbols] == [
        ("AAPL", 187_2500), ("MSFT", 412_1000), ("INTC", 24_8000)]
    assert config.journal.path == tmp_path / "live" / "journal.tgh"
    assert [type(strategy).__name__ for strategy, _ in config.strategies] == ["Imbalance", "MarketMaker"]
    assert config.telemetry == TelemetryConfig(metrics=("127.0.0.1", 9464), log=tmp_path / "live" / "events.jsonl")
    exchange = (ROOT / "exchange.toml").read_text()
    for fact in ('a = "239.255.77.1:26477"', 'rewind = "127.0.0.1:26478"', 'target = "TICKGATE"', "127.0.0.1:9878"):
        assert fact in exchange


@pytest.mark.parametrize("old, new, error", [
    ("[feed]", "[food]", "feed: is missing"),
    ('a = "239', 'c = "239', "feed: a: is missing"),
    ('b = "239.255.77.2:26477"', 'b = "localhost:1"',
     'feed: b: must be an IPv4 address and a port, such as 127.0.0.1:26477, not "localhost:1"'),
    ('session = "TICKGATE01"', "", "feed: session: is missing"),
    ('INTC = "24.80"', "", "symbols: INTC: is missing"),
    ('INTC = "24.80"', 'INTC = "24.80"\nTSLA = "1"', "symbols: TSLA: there is no such key; known are AAPL, MSFT, INTC"),
    ('"412.10"', '"lots"', """symbols: MSFT: must be dollars in quotes, like "1_000.25", not 'lots'"""),
    ("open = true", 'open = "yes"', 'gate: open: must be true or false, not "yes"'),
    ('sync = "interval"', 'sync = "often"', 'journal: sync: must be one of always, interval, never, not "often"'),
    ('host = "127.0.0.1"', "", "fix: session fix: host: is missing"),
    ('sender = "TICKGATE"', 'sender = "TICKGATE"\nrole = "acceptor"',
     'fix: role: cannot be "acceptor": the host has one session, which it initiates'),
    ('store = { path = "live/fix.log", sync = "interval" }', "",
     "fix: store: needs a path: what is sent must be known to the next life of the process"),
    ("threshold = 5_000", "treshold = 5_000", "strategy 1: treshold: there is no such key; threshold?"),
    ('name = "market_maker"', 'name = "market_maker"\naccount = "FUND"',
     'strategy 2: account: must be one of DESK, not "FUND"'),
    ("[telemetry]", "[telemetry]\npace_ms = 0",
     "telemetry: pace_ms: must be a whole number from 1 to 2147483647, not 0"),
    ('"127.0.0.1:9464"', '"everywhere"',
     'telemetry: metrics: must be an IPv4 address and a port, such as 127.0.0.1:26477, not "everywhere"'),
    ("[feed]", "[host]\nidle = 1\n[feed]", "host: idle: there is no such key; idle_us?"),
    ("[feed]", "[host]\ntimer_ms = 0\n[feed]", "host: timer_ms: must be a whole number from 1 to 2147483647, not 0"),
])
def test_a_mistake_is_told_with_file_key_and_value(tmp_path, capsys, old, new, error):
    assert old in SHIPPED
    path = written(tmp_path, SHIPPED.replace(old, new, 1))
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert str(raised.value) == f"{path}: {error}"
    assert main(["run", str(path)]) == 2
    assert capsys.readouterr().err == f"tickgate: {path}: {error}\n"


def test_limits_that_leave_an_index_out_are_told(tmp_path):
    path = written(tmp_path, SHIPPED)
    limits = tmp_path / "live-limits.toml"
    limits.write_text(limits.read_text().replace("index = 2", "index = 3"))
    with pytest.raises(ConfigError, match=r"symbol\.INTC: index 3 where 2 comes next"):
        load(path)
    limits.write_text("[global]\nheartbeat = 1\n")
    with pytest.raises(ConfigError, match=r"gate: limits: .*live-limits\.toml: account is missing"):
        load(path)


def test_a_file_and_the_options_of_the_other_way_do_not_mix(tmp_path, capsys):
    path = written(tmp_path, SHIPPED)
    assert main(["run", str(path), "--seed", "3"]) == 2
    assert "--seed is for a day on a virtual clock" in capsys.readouterr().err


def test_without_a_device_or_a_key_one_line_says_so(tmp_path, capsys, monkeypatch):
    path = written(tmp_path, f'device = "unix:{tmp_path}/none"\n{SHIPPED}')
    monkeypatch.delenv("TICKGATE_RISK_KEY", raising=False)
    assert main(["run", str(path)]) == 2
    assert "the admin page has a key" in capsys.readouterr().err
    monkeypatch.setenv("TICKGATE_RISK_KEY", "7")
    assert main(["run", str(path)]) == 1
    assert f"device: unix:{tmp_path}/none: no device is served there" in capsys.readouterr().err
