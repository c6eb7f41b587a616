"""The door: hand the command line to the roof, and its answer to the shell."""

import sys

from engine import doors


def door() -> int:
    """Run what the command line asks for; the number that the shell shall see."""
    return doors.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(door())
