"""What is said to be applied is in force, and what is refused says why."""

import json
import os
import subprocess
import sys

import pytest

from host.machine.tuning import Tuning, TuningError, isolated_cpus

#: Tunes itself, and tells what became of it, and what is so.
PROGRAM = """
import gc, json, os, sys
from host.machine.tuning import Tuning, tune
outcomes = tune(Tuning(**json.loads(sys.argv[1])))
locked = next(line for line in open("/proc/self/status") if line.startswith("VmLck")).split()[1]
print(json.dumps({"outcomes": {one.setting: [one.applied, one.detail] for one in outcomes},
                  "cpus": sorted(os.sched_getaffinity(0)), "fifo": os.sched_getscheduler(0) == os.SCHED_FIFO,
                  "locked": int(locked), "frozen": gc.get_freeze_count(), "collects": gc.isenabled()}))
"""


def tuned(**settings):
    done = subprocess.run([sys.executable, "-c", PROGRAM, json.dumps(settings)], capture_output=True, text=True,
                          timeout=120, check=True)
    return json.loads(done.stdout)


def test_each_setting_is_in_force_if_it_is_said_to_be():
    found = tuned(priority=1)
    outcomes = found["outcomes"]
    assert list(outcomes) == ["CPU affinity", "scheduler", "locked memory", "huge pages", "garbage collector"]
    assert all(detail for _, detail in outcomes.values())
    assert outcomes["CPU affinity"][0] == (len(os.sched_getaffinity(0)) > 1)
    assert (len(found["cpus"]) == 1) == outcomes["CPU affinity"][0] or len(os.sched_getaffinity(0)) == 1
    assert found["fifo"] == outcomes["scheduler"][0]
    assert (found["locked"] > 0) == outcomes["locked memory"][0]
    assert outcomes["garbage collector"][0] and found["frozen"] > 0 and found["collects"]


def test_what_was_not_asked_for_is_left_alone():
    cpu = min(os.sched_getaffinity(0))
    found = tuned(cpu=cpu, priority=0, memory=False, huge=False, collector="keep")
    assert list(found["outcomes"]) == ["CPU affinity"] and found["cpus"] == [cpu]
    assert not found["fifo"] and not found["locked"] and not found["frozen"] and found["collects"]


def test_a_collector_that_is_off_collects_nothing():
    found = tuned(priority=0, memory=False, huge=False, collector="off")
    assert found["outcomes"]["garbage collector"] == [True, "off"] and not found["collects"]


def test_a_cpu_that_may_not_be_used_is_refused():
    found = tuned(cpu=4_000, priority=0, memory=False, huge=False)
    assert found["outcomes"]["CPU affinity"][0] is False
    assert found["outcomes"]["CPU affinity"][1].startswith("CPU 4000 may not be used, only ")
    assert found["cpus"] == sorted(os.sched_getaffinity(0))


def test_settings_that_no_machine_has_are_mistakes():
    with pytest.raises(TuningError, match="priority must be 0..99, not 100"):
        Tuning(priority=100)
    with pytest.raises(TuningError, match="collector must be one of keep, frozen, off, not 'often'"):
        Tuning(collector="often")


def test_lists_of_cpus_are_read_as_the_kernel_writes_them():
    assert isolated_cpus("2-3,5\n") == [2, 3, 5]
    assert isolated_cpus("\n") == []
