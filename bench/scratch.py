"""Folders of one run of the bench, gone when its process ends."""

import tempfile
from functools import cache
from pathlib import Path


@cache
def _root() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="crossbook-bench-", ignore_cleanup_errors=True)


def new_folder() -> Path:
    """An empty folder of its own."""
    return Path(tempfile.mkdtemp(dir=_root().name))
