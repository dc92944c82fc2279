"""Every alert rule is PromQL of metrics that there are, with the labels and values that they have."""

import re
from pathlib import Path

import promql_parser
import pytest
import yaml

import host.telemetry
from host.oms.breaker import BreakerState
from host.oms.inputs import Clock
from host.oms.outputs import AlarmKind
from host.telemetry.metrics import METRICS
from wire.registers import by_name

FILE = Path(host.telemetry.__file__).with_name("alerts.yml")
RULES = [rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]]
#: Values that labels of ours can have.
VALUES = {
    "cause": {bits.name for bits in by_name("RISK_STATUS").bits} - {"locked"},
    "condition": {bits.name for bits in by_name("STATUS").bits},
    "kind": {kind.name.lower() for kind in AlarmKind},
    "clock": {clock.name.lower() for clock in Clock},
    "state": {state.value for state in BreakerState},
}


class Selectors:
    """All selectors of an expression."""

    def __init__(self, expression):
        self.found = []
        self._walk(promql_parser.parse(expression))

    def _walk(self, node):
        if isinstance(node, promql_parser.VectorSelector):
            self.found.append((node.name, [(one.name, one.value) for one in node.matchers.matchers]))
        elif isinstance(node, promql_parser.MatrixSelector):
            self._walk(node.vector_selector)
        elif isinstance(node, promql_parser.BinaryExpr):
            self._walk(node.lhs)
            self._walk(node.rhs)
        elif isinstance(node, promql_parser.Call):
            for one in node.args:
                self._walk(one)
        else:
            assert isinstance(node, promql_parser.NumberLiteral), node


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_expression_asks_for_metrics_that_there_are(rule):
    found = Selectors(rule["expr"]).found
    assert found
    for name, matchers in found:
        if name == "up":
            continue
        labels = METRICS[name].labels
        for label, value in matchers:
            assert label in labels
            assert set(value.split("|")) <= VALUES[label]
    counters = {name for name, _ in found if name.endswith("_total")}
    for name in counters - {"tickgate_verdicts_lost_total"}:
        assert re.search(rf"increase\({name}", rule["expr"]), "a counter stays where it is for ever"
    texts = rule["annotations"]["summary"]
    given = {label for name, _ in found if name in METRICS for label in METRICS[name].labels}
    assert set(re.findall(r"\$labels\.(\w+)", texts)) <= given
    assert rule["labels"]["severity"] in ("critical", "warning")


def test_names_are_unique_and_what_must_wake_somebody_is_there():
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    asked = {name for rule in RULES for name, _ in Selectors(rule["expr"]).found}
    assert asked >= {"tickgate_gate_shut", "tickgate_session_up", "tickgate_feed", "tickgate_book_live",
                     "tickgate_verdicts_lost_total", "tickgate_recovery_breaks", "tickgate_unresolved_orders",
                     "tickgate_limit_used_ratio", "tickgate_journal_unsynced_seconds", "tickgate_clock_error_seconds"}
