"""The form that all facts and commands share: frozen values, written with the name of their class."""

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True):
    """Base of all facts and commands; the class name is the tag on disk."""
