"""The command line `mesh`; each command imports what it needs when it runs, so that `--help` stays fast."""

import os


def start() -> None:
    """Runs the command line and ends the process; an interruption while it is still loading ends it with exit code 130."""
    try:
        from mesh_platform.cli.app import main

        main()
    except KeyboardInterrupt:
        os.write(2, b"\nInterrupted.\n")
        os._exit(130)
