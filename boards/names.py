"""The boards there are."""

from boards import colorlight_5a75b, ecpix5, versa_ecp5_5g
from boards.board import Board, BoardError

__all__ = ["NAMES", "BoardError", "board"]

_BOARDS = {module.BOARD.name: module.BOARD for module in (ecpix5, versa_ecp5_5g, colorlight_5a75b)}
NAMES = tuple(_BOARDS)


def board(name: str) -> Board:
    """Return the board of that name. Raises BoardError when there is none."""
    if name not in NAMES:
        raise BoardError(f"board must be one of {', '.join(NAMES)}, not {name!r}")
    return _BOARDS[name]
