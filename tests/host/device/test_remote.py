"""A device served by another process: many clients, time that runs by itself, and deaths on either side."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from host.cli.main import main
from host.device.connect import open_device
from host.device.driver import DeviceError
from host.device.protocol import HEAD, PROTOCOL, Answer, Ask
from host.device.remote import RemoteTransport
from host.device.transport import Rx, Transport
from sim.device.model import FrameBatch
from tests.host.conftest import Stream
from tests.host.served import ROOT, Served, serve, short_folder
from wire.pages import SLOT_BYTES, Page
from wire.registers import ADDRESS_BITS, CONTRACT_VERSION
from wire.risk import REQUEST_DTYPE, Kind, Rule


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serve() as served:
        yield served


@pytest.fixture(scope="module")
def paused() -> Iterator[Served]:
    with serve("--paused") as served:
        yield served


def raw(served: Served) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(served.path))
    connection.settimeout(10)
    return connection


def ask(connection: socket.socket, code: int, body: bytes = b"") -> tuple[int, bytes]:
    connection.sendall(HEAD.pack(code, len(body)) + body)
    answer, size = HEAD.unpack(connection.recv(HEAD.size, socket.MSG_WAITALL))
    return answer, connection.recv(size, socket.MSG_WAITALL) if size else b""


def test_it_is_a_transport(paused: Served) -> None:
    with paused.open() as device:
        assert isinstance(device.transport, Transport) and isinstance(device.transport.rx, Rx)
        assert device.capabilities.symbols == 4
        with open_device("sim", profile="tiny") as own:
            assert own.capabilities == device.capabilities


def test_time_goes_on_while_nobody_asks(running: Served) -> None:
    with running.open() as device:
        before = device.read("CYCLES")
        time.sleep(0.3)
        assert device.read("CYCLES") - before > 1000


def test_paused_time_moves_only_as_asked_and_as_in_one_process(paused: Served) -> None:
    with paused.open() as device, open_device("sim", profile="tiny") as own:
        now = device.read("CYCLES")
        time.sleep(0.3)
        passed = []
        for one in (device, own):
            first = one.read("CYCLES")
            one.transport.run(12_345)
            one.write("GAP_PACKETS", 9)
            one.transport.settle()
            passed.append(one.read("CYCLES") - first)
        assert passed[0] == passed[1] > 12_345
        assert device.read("CYCLES") - now < 2 * passed[0]


def test_frames_and_records_come_through(paused: Served, stream: Stream, tmp_path: Path) -> None:
    out, own = tmp_path / "served.json", tmp_path / "own.json"
    file = str(stream.write(tmp_path / "some.itch"))
    assert main(["replay", file, "--device", paused.address, "--check", "--json", str(out)]) == 0
    assert main(["replay", file, "--profile", "tiny", "--check", "--json", str(own)]) == 0
    told, expected = json.loads(out.read_text()), json.loads(own.read_text())
    for name in ("messages", "compared", "mismatches", "counters", "latency"):
        assert told[name] == expected[name], name


def test_a_replay_into_running_time_keeps_its_pace(running: Served, stream: Stream, tmp_path: Path) -> None:
    file = str(stream.write(tmp_path / "some.itch"))
    assert main(["replay", file, "--device", running.address, "--check", "--json", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out").read_text())
    assert told["mismatches"] == told["without_record"] == 0 and told["compared"] > 3


def test_settling_does_not_wait_for_what_others_do(running: Served) -> None:
    stopped = threading.Event()

    def beat() -> None:
        with running.open() as other:
            while not stopped.is_set():
                other.write("GAP_PACKETS", 5)
    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with running.open() as device:
            device.transport.settle()
    finally:
        stopped.set()
        thread.join()


def test_verdicts_are_seen_in_shared_memory(running: Served) -> None:
    slot = np.zeros(1, REQUEST_DTYPE)
    slot["kind"], slot["client"], slot["token"] = Kind.CANCEL, 77, 3
    with running.open() as device, running.open() as other:
        ring = other.transport.verdicts
        last = int(ring["seq"].max())
        device.write("VERDICT_ENTRIES", len(ring).bit_length() - 1)
        device.transport.write_words(Page.ORDERS << ADDRESS_BITS, slot.view(np.uint32))
        device.transport.run(100)
        verdict = ring[last % len(ring)]
        assert (verdict["seq"], verdict["client"], verdict["token"]) == (last + 1, 77, 3)
        assert verdict["mask"] == Rule.MALFORMED
        with pytest.raises(ValueError):
            ring["seq"][0] = 1
    assert SLOT_BYTES == slot.nbytes


def test_clients_do_not_disturb_each_other_in_64_bit_registers(paused: Served) -> None:
    with paused.open() as one, paused.open() as two:
        one.write("SEQ_SET", 0x1111_1111_2222_2222)
        low = one.transport.read(0x040)
        assert two.read("CYCLES") < 1 << 32
        assert (low, one.transport.read(0x044)) == (0x2222_2222, 0x1111_1111)
        one.write("SEQ_SET", 1)


def test_who_holds_the_device_is_served_alone(running: Served) -> None:
    done: list[str] = []

    def other() -> None:
        with running.open():
            done.append("other")
    thread = threading.Thread(target=other)
    with running.open() as device:
        with device.transport.exclusive():
            thread.start()
            for _ in range(50):
                with device.transport.exclusive():
                    device.read("STATUS")
                time.sleep(0.005)
            done.append("holder")
        thread.join(10)
    assert done == ["holder", "other"]


def test_who_holds_the_device_in_silence_is_cut_off(running: Served) -> None:
    with running.open() as device:
        hold = device.transport.exclusive()
        hold.__enter__()
        # Nobody else is served before the holder is cut off.
        with running.open() as other:
            assert other.read("CYCLES")
        with pytest.raises(DeviceError, match="gone"):
            hold.__exit__(None, None, None)


def test_a_long_wait_holds_nobody_up(running: Served) -> None:
    with raw(running) as waiter, running.open() as device:
        ask(waiter, Ask.HELLO, PROTOCOL.to_bytes(4, "little"))
        waiter.sendall(HEAD.pack(Ask.RUN, 8) + (1 << 60).to_bytes(8, "little"))
        # If it did, these would fail, for lack of an answer.
        for _ in range(20):
            device.read("STATUS")
        answer, size = HEAD.unpack(waiter.recv(HEAD.size, socket.MSG_WAITALL))
        assert (answer, size) == (Answer.WAIT, 0)


def test_bad_requests_are_refused_and_the_server_lives_on(running: Served) -> None:
    with raw(running) as client:
        assert ask(client, Ask.READ, bytes(4)) == (Answer.REFUSED, b"HELLO comes first")
        ask(client, Ask.HELLO, PROTOCOL.to_bytes(4, "little"))
        assert ask(client, 99) == (Answer.REFUSED, b"no request has code 99")
        for code, body in ((Ask.READ, b""), (Ask.WRITE, bytes(3)), (Ask.RUN, bytes(1)), (Ask.FRAMES, bytes(17)),
                           (Ask.FRAMES, (5).to_bytes(8, "little") + bytes(8))):
            assert ask(client, code, body)[0] == Answer.REFUSED
        assert ask(client, Ask.READ, bytes(4))[0] == Answer.DONE
    with running.open() as device:
        with pytest.raises(DeviceError, match="frame 0, 0 bytes at 0: a frame has 1 to 65535 bytes"):
            device.transport.rx.submit(_Odd())
        assert device.read("CYCLES")


class _Odd:
    data, offset, length, cycle, error = np.zeros(4, np.uint8), *(np.zeros(1, np.int64) for _ in range(4))


def test_a_client_killed_within_a_request_leaves_the_server_alive(running: Served) -> None:
    program = ("import os, signal, sys\nfrom host.device.connect import open_device\n"
               "device = open_device(sys.argv[1])\n"
               "hold = device.transport.exclusive()\nhold.__enter__()\n"
               "device.transport._socket.sendall(bytes([6, 0, 0, 0, 0, 0, 1, 0]) + bytes(1000))\n"
               "os.kill(os.getpid(), signal.SIGKILL)\n")
    done = subprocess.run([sys.executable, "-c", program, running.address], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    with running.open() as device:
        assert device.read("CYCLES")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_nothing(number: int) -> None:
    with serve() as served:
        assert served.told == f"device tiny at {served.address}\n"
        with served.open():
            assert served.signal(number) == (0, "")
        assert list(served.path.parent.iterdir()) == []


def test_a_server_killed_in_the_middle_is_an_error_at_once_and_is_taken_over() -> None:
    with serve() as served:
        device = served.open()
        killer = threading.Timer(0.3, served.signal, (signal.SIGKILL,))
        killer.start()
        # Not "does not answer", which is what a client says after it has waited in vain.
        with pytest.raises(DeviceError, match=f"{served.address}: the device's server is gone"):
            device.transport.run(1 << 40)
        killer.join()
        ring = device.transport.ring
        with pytest.raises(DeviceError, match="closed"):
            device.read("STATUS")
        with pytest.raises(DeviceError, match="gone, only its socket is left"):
            served.open()
        again = Served(served.path)
        try:
            assert int(ring["seq"].max()) == 0  # what a client of the dead one looks at is still there
            with again.open() as new:
                assert new.read("CYCLES") > 0
        finally:
            again.end()
        device.close()


def test_a_second_server_is_refused(running: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["device", "serve", "--profile", "tiny", "--socket", str(running.path)]) == 2
    assert "in use by another process that serves a device" in capsys.readouterr().err
    assert main(["device", "serve", "--profile", "tiny", "--socket", str(running.path),
                 "--records", str(running.path.with_name("other"))]) == 2
    assert capsys.readouterr().err == (
        f"tickgate: {running.path}: in use by another process that serves a device\n")


def test_files_that_are_something_else_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious")
    assert main(["device", "serve", "--socket", str(mine)]) == 2
    assert capsys.readouterr().err == f"tickgate: {mine}: is there, and is no socket\n"
    assert main(["device", "serve", "--socket", str(tmp_path / "s"), "--records", str(mine)]) == 2
    assert capsys.readouterr().err == f"tickgate: {mine}: is there, and is no ring memory of a device\n"
    assert main(["device", "serve", "--socket", str(tmp_path / "none" / "s")]) == 2
    assert capsys.readouterr().err == f"tickgate: {tmp_path / 'none' / 's.records'}: No such file or directory\n"
    assert mine.read_text() == "precious" and os.listdir(tmp_path) == ["mine"]


def test_no_server_is_a_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    with short_folder() as folder:
        assert main(["device", "info", "--device", f"unix:{folder}/none"]) == 1
        assert capsys.readouterr().err == (
            f"tickgate: device: unix:{folder}/none: no device is served there; `tickgate device serve --socket "
            f"{folder}/none` does\n")
        (folder / "file").write_text("")
        assert main(["device", "info", "--device", f"unix:{folder}/file"]) == 1
        assert "this is no socket" in capsys.readouterr().err
    assert main(["device", "info", "--device", "pcie:0"]) == 2
    assert capsys.readouterr().err == (
        "tickgate: --device: no device 'pcie:0'; there is sim, unix:PATH, pci:SLOT, udp:IP:PORT\n")


@pytest.mark.parametrize(("name", "version"), [("protocol", PROTOCOL + 1), ("contract", CONTRACT_VERSION + 1)])
def test_another_version_is_named(name: str, version: int) -> None:
    hello = json.dumps({"protocol": PROTOCOL, "contract": CONTRACT_VERSION} | {name: version}).encode()
    with short_folder() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(HEAD.size + 4, socket.MSG_WAITALL)
                connection.sendall(HEAD.pack(Answer.DONE, len(hello)) + hello)
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(DeviceError, match=f"the server has {name} version {version}, this command knows only"):
            RemoteTransport(folder / "s")
        thread.join()


def test_frames_beyond_the_slice_that_is_sent_stay_at_home(paused: Served) -> None:
    frames = FrameBatch.of([bytes(60), bytes(70), bytes(80)])
    with paused.open() as device:
        before = device.read("FRAMES")
        part = FrameBatch(frames.data, frames.offset[1:2], frames.length[1:2])
        device.transport.rx.submit(part)
        device.transport.settle()
        assert device.read("FRAMES") == before + 1
