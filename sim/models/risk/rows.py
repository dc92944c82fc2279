"""Rows of limits: one frozen class for each of the four tables of wire.risk."""

from dataclasses import make_dataclass

from wire.risk import ACCOUNT_LIMITS, GLOBAL_LIMITS, PAIR_LIMITS, SYMBOL_LIMITS

__all__ = ["AccountRow", "SymbolRow", "PairRow", "GlobalRow", "whole_row"]


def _row_class(name, fields):
    return make_dataclass(name, [(field.name, int, 0) for field in fields], frozen=True, slots=True,
                          namespace={"FIELDS": fields})


AccountRow = _row_class("AccountRow", ACCOUNT_LIMITS)
SymbolRow = _row_class("SymbolRow", SYMBOL_LIMITS)
PairRow = _row_class("PairRow", PAIR_LIMITS)
GlobalRow = _row_class("GlobalRow", GLOBAL_LIMITS)


def whole_row(row_class, values):
    """Return a row of ``values``, a dict with every field of ``row_class`` and no other, each an int of its width.

    Raises ValueError that names the field.
    """
    fields = {field.name: field for field in row_class.FIELDS}
    for name in values:
        if name not in fields:
            raise ValueError(f"{row_class.__name__} has no field {name!r}")
    for name, field in fields.items():
        if name not in values:
            raise ValueError(f"{row_class.__name__} needs {name!r}: rows are replaced whole")
        value = values[name]
        if not isinstance(value, int) or not 0 <= value < 1 << field.bits:
            raise ValueError(f"{row_class.__name__}: {name} must be an int of {field.bits} bits, not {value!r}")
    return row_class(**values)
