"""A configuration is read whole or refused whole, in one line that says where, what and what instead."""

import re
import socket
from fractions import Fraction
from pathlib import Path

import pytest

from domain.ids import VenueName
from engine.config import (
    ConfigError,
    ControlSettings,
    StrategySettings,
    listening,
    load,
    money_micros,
    operator_tokens,
    probability_e9,
)
from engine.wiring import strategies
from tests.engine.streets import CONFIG, VENUES, loaded

STRATEGY = "\n[[strategies]]\nname = 's'\nuses = 'strategy.value:ValueTaker'\n"
WHOLE = CONFIG + STRATEGY
HOUSE = "[compliance]\nentity = 'House'\nlocation = 'GB'\n"

BROKEN = [
    ("tick_ms = 100", "tick_mss = 100", "unknown key `tick_mss`; did you mean `tick_ms`?"),
    ("[limits]", "[limitz]", "unknown key `limitz`; did you mean `limits`?"),
    ("tick_ms = 100", "tick_ms = 'x'", "run.tick_ms = 'x': Expected `int`, got `str`"),
    ("tick_ms = 100", "tick_ms = 0", "run.tick_ms = 0: Expected `int` >= 1"),
    ("tick_ms = 100", f"tick_ms = {10**30}", "Expected `int` <= 1000000000000000"),
    ("tick_ms = 100", "tick_ms =", "not TOML"),
    ("tick_ms = 100", f"tick_ms = {'9' * 5_000}", "not TOML: Exceeds the limit"),
    ("tick_ms = 100", f"tick_ms = {'[' * 5_000}", "not TOML: maximum recursion depth"),
    ("tick_ms = 100", "tick_ms = true", "run.tick_ms = True: Expected `int`, got `bool`"),
    ("tick_ms = 100", "limits = 1", "run: unknown key `limits`; known are base, digest_every, runs, sync"),
    ("tick_ms = 100", "sync = 'prozess'", "run.sync = 'prozess'; did you mean `process`?"),
    ("tick_ms = 100", "sync = 'x'", "run.sync = 'x'; known are power, process"),
    ("tick_ms = 100", "[faults.x.rates]\nvoidet = 1", "faults[...].rates: 'voidet'; did you mean `voided`?"),
    (
        "tick_ms = 100",
        "[[faults.x.planned]]\ndanger = 'voidet'",
        "faults[...].planned[0].danger = 'voidet'; did you mean `voided`?",
    ),
    (
        "enabled = false",
        "method = 'powr'",
        "method = 'powr' takes no margin out: choose one of multiplicative, additive, power, odds_ratio, shin",
    ),
    (
        "tick_ms = 100",
        "[deciding.priorities]\nonne = 1",
        "[deciding] priorities onne: there is none of this name; did you mean `one`?",
    ),
    ('"60 USD"', "60", "limits.cap_order = 60: Expected `str`, got `int`; write it as text, in quotes"),
    ('GBP = "1.25"', "GBP = 1.25", "rates[...] = {'GBP': 1.25}: Expected `str`, got `float`; write it as text"),
    ('"60 USD"', '"60 GBP"', "[limits] cap_order = '60 GBP': must be an amount in USD"),
    ("[limits]", '[limits]\ncap_venue = { one = "9 GBP" }', "[limits] cap_venue = {'one': '9 GBP'}: must be an amount"),
    ('"60 USD"', '"101 USD"', "[limits] cap_order = '101 USD': above cap_event = '100 USD'"),
    ('"60 USD"', '"60"', "[limits] cap_order = '60': must be an amount in USD"),
    ('"60 USD"', '"sixty USD"', "[limits] cap_order = 'sixty USD'"),
    ('"60 USD"', '"-60 USD"', "[limits] cap_order = '-60 USD': must be above zero"),
    ('"60 USD"', '"0 USD"', "must be above zero"),
    ('"60 USD"', '"99999999999999999999 USD"', "must be at most a million million"),
    ("[limits]", '[limits]\nposition_claims = "-5"', "[limits] position_claims = '-5': must be above zero"),
    (
        "[limits]",
        '[limits]\ncap_venue = { onne = "9 USD" }',
        "cap_venue onne: there is none of this name; did you mean",
    ),
    ("[limits]", '[limits]\ncap_strategy = { t = "9 USD" }', "[limits] cap_strategy t: there is none of this name"),
    ("name = 's'", "name = ''", "[[strategies]] name = '': write a word of at most 60 letters, such as maker"),
    ("name = 's'", "name = ' s'", "name = ' s': write a word"),
    ("name = 's'", "name = '*'", "name = '*': write a word"),
    ("name = 's'", 'name = "\\u202es"', "name = '\\u202es': write a word"),
    ("name = 's'", f"name = '{'s' * 61}'", "sss': write a word"),
    ("name = 's'", "name = 'orphans'", "name = 'orphans': orders of our own making have it; not desk, flatten"),
    (
        "[[strategies]]",
        f'{HOUSE}jurisdictions = {{ "one.b" = {{ House = ["GB"] }} }}\n[[strategies]]',
        "[compliance] jurisdictions one.b: there is none of this name",
    ),
    (
        "[[strategies]]",
        f'{HOUSE}jurisdictions = {{ one = ["GB"] }}\n[[strategies]]',
        "compliance.jurisdictions[...] = {'one': ['GB']}: Expected `object`, got `array`",
    ),
    (
        "[[strategies]]",
        '[compliance]\njurisdictions = { one = { House = ["GB"] } }\n[[strategies]]',
        "jurisdictions and no entity: write both, the legal entity and where it trades from",
    ),
    (
        "[[strategies]]",
        '[compliance]\nentity = "House"\n[reports]\nlegal_entity = "Other"\n[[strategies]]',
        "[reports] legal_entity = 'Other': [compliance] entity = 'House' is who trades; name the same in both",
    ),
    (
        "[[strategies]]",
        '[reports]\nterms = { onne = "2026-05" }\n[[strategies]]',
        "[reports] terms onne: there is none of this name; did you mean",
    ),
    ('collar_fair = "0.2"', 'collar_fair = "1.2"', "[limits] collar_fair = '1.2': must be a probability"),
    ('collar_fair = "0.2"', 'collar_fair = "1/0"', "must be a probability"),
    ("orders_per_second = 50", "orders_per_second = -1", "limits.orders_per_second = -1: Expected `int` >= 1"),
    ("open_orders_max = 20\n", "", "limits: missing required field `open_orders_max`; add it"),
    ("[venues.two]", "[venues.too]", "[venues.too]: unknown venue; did you mean `two`?"),
    ("[venues.two]", "[venues.two]\ndept = 2", "[venues.two] dept: unknown key; did you mean `depth`?"),
    ("[venues.one]\n[venues.two]", "[venues]", "no venue: add at least one table"),
    ('GBP = "1.25"', 'GBP = "a lot"', "[rates] GBP = 'a lot'"),
    ('GBP = "1.25"', 'GBP = "0"', "[rates] GBP = '0': must be above zero"),
    ('GBP = "1.25"', 'GBP = "99999999999999"', "must be at most a million"),
    ('GBP = "1.25"', 'USD = "2"', "[rates] USD = '2': the base currency is worth 1 of itself"),
    ("2026-11-20", "yesterday", "rates_dated = 'yesterday': write a day"),
    ("uses = 'strategy.value:ValueTaker'\n", "", "missing required field `uses`"),
    (
        "[venues.one]",
        "[reports]\ncustomer_type = 'customer'\n[venues.one]",
        "customer_type = 'customer': orders are placed for the house alone, write \"house\"",
    ),
]


@pytest.mark.parametrize(("good", "bad", "said"), BROKEN)
def test_what_is_wrong_is_said_in_one_line_with_its_file(tmp_path: Path, good: str, bad: str, said: str) -> None:
    assert good in WHOLE
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, WHOLE.replace(good, bad, 1))
    assert said in str(raised.value)
    assert str(raised.value).startswith(str(tmp_path / "c.toml"))


@pytest.mark.parametrize(
    ("operators", "said"),
    [
        ({"ann": "ANN", "bob": "BOB"}, ""),
        ({"ann": "ANN", "bob": "NONE"}, "[control] operators bob = 'NONE': that environment variable is empty"),
        ({"ann": "ANN", "bob": "ANN"}, "operators bob = 'ANN': somebody else has the same token"),
        ({"ann": "OURS"}, "operators ann = 'OURS': somebody else has the same token"),
        ({"watchdog": "ANN"}, "operators watchdog = 'ANN': the engine itself goes by 'watchdog'"),
    ],
)
def test_everybody_who_steers_has_a_token_of_their_own(
    monkeypatch: pytest.MonkeyPatch, operators: dict[str, str], said: str
) -> None:
    for variable, token in (("ANN", "a"), ("BOB", "b"), ("OURS", "c")):
        monkeypatch.setenv(variable, token)
    monkeypatch.delenv("NONE", raising=False)
    settings = ControlSettings(token_env="OURS", operators=operators)
    if not said:
        assert operator_tokens(settings) == {"ann": "a", "bob": "b"}
        return
    with pytest.raises(ConfigError) as raised:
        operator_tokens(settings)
    assert said in str(raised.value)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.toml: cannot be read: No such file"):
        load(tmp_path / "no.toml", VENUES)
    (tmp_path / "b.toml").write_bytes(b"\xff\x00")
    with pytest.raises(ConfigError, match="not TOML"):
        load(tmp_path / "b.toml", VENUES)


def test_a_good_file_becomes_integers(tmp_path: Path) -> None:
    read = loaded(tmp_path, WHOLE)
    assert read.limits.cap_order_micros == 60_000_000
    assert read.limits.collar_fair_e9 == 200_000_000
    assert read.limits.position_claims_micros is None
    assert read.rates_e8 == {"USD": 100_000_000, "GBP": 125_000_000}
    limited = loaded(tmp_path, WHOLE.replace("[deciding", 'position_claims = "12.5"\nin_play = false\n[deciding', 1))
    assert (limited.limits.position_claims_micros, limited.limits.in_play) == (12_500_000, False)
    assert limited.limits.turnover_day_micros is None
    more = "size_claims = '2.5'\nturnover_day = '9 USD'\nloss_minute = '0.5 USD'\norders_per_intent = 3\n"
    all_of_them = loaded(
        tmp_path, WHOLE.replace("[deciding", f"{more}market_orders_per_minute = 7\n[deciding", 1)
    ).limits
    assert (all_of_them.size_claims_micros, all_of_them.turnover_day_micros) == (2_500_000, 9_000_000)
    assert (all_of_them.loss_minute_micros, all_of_them.orders_per_intent) == (500_000, 3)
    assert (all_of_them.market_orders_per_minute, all_of_them.rejects_in_a_row) == (7, 5)
    by_name = 'cap_venue = "9 USD"\ncap_strategy = { s = "7 USD", "*" = "5 USD" }\n'
    caps = loaded(tmp_path, WHOLE.replace("[deciding", f"{by_name}[deciding", 1)).limits
    assert (caps.cap_venue_micros, caps.cap_league_micros) == ({"*": 9_000_000}, {})
    assert caps.cap_strategy_micros == {"s": 7_000_000, "*": 5_000_000}
    assert limited.hash != read.hash == loaded(tmp_path, WHOLE).hash


def test_another_account_at_a_venue_is_a_table_behind_a_dot(tmp_path: Path) -> None:
    read = loaded(tmp_path, WHOLE + '\n[venues."one.second"]\ndepth = 5\n')
    assert read.config.venues[VenueName("one.second")] == {"depth": 5}
    with pytest.raises(ConfigError, match=r"\[venues.three.second\]: unknown venue"):
        loaded(tmp_path, WHOLE + '\n[venues."three.second"]\n')


def test_amounts_and_probabilities_are_exact() -> None:
    assert money_micros("0.000001 USD", "USD") == 1  # type: ignore[arg-type]
    assert probability_e9("0.000000001") == 1
    assert probability_e9("1") == 1_000_000_000
    with pytest.raises(ValueError, match="at most nine decimals"):
        probability_e9(str(float(Fraction(1, 2**40))))


@pytest.mark.parametrize(
    ("uses", "settings", "said"),
    [
        ("strategy.valu:ValueTaker", {}, "No module named 'strategy.valu'"),
        ("strategy.value:ValueTakr", {}, "has no attribute 'ValueTakr'"),
        ("strategy.value", {}, "write `module:Class`"),
        ("", {}, "write `module:Class`"),
        ("pathlib:Path", {}, "write `module:Class`"),
        ("strategy.value:ValueTaker", {"min_edg": 0.1}, "unknown key `min_edg`; did you mean `min_edge`?"),
        ("strategy.value:ValueTaker", {"min_edge": "x"}, "min_edge = 'x': Expected `float`, got `str`"),
        ("strategy.value:ValueTaker", {"stake_max": "-1"}, "stake_max"),
    ],
)
def test_a_strategy_that_cannot_be_made_is_named(uses: str, settings: dict, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        strategies([StrategySettings(name="s", uses=uses, settings=settings)])  # type: ignore[arg-type]
    assert str(raised.value).startswith("[[strategies]] s")
    assert said in str(raised.value)


def test_two_strategies_of_one_name_are_refused() -> None:
    one = StrategySettings(name="s", uses="strategy.value:ValueTaker")  # type: ignore[arg-type]
    assert [strategy.name for strategy in strategies([one])] == ["s"]
    with pytest.raises(ConfigError, match="the name is used twice"):
        strategies([one, one])


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "example.org"])
def test_the_network_is_let_in_by_a_chosen_token_only(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESK_TOKEN", raising=False)
    settings = ControlSettings(host=host, token_env="DESK_TOKEN")
    with pytest.raises(ConfigError, match=rf"host = '{re.escape(host)}' lets the network in: .* DESK_TOKEN"):
        listening(settings)


def test_with_a_chosen_token_the_network_may_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_TOKEN", "chosen")
    with listening(ControlSettings(host="0.0.0.0", token_env="DESK_TOKEN")) as door:
        assert door.getsockname()[0] == "0.0.0.0"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.5"])
def test_this_machine_needs_no_chosen_token(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CROSSBOOK_TOKEN", raising=False)
    with listening(ControlSettings(host=host)) as door:
        assert door.getsockname()[0].startswith("127.")


def test_a_port_that_is_taken_is_said_before_anything_starts() -> None:
    with listening(ControlSettings()) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port}: cannot listen there: .*another port, or 0"):
            listening(ControlSettings(port=port))
    with listening(ControlSettings(port=port)) as free:
        assert isinstance(free, socket.socket)
