"""Which profile a name means: the program's, the configuration's, one danger by itself, or a file of one's own.

--faults heavy            one that comes with the program
--faults rainy            [faults.rainy] of the configuration
--faults late_fill        one danger by itself, often
--faults my/day.toml      a file with the keys of `Profile`
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from venues.sim.faults import PROFILES, Danger, Profile

ALONE_PPM = 200_000
ALONE_RARE_PPM = 2_000
RARE = frozenset(
    {
        Danger.FEED_CUT,
        Danger.FEED_FROZEN,
        Danger.CONNECTION_CUT,
        Danger.HALF_OPEN,
        Danger.MESSAGE_LOST,
        Danger.SESSION_EXPIRED,
        Danger.MAINTENANCE,
        Danger.ANSWER_CACHED,
        Danger.BYTES_SINGLE,
        Danger.BYTES_DELAYED,
    }
)
"""Dangers with so many opportunities that one in five would leave nothing standing."""


def named(name: str, own: Mapping[str, Profile]) -> Profile:
    """The profile of this name; ValueError says what is known, or what is wrong with a file."""
    if name in own:
        return msgspec.structs.replace(own[name], name=name)
    if name in PROFILES:
        return PROFILES[name]
    if name in list(Danger):
        return alone(Danger(name))
    if name.endswith(".toml"):
        return _read(Path(name))
    known = sorted({*own, *PROFILES, *Danger})
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    raise ValueError(
        f"no faults are called {name!r}{hint} Name one of {', '.join(sorted({*own, *PROFILES}))}, a danger by itself "
        f"({', '.join(Danger)}), or a file that ends in .toml"
    )


def alone(danger: Danger) -> Profile:
    """One danger by itself, as often as something still stands."""
    rate = ALONE_RARE_PPM if danger in RARE else ALONE_PPM
    return Profile(danger, {danger: rate}, delay_ms=(300, 3_000), frozen_ms=(3_000, 8_000), down_ms=(3_000, 15_000))


def _read(path: Path) -> Profile:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        profile = msgspec.convert(table, Profile)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}; its keys are those of a profile, see docs/venues.md") from error
    return msgspec.structs.replace(profile, name=profile.name or path.stem)
