"""What a venue says, on its way to a file: frames of the taps, forced out in time, until the disk has no room."""

import shutil
from collections import Counter
from collections.abc import Callable

from domain.clock import Clock
from venues.frames_file import ANSWER, CLOSED, MESSAGE, OPENED, Frame, FramesWriter

SECOND_NS = 1_000_000_000
MEGABYTE = 1_000_000
FREE_BYTES_MIN = 500 * MEGABYTE


class Reel:
    """The listener of one venue's taps.

    `trouble`: why nothing more can be kept, empty while all is well. `is_over`: it was closed. `counts`: frames by
    kind. `wrote` is called behind each of them with the time.
    """

    def __init__(self, writer: FramesWriter, clock: Clock, wrote: Callable[[int], None] = lambda _: None) -> None:
        self.trouble = ""
        self.is_over = False
        self.writer = writer
        self.counts: Counter[str] = Counter()
        self._ahead_ns = clock.wall_ns() - clock.monotonic_ns()
        self._wrote = wrote

    def opened(self, link: int, key: str, now_ns: int) -> None:
        """A connection that is worth keeping came up."""
        self._write(now_ns, link, OPENED, key, b"")

    def said(self, link: int, about: str, text: bytes, now_ns: int) -> None:
        """One message of the venue's."""
        self._write(now_ns, link, ANSWER if about else MESSAGE, about, text)

    def closed(self, link: int, reason: str, now_ns: int) -> None:
        """It went."""
        self._write(now_ns, link, CLOSED, reason, b"")

    def flush(self) -> str:
        """Force out what there is, and look how much room is left; the trouble, if there is any."""
        try:
            self.writer.flush()
            if shutil.disk_usage(self.writer.folder).free < FREE_BYTES_MIN:
                self.trouble = f"less than {FREE_BYTES_MIN // MEGABYTE} MB are free on its disk"
        except OSError as error:
            self.trouble = str(error.strerror)
        return self.trouble

    def close(self) -> None:
        """End the file in order; what is heard later is passed over."""
        self.is_over = True
        try:
            self.writer.close()
        except OSError as error:
            self.trouble = self.trouble or str(error.strerror)

    def _write(self, now_ns: int, link: int, kind: str, about: str, text: bytes) -> None:
        if self.trouble or self.is_over:
            return
        self.counts[kind] += 1
        at_us = (now_ns + self._ahead_ns) // 1_000
        try:
            self.writer.write(Frame(at_us, link, kind, about, text.decode("utf-8", "backslashreplace")))
        except OSError as error:
            self.trouble = str(error.strerror)
        self._wrote(now_ns)
