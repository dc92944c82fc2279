"""``python -m host.cli``: the command without its installed script."""

import sys

from host.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
