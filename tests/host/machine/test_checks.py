"""The doctor says what a machine is, from what the kernel shows, and finds ports that are taken."""

import shutil
import socket

import pytest

from host.machine import checks
from host.machine.checks import Finding, addresses, check_disk, check_machine, check_ports
from host.machine.clock import ClockState, clock_state

GOOD = {
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/isolated": "2-3\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "proc/meminfo": "MemFree: 1 kB\nHugePages_Free:      7\n",
    "sys/bus/pci/devices/0000:01:00.0/vendor": "0x10ee\n", "sys/bus/pci/devices/0000:01:00.0/device": "0x7024\n",
    "sys/bus/pci/devices/0000:02:00.0/vendor": "0x8086\n", "sys/bus/pci/devices/0000:02:00.0/device": "0x1000\n",
}
BAD = GOOD | {
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n", "sys/devices/system/cpu/isolated": "\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n",
}
OURS = ("clock source", "frequency governor", "CPUs", "huge pages")


def machine(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {check.what: check for check in check_machine(folder)}


def test_a_good_machine_is_told_so(tmp_path):
    found = machine(tmp_path, GOOD)
    assert {found[what].finding for what in OURS} == {Finding.GOOD}
    assert found["huge pages"].found == "transparent: always [madvise] never; reserved and free: 7"
    assert found["PCIe cards"].found == "0000:01:00.0 AMD (Xilinx) 0x7024"
    assert found["CPUs"].found.endswith("isolated: 2, 3")
    assert not any(found[what].advice for what in OURS)


def test_what_could_be_better_comes_with_advice(tmp_path):
    found = machine(tmp_path, BAD)
    for what in OURS:
        assert found[what].finding is Finding.SLOW and found[what].advice
    assert found["clock source"].found == "hpet" and found["frequency governor"].found == "powersave"


def test_a_machine_that_shows_nothing_is_no_error(tmp_path):
    found = machine(tmp_path, {})
    assert found["clock source"].found == "not known"
    assert found["PCIe cards"].found == "no FPGA; it can be simulated"


def test_a_tool_that_is_not_there_is_lacking(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = machine(tmp_path, {})
    for name in ("g++", "make"):
        assert found[name].finding is Finding.LACKING and found[name].advice.startswith("install it")


@pytest.mark.parametrize("state, finding", [
    (ClockState(synchronised=True, error=50_000), Finding.GOOD),
    (ClockState(synchronised=True, error=5_000_000), Finding.SLOW),
    (ClockState(synchronised=False, error=0), Finding.SLOW)])
def test_a_clock_is_good_within_what_rts_25_leaves(tmp_path, monkeypatch, state, finding):
    monkeypatch.setattr(checks, "clock_state", lambda: state)
    assert machine(tmp_path, {})["clock error"].finding is finding


def test_the_kernel_tells_of_its_clock():
    assert clock_state().error >= 0


def test_a_disk_is_measured(tmp_path):
    check = check_disk(tmp_path)
    assert check.what == "disk" and str(tmp_path) in check.found and list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_found():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        check, = check_ports({"fix.address": ("127.0.0.1", port)})
    assert check.finding is Finding.LACKING and check.found == f"127.0.0.1:{port}: Address already in use"
    check, = check_ports({"fix.address": ("127.0.0.1", port)})
    assert check.finding is Finding.GOOD


def test_addresses_are_found_wherever_they_stand():
    content = {"fix": {"address": "127.0.0.1:9878", "session": [{"peer": "host:80"}, {"target": "A:B"}]},
               "feed": {"a": "239.255.77.1:26477", "free": "127.0.0.1:0", "faults": "a:loss=0.1;b:7"},
               "day": {"start": "09:30:15", "end": "16:05"}, "path": "unix:/x:1", "number": 5, "none": None}
    assert addresses(content) == {"fix.address": ("127.0.0.1", 9878), "fix.session[0].peer": ("host", 80)}
