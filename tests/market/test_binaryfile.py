import gzip
from random import Random

import numpy as np
import pytest

from sim.market.binaryfile import binaryfile_bytes, read_binaryfile, write_binaryfile, write_binaryfile_parts
from sim.market.generator import Session, generate
from sim.market.messages import Messages
from sim.market.source import MarketFileError
from wire.binaryfile import join_binaryfile, split_binaryfile
from wire.itch50 import SIZES

AAPL = "itch50_aapl_20200130/locate-13-10k.bin"
RITCH = "ritch_test_itch50/ex20101224.TEST_ITCH_50"


def some_messages(count: int = 40) -> list[bytes]:
    kinds = [*SIZES] * (count // len(SIZES) + 1)
    return [kind.encode() + Random(n).randbytes(SIZES[kind] - 1) for n, kind in enumerate(kinds[:count])]


@pytest.mark.parametrize("name", ["day.itch", "day.itch.gz"])
@pytest.mark.parametrize("end", [True, False])
def test_a_file_comes_back_as_it_was_written(tmp_path, name, end):
    messages = some_messages()
    write_binaryfile(tmp_path / name, Messages.of(messages), end=end)
    assert list(read_binaryfile(tmp_path / name)) == messages
    content = (tmp_path / name).read_bytes()
    assert (gzip.decompress(content) if name.endswith(".gz") else content) == join_binaryfile(messages, end=end)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_parts_make_one_file(tmp_path):
    messages = some_messages()
    parts = (Messages.of(messages[:7]), Messages.of([]), Messages.of(messages[7:]))
    size = write_binaryfile_parts(tmp_path / "x", iter(parts))
    assert list(read_binaryfile(tmp_path / "x")) == messages
    assert size == (tmp_path / "x").stat().st_size


def test_gzip_is_told_by_its_magic_and_may_have_many_members(tmp_path):
    messages = some_messages()
    content = join_binaryfile(messages)
    (tmp_path / "x").write_bytes(gzip.compress(content[:100]) + gzip.compress(content[100:]))
    assert list(read_binaryfile(tmp_path / "x")) == messages


def test_an_empty_file_holds_no_message(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    assert len(read_binaryfile(tmp_path / "x")) == 0
    (tmp_path / "x").write_bytes(b"\0\0")
    assert len(read_binaryfile(tmp_path / "x")) == 0


def test_a_file_torn_at_any_byte_names_the_record_that_is_not_whole(tmp_path):
    messages = some_messages(12)
    content = join_binaryfile(messages, end=False)
    starts = np.cumsum([0] + [len(message) + 2 for message in messages]).tolist()
    path = tmp_path / "torn"
    for size in range(len(content)):
        path.write_bytes(content[:size])
        whole = max(n for n, start in enumerate(starts) if start <= size)
        if size == starts[whole]:
            assert list(read_binaryfile(path)) == messages[:whole]
            continue
        with pytest.raises(MarketFileError, match=f"torn, byte {starts[whole]}: the file ends inside") as caught:
            read_binaryfile(path)
        assert caught.value.offset == starts[whole]
        assert list(read_binaryfile(path, partial=True)) == messages[:whole]


def test_a_torn_gzip_gives_what_is_whole(tmp_path):
    messages = some_messages(2000)
    content = gzip.compress(join_binaryfile(messages))
    path = tmp_path / "torn.gz"
    for size in (len(content) - 1, len(content) * 9 // 10):
        path.write_bytes(content[:size])
        with pytest.raises(MarketFileError, match="gz, byte"):
            read_binaryfile(path)
        got = list(read_binaryfile(path, partial=True))
        assert got == messages[:len(got)] and len(got) > 500
    path.write_bytes(content[:400] + b"\xff\xff\xff\xff" + content[404:])
    with pytest.raises(MarketFileError):
        read_binaryfile(path)


def test_bytes_behind_the_end_of_the_session_are_an_error(tmp_path):
    messages = some_messages(40)
    content = join_binaryfile(messages)
    (tmp_path / "x").write_bytes(content + b"abc")
    with pytest.raises(MarketFileError, match=f"byte {len(content) - 2}: a zero length.*but 3 bytes follow"):
        read_binaryfile(tmp_path / "x")
    assert list(read_binaryfile(tmp_path / "x", partial=True)) == messages


@pytest.mark.parametrize("content", [
    bytes(1000), b"text of some other kind, long enough to look at" * 50, b"\x7fELF" + bytes(range(256)) * 8,
    b"\x00\x24" + b"Z" * 36 + b"\x00\x0cS" + bytes(5)])
def test_another_kind_of_file_is_refused_even_in_part(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    for partial in (False, True):
        with pytest.raises(MarketFileError, match="this is no BinaryFILE of ITCH 5.0"):
            read_binaryfile(tmp_path / "x", partial=partial)


def test_odd_messages_in_a_good_file_are_passed_on(tmp_path):
    messages = [*some_messages(40), b"Zzz", b"A", b"D" * 300]
    (tmp_path / "x").write_bytes(join_binaryfile(messages))
    got = read_binaryfile(tmp_path / "x")
    assert list(got) == messages
    assert got.locates()[-3:].tolist() == [0, 0, 0x4444]
    assert got.timestamps()[-3:].tolist() == [0, 0, 0x444444444444]


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_binaryfile(tmp_path / "none")
    with pytest.raises(OSError) as caught:
        write_binaryfile(tmp_path / "no" / "x", Messages.of([]))
    assert caught.value.filename == str(tmp_path / "no" / "x")


def test_steps_of_the_reader_do_not_show(tmp_path, monkeypatch):
    messages = some_messages(200)
    write_binaryfile(tmp_path / "x", Messages.of(messages))
    for step in (2, 3, 17, 64, 1000):
        monkeypatch.setattr("sim.market.binaryfile._STEP", step)
        assert list(read_binaryfile(tmp_path / "x")) == messages, step


def test_genuine_file(data_dir):
    messages = read_binaryfile(data_dir / AAPL)
    assert messages.counts() == {"A": 4758, "D": 4083, "E": 849, "P": 240, "L": 52, "U": 7, "X": 6, "F": 2, "H": 1,
                                 "R": 1, "Y": 1}
    assert set(messages.locates().tolist()) == {13}
    assert (np.diff(messages.timestamps()) >= 0).all()
    content = (data_dir / AAPL).read_bytes()
    offsets, lengths = split_binaryfile(content)
    assert np.array_equal(offsets, messages.offset) and np.array_equal(lengths, messages.length)
    assert binaryfile_bytes(messages).tobytes() == content


def test_a_file_without_lengths_is_refused_and_its_repaired_copy_read(data_dir):
    with pytest.raises(MarketFileError, match="byte 0: this is no BinaryFILE of ITCH 5.0"):
        read_binaryfile(data_dir / RITCH)
    messages = read_binaryfile(data_dir / f"{RITCH}.lenfixed")
    assert len(messages) == 12_012


def test_messages_select_concat_and_pack():
    messages = Messages.of(some_messages(30))
    picked = messages.select(np.array([3, 5, 5]))
    assert list(picked) == [messages[3], messages[5], messages[5]]
    assert list(picked.packed(2)) == list(picked)
    assert list(Messages.concat([picked, messages])) == list(picked) + list(messages)
    assert len(Messages.concat([])) == 0 and Messages.of([]).counts() == {}
    with pytest.raises(ValueError, match="message 1 has no bytes"):
        Messages.of([b"S", b""])


def test_generated_session_survives_a_file(tmp_path):
    messages = generate(Session(messages=2000, symbols=3))
    write_binaryfile(tmp_path / "x.gz", messages)
    assert list(read_binaryfile(tmp_path / "x.gz")) == list(messages)
