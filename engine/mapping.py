"""The mapping of a run: what the desk asks about, what the venues list, and which of it the catalogue holds to be one.

A demo's world leaves `questions.toml`, the events and markets that the desk's model knows, and `listed.json`, what each
exchange lists under its own names. The run maps the one to the other and leaves `mapping.toml`. Nobody is there to look
at a pair, so that only what is certain is taken in; what is not stays out of the run and is told by `markets --review`.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from domain.markets import Mapping
from engine.config import ConfigError
from engine.stage import write_whole
from venues.catalogue.book_text import book_toml, read_book
from venues.catalogue.listed import ListedEvent
from venues.catalogue.matching import Matched, Standing, match
from venues.catalogue.reviewing import admitted
from venues.catalogue.reviews import ReviewBook

MAPPING, QUESTIONS, LISTED = "mapping.toml", "questions.toml", "listed.json"
ITSELF = "catalogue"
"""Who took a pair in where nobody looked at it."""


def read_book_file(path: Path) -> ReviewBook:
    """A mapping file with its reviews. ConfigError names the file and what is wrong with it."""
    try:
        return read_book(path.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"{path}: no mapping that can be read: {error}") from error


def write_book(path: Path, book: ReviewBook) -> None:
    """Put a mapping file in its place, whole or not at all."""
    write_whole(path, book_toml(book).encode())


def read_listed(path: Path) -> tuple[ListedEvent, ...]:
    """What venues list, as it was written down. ConfigError names the file and what is wrong with it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[ListedEvent, ...])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no listings that can be read: {error}") from error


def write_asked(run: Path, questions: Mapping, listed: Iterable[ListedEvent]) -> None:
    """Leave what a run's mapping is made of."""
    write_book(run / QUESTIONS, ReviewBook(msgspec.structs.replace(questions, listings=())))
    write_whole(run / LISTED, msgspec.json.format(msgspec.json.encode(tuple(listed)), indent=1))


def map_run(run: Path, at_ms: int) -> tuple[Mapping, int]:
    """Make a run's mapping, unless it has one already, and read it; how many of the venues' questions were left out."""
    left = 0
    if not (run / MAPPING).exists():
        book, found = mapped(read_book_file(run / QUESTIONS).mapping, read_listed(run / LISTED), at_ms=at_ms)
        write_book(run / MAPPING, book)
        left = sum(one.standing is not Standing.CONFIDENT for one in found.pairs)
    return read_book_file(run / MAPPING).mapping, left


def mapped(questions: Mapping, listed: Iterable[ListedEvent], *, at_ms: int) -> tuple[ReviewBook, Matched]:
    """The desk's questions with the listings that are certainly theirs, and everything that was found."""
    book = ReviewBook(msgspec.structs.replace(questions, listings=()))
    found = match(book, listed)
    return admitted(book, found, who=ITSELF, why="certain", at_ms=at_ms), found
