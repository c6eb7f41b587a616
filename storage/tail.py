"""A reader that stays with a journal while it is written: each call gives what has come since the last."""

from collections.abc import Iterator
from pathlib import Path

from domain.messages import Record
from storage.encoding import decode
from storage.segments import HEAD, record_at, segment_path


class Tail:
    """Follows one run's journal from its first record. Nothing is checked: `storage.journal.read` does that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 1
        self._offset = HEAD.size

    def new_records(self) -> Iterator[Record]:
        """Every whole record that stands on disk and was not given before."""
        while True:
            path = segment_path(self._folder, self._number)
            if not path.exists():
                return
            finished = segment_path(self._folder, self._number + 1).exists()  # asked first: then nothing follows here
            with path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
            at = 0
            while (found := record_at(data, at)) is not None:
                raw, _, at = found
                yield decode(raw)
            self._offset += at
            if not finished:
                return
            self._number += 1
            self._offset = HEAD.size
