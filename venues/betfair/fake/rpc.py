"""JSON-RPC as this venue speaks it: envelopes, batches, the shapes of its errors, answers that take a while.

Source: Betfair developer docs, "JSON-RPC", "Exceptions and errors"; interface definitions of the three APIs.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec

from venues.sim.http_server import Deferred, Response

BATCH_MAX = 100
"""Calls in one request; the real bound is not documented."""

BETTING_CODES = (
    "TOO_MUCH_DATA INVALID_INPUT_DATA INVALID_SESSION_INFORMATION NO_APP_KEY NO_SESSION UNEXPECTED_ERROR "
    "INVALID_APP_KEY TOO_MANY_REQUESTS SERVICE_BUSY TIMEOUT_ERROR APP_KEY_CREATION_FAILED DUPLICATE_APP_NAME "
    "APP_CREATION_FAILED REQUEST_SIZE_EXCEEDS_LIMIT ACCESS_DENIED"
).split()
ACCOUNT_CODES = (
    "INVALID_INPUT_DATA INVALID_SESSION_INFORMATION UNEXPECTED_ERROR INVALID_APP_KEY SERVICE_BUSY TIMEOUT_ERROR "
    "DUPLICATE_APP_NAME APP_KEY_CREATION_FAILED APP_CREATION_FAILED NO_SESSION NO_APP_KEY SUBSCRIPTION_EXPIRED "
    "INVALID_SUBSCRIPTION_TOKEN TOO_MANY_REQUESTS"
).split()
HEARTBEAT_CODES = (
    "INVALID_INPUT_DATA INVALID_SESSION_INFORMATION NO_APP_KEY NO_SESSION INVALID_APP_KEY UNEXPECTED_ERROR"
).split()
"""Each code's number is its place in its list, from 1."""


class Api(msgspec.Struct, frozen=True):
    """One of the venue's APIs: the name before its methods, its exception, and how that one's codes are numbered."""

    name: str
    exception: str
    prefix: str
    codes: list[str]


BETTING = Api("SportsAPING/v1.0/", "APINGException", "ANGX", BETTING_CODES)
ACCOUNT = Api("AccountAPING/v1.0/", "AccountAPINGException", "AANGX", ACCOUNT_CODES)
HEARTBEAT = Api("HeartbeatAPING/v1.0/", "APINGException", "HBT", HEARTBEAT_CODES)


class ApiFault(Exception):
    """The API's own exception: the request was understood and is refused as a whole."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Fault(Exception):
    """A fault below the API: `DSC-0008` and its kin."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Later:
    """A result that is not there yet; whoever made it gives it."""

    def __init__(self) -> None:
        self.given: Callable[[Any, int], None] | None = None

    def give(self, result: Any, now_ns: int) -> None:  # noqa: ANN401 any result that JSON can hold
        assert self.given is not None, "nobody waits for this result"
        self.given(result, now_ns)


Method = Callable[[bytes, int], Any]
"""Takes raw parameters and the time; gives a result that JSON can hold, or `Later`."""


class Call(msgspec.Struct):
    """One object of a request."""

    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")
    id: Any = None
    jsonrpc: str = "2.0"


Params = TypeVar("Params")


def parse(raw: bytes, shape: type[Params]) -> Params:
    """Parameters in the shape of an operation; a fault if a mandatory one is missing or a value is not one."""
    try:
        return msgspec.json.decode(raw, type=shape, strict=False)
    except msgspec.ValidationError as error:
        missing = "missing required field" in str(error)
        raise Fault(-32602, "DSC-0018" if missing else "DSC-0009") from error
    except msgspec.DecodeError as error:
        raise Fault(-32602, "DSC-0024") from error


class Batch:
    """The calls of one request; their answers leave together when the slowest is there."""

    def __init__(self, calls: list[Call], *, alone: bool) -> None:
        self.promised = Deferred()
        self._calls = calls
        self._alone = alone
        self._bodies: dict[int, Any] = {}

    def carry_out(self, api: Api, find: Callable[[str], Method], now_ns: int) -> None:
        """Carry out every call in its order, each for itself."""
        for place, call in enumerate(self._calls):
            try:
                result = find(_named(api, call.method))(bytes(call.params), now_ns)
            except ApiFault as fault:
                self._keep(place, {"error": _refusal(api, fault)}, now_ns)
            except Fault as fault:
                self._keep(place, {"error": {"code": fault.code, "message": fault.message}}, now_ns)
            else:
                if isinstance(result, Later):
                    result.given = partial(self._keep_late, place)
                else:
                    self._keep(place, {"result": result}, now_ns)

    def _keep_late(self, place: int, result: Any, now_ns: int) -> None:  # noqa: ANN401 any result that JSON can hold
        self._keep(place, {"result": result}, now_ns)

    def _keep(self, place: int, body: dict[str, Any], now_ns: int) -> None:
        self._bodies[place] = {"jsonrpc": "2.0"} | body | {"id": self._calls[place].id}
        if len(self._bodies) == len(self._calls):
            bodies = [self._bodies[k] for k in range(len(self._calls))]
            self.promised.resolve(_json(bodies[0] if self._alone else bodies), now_ns)


def answer(api: Api, body: bytes, find: Callable[[str], Method], now_ns: int) -> Response | Deferred:
    """Answer every call of a request: `find` gives the operation of a name."""
    try:
        calls, alone = _calls(body)
    except msgspec.DecodeError:
        return _json({"jsonrpc": "2.0", "error": {"code": -32700, "message": "DSC-0008"}, "id": None})
    batch = Batch(calls, alone=alone)
    batch.carry_out(api, find, now_ns)
    return batch.promised


def _calls(body: bytes) -> tuple[list[Call], bool]:
    """The calls of a request, and whether it was one that stood alone."""
    if not body.lstrip().startswith(b"["):
        return [msgspec.json.decode(body, type=Call)], True
    calls = msgspec.json.decode(body, type=list[Call])
    if not 0 < len(calls) <= BATCH_MAX:
        raise msgspec.DecodeError("a batch holds 1 to 100 calls")
    return calls, False


def _named(api: Api, method: str) -> str:
    if not method.startswith(api.name):
        raise Fault(-32601, "DSC-0021")
    return method.removeprefix(api.name)


def _refusal(api: Api, fault: ApiFault) -> dict[str, Any]:
    number = api.codes.index(fault.code) + 1
    data = {
        "exceptionname": api.exception,
        api.exception: {"requestUUID": "simulated", "errorCode": fault.code, "errorDetails": fault.details},
    }
    return {"code": -32099, "message": f"{api.prefix}-{number:04d}", "data": data}


def _json(body: Any) -> Response:  # noqa: ANN401 whatever the operations answered
    return Response(200, msgspec.json.encode(body))
