"""What FIX is run with: where each session is dialled, and with which key."""

from typing import Annotated, Literal

import msgspec

from venues.base import Endpoint
from venues.secret import Secret

Session = Literal["KalshiNR", "KalshiRT"]
COPY, BOOKS = "KalshiDC", "KalshiMD"

Heartbeat = Annotated[int, msgspec.Meta(ge=4, le=60)]


class FixLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One session's place and the key that it is opened with: the venue takes one connection for each key."""

    endpoint: Endpoint
    key_id: Secret
    key_file: str = ""


class FixSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The sessions; one without a line is not opened.

    `session`: `KalshiRT` repeats what was lost with a connection, `KalshiNR` does not. `numbers`: the file in which
    the numbers of the first outlive a process; without one each connection begins anew. `cancel_on_disconnect`: the
    venue cancels what the session placed when its connection is gone. `copy_every_s`: how often the venue's own record
    of reports is asked for.
    """

    orders: FixLine | None = None
    copy: FixLine | None = None
    listener: FixLine | None = None
    books: FixLine | None = None
    session: Session = "KalshiNR"
    heartbeat_s: Heartbeat = 5
    numbers: str = ""
    cancel_on_disconnect: bool = True
    copy_every_s: Annotated[int, msgspec.Meta(ge=1)] = 60
