"""Answers of the venue: bodies, its way of saying no, and ids that are sometimes text.

Source: Matchbook API docs, "Error codes and responses"; recorded answers.
"""

from typing import Any

import msgspec

Body = dict[str, Any]

ID_KEYS = frozenset({"id", "event-id", "market-id", "runner-id", "offer-id"})


class Reply(msgspec.Struct, frozen=True):
    """A body with the status under which it is sent; `headers` are extra ones."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """The venue says no to a whole call."""

    def __init__(self, status: int, message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.reply = Reply(status, {"errors": [error(message, field=field, code=code)]})


def error(message: str, *, field: str = "", code: str = "") -> Body:
    """One entry of `errors`."""
    body: Body = {"field": field} if field else {}
    body["messages"] = [message]
    return body | ({"codes": [code]} if code else {})


def with_text_ids(value: Any) -> Any:  # noqa: ANN401 any JSON value
    """The same JSON value with its ids as text: both are seen in answers of this venue."""
    if isinstance(value, list):
        return [with_text_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str(one) if key in ID_KEYS and isinstance(one, int) else with_text_ids(one) for key, one in value.items()
    }
