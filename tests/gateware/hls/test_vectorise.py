"""Rules over arrays: exact, with the types that they promise, and strict about what they take."""

import numpy as np
import pytest

from gateware.hls.vectorise import vectorise
from tests.gateware.hls.test_constructs import rule

SUM = """
    def rule(a: I64, b: I64) -> tuple[Any, bool, Any]:
        return a + b, a < b, max(a, b)
    """


def test_what_int64_does_not_hold_is_exact_and_told():
    function = vectorise(rule(SUM))
    (source, why), = function.exact
    assert source.text == "return a + b, a < b, max(a, b)"
    assert why == "ADD is in -2**64..2**64 - 2, which int64 does not hold"
    top = 2**63 - 1
    results = function({"a": np.array([top, -top - 1, 1]), "b": np.array([top, -top - 1, 2])})
    assert results["0"].tolist() == [2 * top, -2 * top - 2, 3]
    assert results["1"].tolist() == [False, False, True]
    assert results["2"].tolist() == [top, -top - 1, 2]


def test_many_inputs_with_a_large_number_among_them():
    function = vectorise(rule(SUM))
    a = np.arange(5 * 2**14 + 3)
    a[2**15] = 2**63 - 1
    results = function({"a": a, "b": a})
    assert results["0"].tolist() == [2 * number for number in a.tolist()]
    assert results["2"].tolist() == a.tolist()


def test_types_of_results_follow_from_their_ports():
    results = vectorise(rule("""
        def rule(a: U32) -> tuple[Any, bool, U32, Any]:
            return a, a > 5, a, 3
        """))({"a": np.arange(3, dtype=np.uint32)})
    assert [array.dtype for array in results.values()] == [object, bool, np.int64, object]
    assert results["3"].tolist() == [3, 3, 3]


def test_inputs_broadcast_and_keep_their_shape():
    function = vectorise(rule(SUM))
    results = function({"a": np.arange(6).reshape(2, 3), "b": 10})
    assert results["0"].tolist() == [[10, 11, 12], [13, 14, 15]]
    assert function({"a": 1, "b": 2})["0"].shape == ()
    assert function({"a": [], "b": 2})["1"].shape == (0,)


def test_integers_of_any_kind_are_taken():
    function = vectorise(rule("""
        def rule(a: U64, p: bool, b: Annotated[int, Range(-1, 2**64)]) -> tuple[Any, Any]:
            return a if p else 0, b
        """))
    assert [why.split()[0] for _, why in function.exact] == ["a", "b", "MUX"]
    most = 2**64 - 1
    for a in ([most, 5], np.array([most, 5], dtype=np.uint64), np.array([most, 5], dtype=object)):
        for p in ([True, False], [1, 0], np.array([1, 0], dtype=np.uint8)):
            results = function({"a": a, "p": p, "b": [-1, 2**64]})
            assert results["0"].tolist() == [most, 0]
            assert all(type(number) is int for number in results["1"])


@pytest.mark.parametrize(("a", "error", "text"), [
    ([5, 256], ValueError, "a must be in 0..255, 256 is not"),
    (np.array([5, -1]), ValueError, "a must be in 0..255, -1 is not"),
    (np.array([2**64 - 1], dtype=np.uint64), ValueError, "a must be in 0..255, 18446744073709551615 is not"),
    (np.array([1.0]), TypeError, "a must be an array of integers or booleans, not of float64"),
    ([1.5], TypeError, "a must be an array of integers or booleans, not of object"),
    ("text", TypeError, "a must be an array of integers"),
])
def test_other_inputs_are_refused(a, error, text):
    with pytest.raises(error) as raised:
        vectorise(rule("def rule(a: U8) -> U8:\n    return a"))({"a": a})
    assert text in str(raised.value)


def test_ports_are_named():
    function = vectorise(rule("def rule(a: U8) -> U8:\n    return a"))
    with pytest.raises(KeyError, match="'a'"):
        function({})
    with pytest.raises(KeyError, match="rule has no input b"):
        function({"a": 1, "b": 2})


def test_a_path_that_is_not_taken_may_compute_anything():
    results = vectorise(rule("""
        def rule(a: U64, b: I64, i: U64) -> tuple[Any, Any, Any, Any]:
            small = 0 <= b < 8 and a < 100
            product = a * b * a * b if small else -1
            shifted = a << i if small and i < 20 else -1
            prime = PRIMES[i] if i < 10 else -1
            difference = a - i if a >= i else -1
            return product, shifted, prime, difference
        """))({"a": [9, 2**64 - 1], "b": [7, -(2**63)], "i": [3, 2**64 - 1]})
    assert [array.tolist() for array in results.values()] == [[63 * 63, -1], [72, -1], [7, -1], [6, 0]]
