"""The strategy on the backtest's page runs as it is printed there, and is as short as promised."""

import json
import re
from pathlib import Path

import pytest

from engine.doors import main
from tests.backtest.made import CONFIG, at, closed, definition, opening, recorded
from tests.tidy.house import ROOT

PAGE = (ROOT / "docs" / "backtest.md").read_text(encoding="utf-8")
LINES_MAX = 40


def block(language: str) -> str:
    """The one piece of the page in this language."""
    [text] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return text


def test_a_reader_s_first_strategy_makes_a_market_on_the_favourite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It backs 5 at 2.04 in the queue of 30, is matched by what is printed through it, and lays 5 at 2.00."""
    code = block("python")
    assert len(code.splitlines()) < LINES_MAX
    (tmp_path / "scalper.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    settings = block("toml").partition("[[strategies]]")[1:]
    config = re.sub(r"^strategies = .*\n", "", CONFIG, flags=re.MULTILINE) + "".join(settings)
    (tmp_path / "mine.toml").write_text(config)
    file = recorded(
        tmp_path,
        opening(),
        at(1_000, r12={"atb": [[4.0, 31]]}),
        at(2_000, r13={"trd": [[2.06, 20]]}),
        at(3_000, r13={"trd": [[1.99, 20]]}),
        at(60_000, said=definition("SUSPENDED", version=2)),
        at(61_000, said=closed()),
    )
    out = tmp_path / "out"
    assert main(["backtest", str(file), "--config", str(tmp_path / "mine.toml"), "--out", str(out)]) == 0
    told = json.loads((out / "summary.json").read_bytes())
    assert told["pnl"] == {"gross": 0, "fees": 0, "net": 0}, "13 lost: 5 lost on the back, 5 won on the lay"
    assert told["venues"]["betfair"]["fills"] == 2
