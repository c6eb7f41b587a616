"""Every codec under inputs that were good and are no more, by Hypothesis; `python -m tests.fuzz` looks much further."""

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.mutating import mutated
from tests.fuzz.targets import TARGETS

BET = '{"op":"ocm","id":2,"pt":1,"oc":[{"id":"1.1","orc":[{"id":11,"uo":[{"id":"b","side":"B","status":"E",%s}]}]}]}'
MARKET = (
    '{"op":"mcm","id":1,"pt":1,"mc":[{"id":"1.100","img":true,"marketDefinition":{"status":"OPEN","version":1,%s}}]}'
)
CURRENT = (
    '\x05{"result":{"currentOrders":[{"betId":"1","marketId":"1.1","selectionId":1,"side":"LAY","status":"E",%s}]}}'
)
LARGE_BETS = b",".join(b'{"id":%d,"offer-id":1,"stake":1e11,"odds":1,"result":"WIN"}' % number for number in range(200))
MATCHBOOK_REPORT = b'\x09{"total":1,"markets":[{"id":1,"selections":[{"runner-id":1,"side":"back","bets":[%s]}]}]}'
FOUND: list[tuple[str, bytes]] = [
    ("betfair-stream", (BET % '"p":"5.8","avp":"Infinity","sm":2').encode()),
    ("betfair-stream", (BET % '"p":"5.8","sm":"1e307"').encode()),
    (
        "betfair-stream",
        (MARKET % '"marketBaseRate":"NaN","bettingType":"ODDS","runners":[{"id":11,"status":"ACTIVE"}]').encode(),
    ),
    (
        "betfair-rest",
        b'\x00{"result":{"status":"SUCCESS","instructionReports":[{"status":"SUCCESS","sizeMatched":"nan"}]}}',
    ),
    ("betfair-rest", (CURRENT % '"priceSize":{"price":1e300}').encode()),
    ("betfair-rest", (CURRENT % '"orderType":"X","bspLiability":5,"priceSize":{"price":1}').encode()),
    (
        "kalshi-rest",
        b'\x05{"market":{"ticker":"KXGAME-26JUN11AB-A","status":"active","price_ranges":[{"start":"x","end":"1","step":"1"}]}}',
    ),
    (
        "betfair-stream",
        (MARKET % '"bettingType":"ODDS","runners":[{"id":11}]').replace('"pt"', '"ct":"SUB_IMAGE","pt"').encode()
        + b'\n{"op":"mcm","id":1,"pt":1,"mc":[{"id":"1.100","rc":[{"id":11,"atl":[[2.5,1e17]]}]}]}',
    ),
    ("betfair-rest", b'\x04{"result":[{"marketId":"1.100","status":"OPEN","version":1%s}]}' % (b"0" * 30)),
    (
        "kalshi-rest",
        b'\x0a{"settlements":[{"ticker":"T","market_result":"yes","settled_time":"","revenue":1%s}]}' % (b"0" * 18),
    ),
    (
        "kalshi-socket",
        b'{"type":"fill","sid":3,"msg":{"trade_id":"t","order_id":"o","count_fp":"1","yes_price_dollars":"0.5","ts_ms":1%s}}'
        % (b"0" * 30),
    ),
    ("matchbook", b'\x05{"id":1,"odds":1,"market-id":1%s}' % (b"0" * 30)),
    ("matchbook", b'\x02{"id":1,"stake":1,"odds":2,"matched-bets":[{"id":1,"stake":9e11,"odds":9e11}]}'),
    ("matchbook", b'\x02{"id":1,"stake":1,"odds":2,"matched-bets":[%s]}' % LARGE_BETS),
    ("matchbook", MATCHBOOK_REPORT % LARGE_BETS),
    ("matchbook", MATCHBOOK_REPORT % b'{"id":1,"offer-id":1,"stake":9e11,"odds":-9e11,"result":"WIN"}'),
    ("recording", seeds.recording()[0].replace(b"[2.0,5]", b"[2.0,1e40]")),
    ("recording", seeds.recording()[0].replace(b"[2.0,3]", b'[2.0, "inf"]')),
]
"""Inputs that once got through, by codec."""


@pytest.mark.parametrize("name", TARGETS)
def test_good_inputs_pass_or_are_refused_in_order(name: str) -> None:
    target = TARGETS[name]
    for data in target.seeds()[:200]:
        with suppress(*target.said_no):
            target.run(data)


@pytest.mark.skipif(not seeds.SHARED.is_dir(), reason="the venues' samples are not here")
@pytest.mark.parametrize("name", ["betfair-rest", "kalshi-rest", "matchbook", "catalogue"])
def test_every_reader_takes_one_of_its_good_inputs(name: str) -> None:
    """What is changed of inputs that were all refused from the first looks no further than their first field."""
    target = TARGETS[name]
    takes = set()
    for data in target.seeds():
        with suppress(*target.said_no):
            target.run(data)
            takes.add(data[0])
    assert takes == set(range(seeds.READERS))


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_once_got_through_does_so_no_more(name: str, data: bytes) -> None:
    with suppress(*TARGETS[name].said_no):
        TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=25)
@given(data=st.data())
def test_no_change_of_a_good_input_gets_through(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    good = target.seeds()
    body = bytearray(good[data.draw(st.integers(0, len(good) - 1))])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(body) - 1)))
        piece = data.draw(
            st.binary(max_size=6)
            | st.sampled_from(
                [b"null", b"-1", b"1e400", b"NaN", b'"x"', b"[]", b"{}", b"true", b"9" * 30, b"0.1e-9", b"\\ud800"]
            )
        )
        body[at : at + data.draw(st.integers(0, 8))] = piece
    with suppress(*target.said_no):
        target.run(bytes(body))


@pytest.mark.parametrize(
    "name", [name for name in TARGETS if name not in ("http-line", "kalshi-fix", "kalshi-fix-session")]
)
@settings(max_examples=40)
@given(chance=st.randoms(use_true_random=False))
def test_json_of_other_values_does_not_get_through(name: str, chance: random.Random) -> None:
    target = TARGETS[name]
    seed = chance.choice(target.seeds())
    changed = mutated(seed, chance)
    with suppress(*target.said_no):
        target.run(seed if changed is None else changed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=25)
@given(data=st.binary(max_size=400))
def test_no_bytes_get_through(name: str, data: bytes) -> None:
    with suppress(*TARGETS[name].said_no):
        TARGETS[name].run(data)
