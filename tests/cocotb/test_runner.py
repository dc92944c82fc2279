"""The cocotb runner: what passes, passes; what fails, fails with its log."""

import pytest

from sim.device.build import silent
from sim.device.cocotb_run import CocotbError, run_cocotb
from tests.sim.device.toy import ToyDevice


def run(cases: str, **options) -> int:
    return run_cocotb(ToyDevice(), name="toy", test_module="tests.cocotb.toy_cases", filter=cases, progress=silent,
                      **options)


def test_tests_that_pass_are_counted():
    assert run("words_are_counted|a_register_may_fail_to_answer") == 2


def test_a_failing_test_is_an_error_that_names_it():
    with pytest.raises(CocotbError, match="(?s)1 of 2 failed: .*wrong_expectation.*expected to fail"):
        run("words_are_counted|wrong_expectation")


def test_a_broken_invariant_is_an_error():
    with pytest.raises(CocotbError, match="(?s)word 0 of 8 bytes.*Assertion failed"):
        run("broken_invariant")


def test_no_test_at_all_is_an_error():
    with pytest.raises(CocotbError, match="no test ran|no results"):
        run("no_such_test")


def test_waves_are_written(tmp_path):
    path = tmp_path / "toy.fst"
    assert run("words_are_counted", waves=path) == 1
    assert b"rx__p" in path.read_bytes()
