"""The day of ``tickgate demo``: what goes wrong shows, and all agree at the end."""

import pytest

from host.cli.main import main
from host.oms.book import Phase
from host.report.history import read_history
from sim.loop.check import differences, reconciled
from sim.loop.story import Story
from sim.loop.world import World


@pytest.fixture(scope="module")
def story():
    return Story(messages=1, profile="sim")


def test_a_day_with_all_that_goes_wrong_ends_without_a_break(story, tmp_path):
    with World(story.setup(), story.strategies(), tmp_path / "journal") as world:
        told = []
        story.begin(world, lambda moment, when: told.append(moment.name))
        world.run()
        assert told == [moment.name for moment in story.moments()] and world.lives == 1
        assert reconciled(world) == [] and differences(world) == [] and not world.exchange.refused
        assert world.ledger.oms.book.phase is Phase.OPEN and not world.ledger.oms.book.kills
        counters = world.market.device.counters()
        assert counters["msgs_b"] > 500 and counters["msgs_injected"] == world.recovered > 20
        assert counters["msgs_decoded"] == world.exchange.venue.feed.next - 1 > 10_000
        traded = read_history(world.journal.path, world.settings)
        assert traded.accepted > 50 and len(traded.rules) >= 4 and traded.lives == 2


def test_the_command_tells_that_all_adds_up(capsys, tmp_path):
    page, picture = tmp_path / "day.html", tmp_path / "day.png"
    assert main(["demo", "--messages", "1", "--profile", "sim", "--html", str(page), "--png", str(picture)]) == 0
    assert "0 breaks" in page.read_text() and picture.read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert all(text in out for text in ("0 mismatches, 0 not live", "0 breaks", "done; nothing rests"))
    assert "is not" not in out


@pytest.mark.parametrize(("words", "said"), [
    (["--profile", "tiny"], "needs 8 symbols and a risk gate"), (["--messages", "0"], "at least 1, not 0")])
def test_what_cannot_be_played_is_told(words, said, capsys):
    assert main(["demo", *words]) == 2
    assert said in capsys.readouterr().err
