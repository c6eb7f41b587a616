"""Recordings that drive a demo: which venue's file it is, and where in it to begin."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

from domain.ids import VenueName
from engine.exchanges import Played
from venues.frames_file import venues_of
from venues.registry import RECORDINGS, UNMARKED
from venues.sim.recorded import Recording

LINES_TOLD = 5
"""So many lines that could not be read are told one by one."""


class RecordingError(Exception):
    """The recording cannot be played; the message names the file, what is wrong with it and what to do."""


def open_recording(path: Path, at: str = "") -> Played:
    """Read a recording whole enough to play it. `at` is an ISO time, a time of its first day, or Unix ms; UTC."""
    if not path.exists():
        raise RecordingError(f"{path}: there is no such file; name a recording with --recording")
    venues = recorded_venues(path)
    if len(venues) > 1:
        one = "have its segments in a folder of their own, beside a copy of its mapping"
        raise RecordingError(f"{path}: frames of {', '.join(venues)}; one venue leads a demo's world: {one}")
    [venue] = venues
    playable = RECORDINGS.get(venue)
    if playable is None:
        drives = ", ".join(sorted(RECORDINGS))
        raise RecordingError(f"{path}: a recording of {venue} cannot drive a demo's world; those of {drives} can")
    try:
        recording = playable(path)
        return Played(VenueName(venue), recording, _from_ms(at, recording) if at else None)
    except (ValueError, OSError) as error:
        raise RecordingError(str(error)) from error


def recorded_venues(path: Path) -> list[str]:
    """Whose recording a file or a folder is; files that do not say are those that are sold and shared."""
    venues = venues_of(path)
    if path.is_dir() and not venues:
        raise RecordingError(f"{path}: no segment of a recording in this folder; name a file, or a folder of `record`")
    return venues or [UNMARKED]


def left_out(path: Path, skipped: Sequence[tuple[int, str]]) -> list[str]:
    """What is to be told of lines that could not be read: the first few by number, then how many there are."""
    told = [f"{path}: line {number} left out: {' '.join(what.split())}" for number, what in skipped[:LINES_TOLD]]
    return told + ([f"{path}: {len(skipped)} lines left out in all"] if len(skipped) > LINES_TOLD else [])


def remarks(path: Path, recording: Recording) -> list[str]:
    """What is to be told of a recording before a demo begins with it."""
    told = left_out(path, recording.skipped)
    if recording.unsettled:
        of, end = f"{recording.unsettled} of {len(recording.markets)} markets", "bets on them stay open at its end"
        told.append(f"{path}: {of} have no result in it; {end}, marked at the last prices")
    return told


def _from_ms(at: str, recording: Recording) -> int:
    if at.isdecimal():
        return int(at)
    try:
        if "-" in at:
            moment = datetime.fromisoformat(at)
        else:
            first = next(iter(recording.frames()))
            day = datetime.fromtimestamp(first.at_ms // 1000, UTC).date()
            moment = datetime.combine(day, time.fromisoformat(at))
    except ValueError:
        raise ValueError(f"--from {at!r}: write 2026-11-20T14:05:00, 14:05:00 or Unix milliseconds") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
