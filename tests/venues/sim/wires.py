"""A wire held in the hand: what a peer wrote, and whether it hung up."""

import json


class HandWire:
    """Our view of one connection that a test drives; `backlog` says how much of it the other side left unread."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.is_closed = False
        self.backlog = 0

    def write(self, data: bytes) -> None:
        if not self.is_closed:
            self.written += data

    def close(self) -> None:
        self.is_closed = True

    def backlog_bytes(self) -> int:
        return self.backlog

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = bytes(self.written)
        self.written.clear()
        return data


def answers(data: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Every whole HTTP answer in the bytes: status, headers in lower case, body."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        found.append((int(first.split()[1]), headers, rest[:length]))
        data = rest[length:]
    return found


def question(path: str, body: bytes = b"", *, method: str = "POST", **headers: str) -> bytes:
    """The bytes of one request; underscores in header names become dashes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: exchange", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def json_answer(data: bytes):
    """The body of the one HTTP answer in the bytes, parsed."""
    ((status, _, body),) = answers(data)
    assert status == 200, (status, body)
    return json.loads(body)
