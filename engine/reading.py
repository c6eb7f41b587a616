"""What is printed when nobody reads it any more, such as behind `head` or a log that went away."""

import os
import sys
from pathlib import Path


def let_nobody_read() -> None:
    """Point standard output at nothing, so that what is still held for a broken pipe is not complained of at exit."""
    with Path(os.devnull).open("wb") as nobody:
        os.dup2(nobody.fileno(), sys.stdout.fileno())
