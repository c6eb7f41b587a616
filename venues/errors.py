"""The three ways in which talking to a venue fails, told apart by one question: may the venue have heard us?

    what went wrong
    ├── NOT_SENT     no byte of the request left us, so nothing happened there
    ├── MAYBE_SENT   bytes left us and no answer that we understand came back: only a query can tell
    └── PeerBroke    the peer said what its protocol does not allow: the connection ends, and whatever
                     was in flight on it is MAYBE_SENT

A placement that is MAYBE_SENT is never sent again by itself.
"""

import enum


class Failure(enum.StrEnum):
    """What a request without an answer leaves behind."""

    NOT_SENT = "not_sent"
    MAYBE_SENT = "maybe_sent"


class PeerBroke(Exception):
    """Bytes that are not the peer's language; the text names what was met and what was expected."""
