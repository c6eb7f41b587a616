"""A formula proved by the test vectors is the formula the program uses: each function of the table has a caller."""

from collections.abc import Iterable

import pytest

from tests.tidy.house import ROOMS, Source, house, plant, sources, uses

ADAPTERS = "tests/vectors"


def uncalled(adapters: Iterable[Source], files: Iterable[Source]) -> list[str]:
    """Functions of ours that the table's adapters name and that no code of the program does."""
    files = tuple(files)
    modules = {source.module for source in files}
    named_elsewhere = {name for source in files for _, name in uses(source)}
    return sorted(
        {
            name
            for adapter in adapters
            for _, name in uses(adapter)
            if name.partition(".")[0] in ROOMS
            and name.rpartition(".")[0] in modules
            and name.rpartition(".")[2][:1].islower()
            and name not in modules
            and name not in named_elsewhere
        }
    )


def test_every_function_of_the_vector_table_is_called_by_the_program() -> None:
    assert uncalled(sources(ADAPTERS), house()) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("from domain.odds import net_price\nKINDS = {'net': lambda v: net_price(v)}", []),
        ("from domain.odds import only_proved\ndef adapt(v):\n    return only_proved(v)", ["domain.odds.only_proved"]),
        ("from domain import odds\nKINDS = {'x': odds.only_proved}", ["domain.odds.only_proved"]),
        ("from domain.odds import inner\nKINDS = {'x': inner}", []),
        ("from domain.odds import Ladder\nKINDS = {'x': Ladder}", []),
        ("import domain.odds as o\nKINDS = {'x': o.only_proved}", ["domain.odds.only_proved"]),
    ],
)
def test_a_function_that_only_the_vectors_call_is_found(text: str, missing: list[str]) -> None:
    files = (
        plant("domain/odds.py", "def net_price(v): return inner(v)\ndef inner(v): ...\ndef only_proved(v): ..."),
        plant("oms/routes.py", "from domain import odds\nbest = odds.net_price"),
    )
    assert uncalled([plant(f"{ADAPTERS}/kinds.py", text)], files) == missing
