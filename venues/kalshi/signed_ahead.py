"""Signatures of placements made while nothing waits for them, so that an order does not wait for one.

What is signed is a time, a method and a path, and all placements have one path: neither the order nor its body is
in it. So the only thing that is not known ahead is the time, and the venue takes times that are a few seconds old. Each
signature is used once and thrown away when it is old.
Source: Kalshi docs, "API Keys" (what is signed); recorded: five seconds late are taken; measured: ten are.
"""

from collections import deque
from collections.abc import Callable

from venues.kalshi.signing import Headers, Signer

AGE_MS_MAX = 2_000
"""With the seconds that a request may take on its way this stays well within what is taken."""
MS = 1_000_000


class SignedAhead:
    """Keeps `count` signatures of one method and path ready, none of them older than `AGE_MS_MAX`; 0 keeps none."""

    def __init__(self, signer: Signer, method: str, path: str, *, count: int, wall_ms: Callable[[], int]) -> None:
        self._signer = signer
        self._method = method
        self._path = path
        self._count = count
        self._wall_ms = wall_ms
        self._ready: deque[tuple[int, str]] = deque()
        self._due_ns: int | None = None
        self.hits = self.misses = 0

    def begin(self, now_ns: int) -> None:
        """Placements may come from now on."""
        self._due_ns = now_ns if self._count else None

    def headers(self) -> Headers:
        """The headers of one request that is written now."""
        wall_ms = self._wall_ms()
        while self._ready:
            signed_ms, signature = self._ready.pop()
            if 0 <= wall_ms - signed_ms <= AGE_MS_MAX:
                self.hits += 1
                return self._signer.head(signed_ms, signature)
        self.misses += 1
        return self._signer.headers(self._method, self._path, wall_ms)

    def next_deadline(self) -> int | None:
        """When the next is made: one at a time, so that nothing waits for more than one."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Throw away what is old, and make one."""
        wall_ms = self._wall_ms()
        while self._ready and not 0 <= wall_ms - self._ready[0][0] <= AGE_MS_MAX:
            self._ready.popleft()
        last_ms = self._ready[-1][0] if self._ready else 0
        if len(self._ready) < self._count and wall_ms > last_ms:
            self._ready.append((wall_ms, self._signer.sign(f"{wall_ms}{self._method}{self._path}".encode())))
        self._due_ns = now_ns + AGE_MS_MAX * MS // self._count
