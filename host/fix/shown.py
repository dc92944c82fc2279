"""Bytes of FIX for people."""

__all__ = ["quoted", "shown"]

#: Characters of a value that are quoted.
_MOST = 200


def shown(value: bytes) -> str:
    """Return ``value`` as text that a terminal takes."""
    text = value.decode("utf-8", errors="backslashreplace")
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def quoted(value: bytes) -> str:
    """Return the beginning of ``value`` as such a text in quotes, with | for SOH."""
    text = shown(value[:_MOST].replace(b"\x01", b"|"))
    return f"'{text}'" if len(value) <= _MOST else f"'{text}'..."
