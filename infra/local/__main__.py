"""`python -m infra.local run|up|down|status`: the whole platform on this machine, on loopback."""

import argparse
import sys

from infra.local.background import down, status, up
from infra.local.launch import run
from infra.local.settings import Local, LocalStackError

COMMANDS = {"run": run, "up": up, "down": down, "status": status}


def main() -> int:
    """Return the exit code: 0, or 1 after saying on stderr what to do about it."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    command = parser.parse_args().command
    try:
        COMMANDS[command](Local.from_environment())
    except LocalStackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
