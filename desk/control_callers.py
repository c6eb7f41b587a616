"""Who calls: anybody with the engine's own token, or each operator with one of theirs, whose name nobody else has."""

import hmac
from collections.abc import Mapping

import msgspec
from aiohttp import web

from desk.control_bodies import Refused

BEARER = "Bearer "
SPEAKS_FOR_ONE = web.RequestKey("speaks_for_one", bool)
"""What a request remembers: whether its word can only be in the name that its token belongs to."""


class _Said(msgspec.Struct):
    """Whose word a body is."""

    who: str = ""


_said = msgspec.json.Decoder(_Said)


class Callers:
    """Tokens by the operator's name. Where there are none, the engine's token speaks for whoever it says.

    `machines` are names that the engine's own token may use all the same: those of its watchdog.
    """

    def __init__(self, token: str, operators: Mapping[str, str], machines: frozenset[str]) -> None:
        self.token = token
        self._operators = operators
        self._machines = machines

    async def run_check(self, request: web.Request) -> None:
        """Raises Refused for a token that we do not know, and for a word in a name that is not the token's."""
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        owners = [name for name, token in self._operators.items() if _equal(given, token)]
        request[SPEAKS_FOR_ONE] = bool(self._operators)
        if not owners and not _equal(given, self.token):
            raise Refused(401, "the token is missing or wrong: send `Authorization: Bearer TOKEN`")
        if not self._operators or request.method == "GET":
            return
        try:
            who = _said.decode(await request.read()).who
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return  # whoever reads the whole body says what is wrong with it
        if who and who not in owners and (owners or who not in self._machines):
            known = ", ".join(sorted(self._operators))
            raise Refused(
                403, f"$.who = {who[:80]!r}: has not sent it; each of {known} speaks with a token of their own"
            )


def _equal(given: bytes, token: str) -> bool:
    return hmac.compare_digest(given, (BEARER + token).encode())
