"""Dead man's switches: what a venue takes out by itself when we fall silent, and how that stands now.

One that reaches more than our own orders is armed only where the configuration says so, or where nobody else may trade
on the account; each says what it takes. Where several programs trade on one account, one of them keeps the others' bets
alive, or loses them.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import msgspec


class Switch(msgspec.Struct, frozen=True):
    """How a venue's switch stands.

    `timeout_s` of our silence and it takes orders of ours out, 0 where no time is set. `until_ns`, monotonic, is when
    it would if we said no more, None while it holds nothing: it is not armed yet, or no order of ours is in it.
    `by_line`: it does so when a connection of ours ends. `off` says why it is not set, and what sets it; empty where it
    is.
    """

    timeout_s: int = 0
    until_ns: int | None = None
    by_line: bool = False
    off: str = ""


@runtime_checkable
class HasSwitch(Protocol):
    """A venue with such a switch, set or not; `switch` tells how it stands at a monotonic moment."""

    switch: Callable[[int], Switch]


def _by_no_line(_: Mapping[str, Any]) -> bool:
    return False


class SwitchKind(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's switch as its table sets it: `key` holds the seconds, `takes` says what is taken out.

    `for_account`: whoever placed it. `by_line` tells of a table whether a connection's end takes orders out besides;
    where it does not, `usual_s` holds if the table says nothing and the settings know no figure of their own.
    """

    key: str
    takes: str
    for_account: bool
    by_line: Callable[[Mapping[str, Any]], bool] = _by_no_line
    usual_s: int = 0

    @property
    def off(self) -> str:
        """Why it is not set."""
        return f"account-wide: set {self.key}" if self.for_account else f"set {self.key}"
