"""A bar on the terminal for work in several processes: how much is done, and how long the rest will take."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar("T")


def with_bar(done: Iterable[T], *, total: int, title: str, console: Console | None = None) -> Iterator[T]:
    """Pass on what is done, one by one, under a bar on standard error; no bar where that is no terminal."""
    console = console or Console(stderr=True)
    columns = TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        for one in done:
            yield one
            progress.advance(task)
