"""``tickgate risk``: limits, kills and the audit trail of a device's risk gate."""

import argparse

from host.cli import risk_admin, risk_log, risk_show

__all__ = ["add_parser"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``risk`` to the command's sub-commands."""
    parser = commands.add_parser("risk", help="limits, kills and audit trail of the risk gate",
                                 description="Limits, kills and audit trail of a device's risk gate.")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    risk_show.add_show(actions)
    risk_admin.add_actions(actions)
    risk_log.add_actions(actions)
