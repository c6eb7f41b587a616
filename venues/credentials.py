"""A venue's table of the configuration as its settings: secrets are named there, and read from where they are kept."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from venues.secret import Secret

T = TypeVar("T")

READABLE_BY_OTHERS = 0o077
FORMS = 'write "env:NAME" for an environment variable or "file:PATH" for a file that only you can read'


def read_settings(table: Mapping[str, Any], kind: type[T], environment: Mapping[str, str] = os.environ) -> T:
    """The settings with every secret read.

    ValueError names the key and the fix; what a secret says, or what stands in its place, is never part of it.
    """

    def hook(wanted: type[Any], value: Any) -> Any:  # noqa: ANN401 msgspec's own form of a hook
        assert wanted is Secret, f"settings hold plain values and secrets, not {wanted}"
        return read_secret(value, environment)

    try:
        return msgspec.convert(table, kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        raise ValueError(f"{place.rstrip('`').lstrip('.')}: {said}" if place else said) from None


def read_secret(place: object, environment: Mapping[str, str] = os.environ) -> Secret:
    """The secret at a place such as `env:NAME` or `file:PATH`. ValueError says what is wrong, not what was there."""
    kind, _, name = place.partition(":") if isinstance(place, str) else ("", "", "")
    if kind == "env" and name:
        text = environment.get(name, "")
        if not text:
            raise ValueError(f"the environment variable {name} is not set")
        return Secret(text)
    if kind == "file" and name:
        return Secret(read_private(name).strip())
    raise ValueError(f"a secret does not stand in the configuration: {FORMS}")


def read_private(path: str) -> str:
    """The text of a file that nobody but its owner may touch; ValueError if it is missing, empty or open to others."""
    file = Path(path).expanduser()
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path!r} cannot be read: {type(error).__name__}; name a file of yours") from None
    if mode & READABLE_BY_OTHERS:
        raise ValueError(f"{path!r} may be touched by others than its owner: chmod 600 it")
    if not text.strip():
        raise ValueError(f"{path!r} is empty")
    return text
