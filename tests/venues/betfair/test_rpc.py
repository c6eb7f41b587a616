"""JSON-RPC answers: a result, a fault with its name, or not an answer at all."""

import json
from typing import Any

import pytest

from venues.betfair.query_codec import AccountFunds, current_answer, funds_answer
from venues.betfair.rpc import Fault, decode_answer, encode_call
from venues.errors import PeerBroke


def test_a_call_is_one_envelope() -> None:
    assert json.loads(encode_call("A/v1.0/b", b'{"x":[1]}', 7)) == {
        "jsonrpc": "2.0",
        "method": "A/v1.0/b",
        "params": {"x": [1]},
        "id": 7,
    }


def test_a_result_is_read_with_numbers_as_text_too() -> None:
    body = b'{"jsonrpc":"2.0","result":{"availableToBetBalance":"1000.5","exposure":-3,"wallet":"UK"},"id":1}'
    assert decode_answer(body, funds_answer) == AccountFunds(1000.5, -3.0)


def test_what_is_null_is_absent() -> None:
    body = b'{"result":{"availableToBetBalance":1,"exposure":null,"retainedCommission":null},"error":null}'
    assert decode_answer(body, funds_answer) == AccountFunds(1.0)
    rows = (
        b'{"result":{"currentOrders":[{"betId":"1","marketId":"1.1","selectionId":5,"side":"LAY","status":"EXECUTABLE",'
    )
    rows += b'"handicap":null,"customerOrderRef":null,"priceSize":{"price":2.0,"size":null}}],"moreAvailable":false}}'
    answer: Any = decode_answer(rows, current_answer)
    assert (answer.rows[0].handicap, answer.rows[0].customer_order_ref, answer.rows[0].price_size.size) == (0, "", 0)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ({"code": -32602, "message": "DSC-0018"}, "DSC-0018"),
        ({"code": -32603}, "-32603"),
        ({"code": 1, "message": "ANGX-1", "data": {"APINGException": {"errorCode": "NO_SESSION"}}}, "NO_SESSION"),
        ({"code": 1, "message": "A", "data": {"AccountAPINGException": {"errorCode": "NO_APP_KEY"}}}, "NO_APP_KEY"),
        ({"code": 1, "message": "A", "data": {"exceptionname": "Other"}}, "A"),
    ],
)
def test_a_fault_has_the_most_telling_name(error: dict, word: str) -> None:
    fault = decode_answer(json.dumps({"error": error, "id": 1}).encode(), funds_answer)
    assert isinstance(fault, Fault)
    assert fault.word == word


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>503</body></html>", b"{}", b"[]", b'{"result":null}', b'{"result":{}}', b"\xff", b"[" * 9999],
)
def test_anything_else_is_not_an_answer(body: bytes) -> None:
    with pytest.raises(PeerBroke, match=r"answer|result"):
        decode_answer(body, funds_answer)
