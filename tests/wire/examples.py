"""Values that fit a layout, for tests."""

from hypothesis import strategies as st

from wire.fields import Field, Layout

__all__ = ["field_values", "layout_values"]

_TEXT = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"


def field_values(field: Field) -> st.SearchStrategy[int | str]:
    """Values of one field; text carries no padding."""
    if field.allowed is not None:
        return st.sampled_from(sorted(field.allowed))
    if field.kind == "alpha":
        return st.text(_TEXT, max_size=field.size)
    return st.one_of(st.sampled_from((field.lo, field.hi)), st.integers(field.lo, field.hi))


def layout_values(layout: Layout, *, without: tuple[str, ...] = ()) -> st.SearchStrategy[dict[str, int | str]]:
    """Values of all fields of a layout, save those named."""
    return st.fixed_dictionaries({f.name: field_values(f) for f in layout.fields if f.name not in without})
