"""Whom the simulated Kalshi lets in, and the recorded words in which it refuses others."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.venues.kalshi.venue import ORDERS, WS_PATH, Client, Socket, Venue
from venues.kalshi.fake.options import Tier

BALANCE = "/trade-api/v2/portfolio/balance"
EXPIRED = {"error": {"code": "header_timestamp_expired", "message": "header timestamp expired"}}
TOO_MANY = {"error": "too many requests"}


def unauthorized(details: str):
    return {"error": {"code": "authentication_error", "message": "authentication_error", "details": details}}


class RsaSigner:
    """Signs as an RSA key of the venue does."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, text: bytes) -> bytes:
        pss = padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size)
        return self._key.sign(text, pss, SHA256())


@pytest.mark.parametrize("skew_ms", [-10_000, -5_000, 0, 5_000, 10_000])
def test_a_clock_that_is_nearly_right_is_good_enough(skew_ms):
    client = Client(Venue())
    assert client.ask("GET", BALANCE, **client.signed("GET", BALANCE, skew_ms=skew_ms))[0] == 200


@pytest.mark.parametrize("skew_ms", [-300_000, -30_000, 60_000, 300_000])
def test_a_clock_that_is_wrong_is_told_so(skew_ms):
    client = Client(Venue())
    assert client.ask("GET", BALANCE, **client.signed("GET", BALANCE, skew_ms=skew_ms)) == (401, EXPIRED)


def test_a_signature_over_something_else_is_refused():
    client = Client(Venue())
    for method, path in (("POST", BALANCE), ("GET", ORDERS), ("GET", BALANCE + "/")):
        headers = client.signed(method, path)
        assert client.ask("GET", BALANCE, **headers) == (401, unauthorized("INCORRECT_API_KEY_SIGNATURE"))
    for text in ("not base64 at all", b64encode(b"short").decode()):
        headers = client.signed("GET", BALANCE) | {"KALSHI_ACCESS_SIGNATURE": text}
        assert client.ask("GET", BALANCE, **headers) == (401, unauthorized("INCORRECT_API_KEY_SIGNATURE"))


def test_the_query_is_not_signed():
    client = Client(Venue())
    assert client.ask("GET", "/portfolio/orders?limit=5&status=resting")[0] == 200


def test_an_unknown_key_and_a_missing_signature_are_refused_as_recorded():
    client = Client(Venue())
    signed = client.signed("GET", BALANCE)
    unknown = signed | {"KALSHI_ACCESS_KEY": "00000000-0000-0000-0000-000000000000"}
    assert client.ask("GET", BALANCE, **unknown) == (401, unauthorized("NOT_FOUND"))
    del signed["KALSHI_ACCESS_SIGNATURE"]
    missing = {"code": "signature_is_missing_from_headers", "message": "signature is missing from headers"}
    assert client.ask("GET", BALANCE, **signed) == (401, {"error": missing})


def test_an_rsa_key_signs_as_well():
    signer = RsaSigner()
    client = Client(Venue(public_key=signer.pem), key=signer)
    assert client.ask("GET", BALANCE)[0] == 200
    client.key = RsaSigner()
    assert client.ask("GET", BALANCE) == (401, unauthorized("INCORRECT_API_KEY_SIGNATURE"))


def test_public_data_needs_no_key_and_a_portfolio_does():
    client = Client(Venue())
    assert client.ask("GET", "/markets", nobody="1")[0] == 200
    assert client.ask("GET", "/portfolio/balance", nobody="1")[0] == 401
    assert client.ask("POST", ORDERS, client.order("bid 1 @ 0.40"), nobody="1")[0] == 401
    assert not client.venue.exchange.floor.orders


def test_a_key_that_was_deleted_opens_nothing():
    client = Client(Venue())
    client.venue.fake.guard.lapsed = True
    assert client.ask("GET", BALANCE) == (401, unauthorized("NOT_FOUND"))
    assert Socket(client).status == 401


def test_a_websocket_opens_for_a_signed_request_only():
    client = Client(Venue())
    assert Socket(client).status == 101
    refused = Socket(client, nobody="1")
    assert refused.status == 401
    assert refused.wire.is_closed
    assert Socket(client, **client.signed("GET", WS_PATH, skew_ms=-60_000)).status == 401


def test_the_key_has_only_so_many_connections():
    client = Client(Venue(connections_max=2))
    sockets = [Socket(client) for _ in range(3)]
    assert [one.status for one in sockets] == [101, 101, 429]
    sockets[0].peer.closed("gone", client.venue.now_ns)
    assert Socket(client).status == 101


# --- budgets ---


def test_reads_and_writes_have_a_bucket_each_that_refills_evenly():
    tier = Tier(read_rate=20, read_capacity=40, write_rate=10, write_capacity=20)
    client = Client(Venue(tier=tier))
    assert [client.ask("GET", BALANCE)[0] for _ in range(5)] == [200, 200, 200, 200, 429]
    assert client.ask("GET", BALANCE)[1] == TOO_MANY
    assert [client.ask("POST", ORDERS, client.order("bid 1 @ 0.40"))[0] for _ in range(3)] == [201, 201, 429]
    client.venue.pass_ms(499)
    assert client.ask("GET", BALANCE)[0] == 429
    client.venue.pass_ms(1)
    assert client.ask("GET", BALANCE)[0] == 200
    assert len(client.venue.exchange.floor.orders) == 2


def test_a_cancel_costs_a_fifth_of_a_placement_and_a_batch_as_much_as_its_items():
    tier = Tier(write_rate=1, write_capacity=30)
    client = Client(Venue(tier=tier))
    ids = [client.place("bid 1 @ 0.40")["order_id"] for _ in range(2)]
    assert [client.ask("DELETE", f"{ORDERS}/{one}")[0] for one in ids] == [200, 200]
    batch = {"orders": [client.order("bid 1 @ 0.40")]}
    assert client.ask("POST", f"{ORDERS}/batched", batch)[0] == 429
    client.venue.pass_ms(14_000)
    assert client.ask("POST", f"{ORDERS}/batched", {"orders": batch["orders"] * 3}) == (429, TOO_MANY)
    assert client.ask("POST", f"{ORDERS}/batched", batch)[0] == 201


def test_what_is_charged_is_what_is_published():
    client = Client(Venue())
    costs = client.get("/account/endpoint_costs")
    assert costs["default_cost"] == 10
    assert {"method": "DELETE", "path": ORDERS + "/:order_id", "cost": 2} in costs["endpoint_costs"]
    limits = client.get("/account/limits")
    assert limits["write"] == {"refill_rate": 10_000, "bucket_capacity": 100_000}
