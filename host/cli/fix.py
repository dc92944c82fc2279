"""``tickgate fix``: sessions' logs read and replayed, and a counterparty tried by hand."""

import argparse

from host.cli import fix_connect, fix_replay, fix_tail

__all__ = ["add_parser"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``fix`` to the command's sub-commands."""
    parser = commands.add_parser("fix", help="logs of FIX sessions, and a counterparty tried by hand",
                                 description="Logs of FIX sessions read and replayed; a counterparty tried by hand.")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    fix_tail.add_tail(actions)
    fix_replay.add_replay(actions)
    fix_connect.add_connect(actions)
