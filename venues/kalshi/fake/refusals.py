"""What the venue says when it says no: one shape of error for most, and the odd ones as they were recorded.

Source: answers recorded on Kalshi's demo exchange; Kalshi docs, changelog and error pages.
"""

from typing import Any

import msgspec

from venues.sim.http_server import Response


class Refused(Exception):
    """Ends the handling of a request with an answer other than success."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def response(self) -> Response:
        return Response(self.status, msgspec.json.encode(self.body))

    def in_batch(self) -> dict[str, Any]:
        """The same no as one entry of a batch carries it."""
        inner = self.body.get("error", self.body)
        return inner if isinstance(inner, dict) else {"code": str(inner), "message": str(inner)}


def refused(status: int, code: str, details: str = "") -> Refused:
    """The usual shape: the message is the code in words."""
    error = {"code": code, "message": code.replace("_", " ").lower()}
    return Refused(status, {"error": error | ({"details": details} if details else {})})


def unauthorized(details: str) -> Refused:
    """Whoever asks is not who they say."""
    error = {"code": "authentication_error", "message": "authentication_error", "details": details}
    return Refused(401, {"error": error})


def not_json(details: str) -> Refused:
    """The body could not be read into the request's fields."""
    return Refused(400, {"code": "bad_request", "message": "bad request", "details": f"json: {details}"})


def invalid_query(operation: str, field: str, tag: str) -> Refused:
    """A query parameter is out of its bounds."""
    text = f"Key: '{operation}Params.{field}' Error:Field validation for '{field}' failed on the '{tag}' tag"
    return Refused(400, {"msg": f"Parameter validation failed for {operation}: {text}"})


def too_many_requests() -> Refused:
    return Refused(429, {"error": "too many requests"})


def not_found() -> Refused:
    return refused(404, "not_found")
