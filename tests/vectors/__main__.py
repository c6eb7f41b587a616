"""`python -m tests.vectors FILE...`: run vector files, print the count per kind, exit 1 on a failure."""

import sys
from pathlib import Path

from tests.vectors.runner import load, report


def main(names: list[str]) -> int:
    """Exit code: 0 all passed, 1 a failure, 2 nothing to run or a file that is none of vectors."""
    if not names:
        print("usage: python -m tests.vectors FILE...")
        return 2
    try:
        vectors = [vector for name in names for vector in load(Path(name))]
    except (OSError, ValueError) as error:
        print(error)
        return 2
    lines, good = report(vectors)
    print("\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
