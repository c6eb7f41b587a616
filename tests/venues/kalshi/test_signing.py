"""Signatures that the venue would accept, keys of both kinds, and key files that nobody else may read."""

import base64
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from tests.venues.kalshi.desk import KEY, PEM, SIGNER
from venues.kalshi.signing import Signer, load_key
from venues.secret import Secret

PATH = "/trade-api/v2/portfolio/orders"
RSA = rsa_key(public_exponent=65537, key_size=2048)


def signature(signer: Signer, path: str = PATH) -> bytes:
    headers = dict(signer.headers("GET", path, 1_703_123_456_789))
    assert headers["KALSHI-ACCESS-KEY"] == "key-id"
    assert headers["KALSHI-ACCESS-TIMESTAMP"] == "1703123456789"
    return base64.b64decode(headers["KALSHI-ACCESS-SIGNATURE"], validate=True)


def test_an_ed25519_key_signs_time_method_and_path() -> None:
    KEY.public_key().verify(signature(SIGNER), f"1703123456789GET{PATH}".encode())


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_rsa_key_in_either_form_signs_with_pss_and_a_salt_as_long_as_the_digest(form) -> None:
    pem = RSA.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    signed = signature(Signer(Secret("key-id"), Secret(pem)))
    pss = PSS(MGF1(SHA256()), salt_length=32)
    RSA.public_key().verify(signed, f"1703123456789GET{PATH}".encode(), pss, SHA256())


def test_the_query_is_not_signed() -> None:
    assert signature(SIGNER, f"{PATH}?limit=5&ticker=A?B") == signature(SIGNER)


def test_a_key_of_another_kind_is_refused() -> None:
    elliptic = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    for pem in (elliptic.decode(), locked.decode(), "no key at all"):
        with pytest.raises(ValueError, match="Ed25519 or RSA") as caught:
            Signer(Secret("key-id"), Secret(pem))
        assert caught.value.__cause__ is None
        assert pem not in str(caught.value)


@pytest.mark.parametrize(
    ("mode", "is_taken"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False), (0o620, False)]
)
def test_a_key_file_that_others_may_touch_is_refused(tmp_path, mode: int, is_taken: bool) -> None:
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    file.chmod(mode)
    if is_taken:
        assert load_key(str(file)).reveal() == PEM
    else:
        with pytest.raises(ValueError, match="chmod 600"):
            load_key(str(file))


def test_a_key_file_that_is_missing_or_not_text_is_refused_by_name(tmp_path) -> None:
    (tmp_path / "der").write_bytes(b"\x30\xff\xff")
    (tmp_path / "der").chmod(0o600)
    for name in ("none", "der"):
        with pytest.raises(ValueError, match=f"key_file .*{name}"):
            load_key(str(tmp_path / name))


def test_nothing_shows_the_key(tmp_path) -> None:
    assert PEM not in repr(SIGNER)
    assert "key-id" not in repr(SIGNER)
    with pytest.raises(TypeError):
        pickle.dumps(Secret(PEM))
