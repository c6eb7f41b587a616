"""A second reading of JSON that did not fit its form: numbers may be text, and what is null is taken as absent."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for bytes that are not of its form."""


def decode_leniently(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The value, if it fits the decoder's form once nulls are gone; else one of UNREADABLE."""
    form: type[T] = decoder.type
    return msgspec.convert(_without_nulls(msgspec.json.decode(data)), form, strict=False)


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 any JSON at all
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value
