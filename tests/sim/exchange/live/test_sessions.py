"""A name of the feed's session is used once."""

import pytest

from sim.exchange.live.sessions import SessionError, new_session


def test_a_name_that_was_used_is_counted_on(tmp_path):
    names = [new_session(tmp_path / "used", "TICKGATE08") for _ in range(4)]
    assert names == ["TICKGATE08", "TICKGATE09", "TICKGATE10", "TICKGATE11"]
    assert new_session(tmp_path / "used", "OTHER") == "OTHER" and new_session(tmp_path / "used", "OTHER") == "OTHER2"
    assert (tmp_path / "used").read_text().split() == [*names, "OTHER", "OTHER2"]


def test_no_name_is_longer_than_there_is_room_for(tmp_path):
    assert new_session(tmp_path / "used", "TICKGATE99") == "TICKGATE99"
    with pytest.raises(SessionError, match="TICKGATE99: it was used"):
        new_session(tmp_path / "used", "TICKGATE99")


def test_a_file_that_cannot_be_had_is_named(tmp_path):
    with pytest.raises(SessionError, match=f"used: {tmp_path}"):
        new_session(tmp_path, "TICKGATE01")
