"""How Kalshi joins the demo: names that the venue could have given, a key that fits, two ports and an adapter."""

import re

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from venues.kalshi.demo import KalshiDemo, naming, private_key, public_key
from venues.sim.demo import Staging
from venues.sim.exchange import Exchange, ExchangeOptions
from venues.sim.faults import PROFILES, Faults
from venues.sim.football import KINDS, matches
from venues.sim.listing import books, market_specs
from venues.sim.world import DESK

TICKER = re.compile(r"KXSOCC(TOTAL)?-26NOV2[0-9][A-Z]{6}-([A-Z]{3}|[OU]25)")


def test_every_outcome_of_every_match_has_a_market_of_its_own():
    named = [
        naming(match, kind, outcome)
        for match in matches(7, count=30)
        for kind, outcomes in KINDS.items()
        for outcome in range(len(outcomes))
    ]
    tickers = [market for market, _ in named]
    assert len(set(tickers)) == len(tickers) == 150
    assert all(TICKER.fullmatch(ticker) for ticker in tickers)
    assert {selection for _, selection in named} == {"yes"}


def test_an_event_of_another_kind_finds_names_too():
    race = msgspec.structs.replace(
        matches(7, count=1)[0], home="14:30 Ascot", away="", questions=(("win", ("Red Rum", "Red Alligator")),)
    )
    tickers = [naming(race, "win", outcome)[0] for outcome in range(2)]
    assert tickers == ["KXWIN-26NOV2014300-N01", "KXWIN-26NOV2014300-N02"]


def test_two_sides_that_begin_alike_are_told_apart():
    derby = msgspec.structs.replace(matches(7, count=1)[0], home="Manchester City", away="Manchester United")
    tickers = [naming(derby, "match_odds", outcome)[0] for outcome in range(3)]
    assert [ticker[-3:] for ticker in tickers] == ["MAN", "TIE", "MA2"]


def test_the_demos_key_is_a_pair():
    key = load_pem_private_key(private_key().encode(), password=None)
    assert key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() == public_key()
    assert private_key() == private_key()


def test_the_fake_opens_a_port_for_requests_one_for_the_stream_and_one_for_sessions():
    demo = KalshiDemo()
    options = demo.options
    exchange = Exchange(ExchangeOptions(options.venue, options.terms, options.collateral))
    exchange.open_account(DESK, deposit_micros=options.deposit_micros)
    played = matches(7, count=2)
    for match in played:
        for spec in market_specs(books(match, tuple(KINDS), options.naming)):
            exchange.list_market(spec)
    faults = Faults(PROFILES["none"], 7)
    ports = demo.open_fake(
        Staging(exchange, played, tuple(KINDS), naming, faults, 0, seed=7, speed=30.0, start_ms=1_790_000_000_000)
    )
    assert set(ports.servers) == {"rest", "ws", "fix"}
    assert not options.suspends
    assert not options.delay_ms
