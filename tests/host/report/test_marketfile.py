"""A recorded market comes back from its file as it was, and what is none is refused by name."""

import json

import numpy as np
import pytest

from host.report.marketfile import MarketFileError, load_market, market_path, save_market


def test_a_market_comes_back(day, tmp_path):
    one, two = market_path(tmp_path / "day.tgh"), tmp_path / "again"
    save_market(day.market, one)
    save_market(day.market, two)
    back = load_market(one)
    assert one.name == "day.tgh.market.npz" and one.read_bytes() == two.read_bytes()
    for name, value in vars(day.market).items():
        if name in ("samples", "decisions"):
            assert (getattr(back, name) == value).all()
        elif name in ("latencies", "timings"):
            assert {stage: table.tolist() for stage, table in getattr(back, name).items()} == {
                stage: table.tolist() for stage, table in value.items()} != {}
        else:
            assert getattr(back, name) == value
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "day.tgh.market.npz"]


def test_what_is_no_market_is_refused(day, tmp_path):
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError):
        load_market(path)
    for raw in (b"", b"text", b"PK\3\4" + bytes(40)):
        path.write_bytes(raw)
        with pytest.raises(MarketFileError, match="file: holds no recorded market"):
            load_market(path)
    save_market(day.market, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    with pytest.raises(MarketFileError, match="file: holds no recorded market"):
        load_market(path)


@pytest.mark.parametrize("change, says", [
    ({"head": np.frombuffer(json.dumps({"version": 9}).encode(), np.uint8)}, "file: of version 9, not 1"),
    ({"samples": np.zeros(3)}, "file: samples is a table of float64, not"),
    ({"decisions": None}, "file: holds no recorded market"),
])
def test_another_version_or_form_is_refused(day, tmp_path, change, says):
    path = tmp_path / "file"
    save_market(day.market, path)
    with path.open("rb") as file, np.load(file) as held:
        tables = dict(held) | change
    with path.open("wb") as file:
        np.savez(file, **{name: table for name, table in tables.items() if table is not None})
    with pytest.raises(MarketFileError, match=says):
        load_market(path)
