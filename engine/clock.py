"""The real clock and real chance: the one place where either is read."""

import secrets
import time


class SystemClock:
    """Monotonic for ages and deadlines, the same for all processes of a machine; wall for records and signatures."""

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        return time.time_ns()


def fresh_token() -> str:
    """A secret that nobody can guess, for one run's control interface."""
    return secrets.token_urlsafe(24)


def system_chance() -> float:
    """A draw from [0, 1) for the jitter of reconnects."""
    return secrets.SystemRandom().random()
