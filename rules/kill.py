"""Rules 1 to 4 and 22: what shuts the gate until a person opens it again."""

__all__ = ["global_kill", "symbol_kill", "account_kill", "heartbeat", "throttle"]


def global_kill(killed: bool) -> bool:
    """Rule 1: the global kill is set."""
    return killed


def symbol_kill(killed: bool) -> bool:
    """Rule 2: the symbol's kill is set."""
    return killed


def account_kill(killed: bool) -> bool:
    """Rule 3: the account's kill is set."""
    return killed


def heartbeat(lost: bool) -> bool:
    """Rule 4: the host's heartbeat was lost."""
    return lost


def throttle(disabled: bool) -> bool:
    """Rule 22: account and symbol are disabled after too many fills in a window."""
    return disabled
