"""What a user can get wrong, as an exception that the command turns into one line and an exit status."""

__all__ = ["CHECK_FAILED", "INTERRUPTED", "USER_MISTAKE", "UserError"]

#: Exit statuses of the command.
CHECK_FAILED = 1
USER_MISTAKE = 2
INTERRUPTED = 130


class UserError(Exception):
    """The command cannot do what it was asked for; the text says why, in one line."""
