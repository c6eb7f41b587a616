"""Signs requests and the WebSocket upgrade with the account's private key, Ed25519 or RSA."""

import base64
from collections.abc import Callable
from copy import copy

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from venues.credentials import read_private
from venues.secret import Secret

Headers = tuple[tuple[str, str], ...]


def load_key(path: str) -> Secret:
    """The PEM text of a key file; ValueError if it is missing, or if others than its owner may touch it."""
    try:
        return Secret(read_private(path))
    except ValueError as error:
        raise ValueError(f"key_file {error}") from None


class Signer:
    """Holds the parsed key; ValueError for a key that is neither Ed25519 nor RSA.

    The header of a PEM file does not tell the two apart, so the key is parsed.
    Source: Kalshi docs, "API Keys".
    """

    def __init__(self, key_id: Secret, key: Secret) -> None:
        self._key_id = key_id
        self.kind, self._sign = _signing(key)

    def headers(self, method: str, path: str, wall_ms: int) -> Headers:
        """The three headers of one request, made at `wall_ms` Unix time; what follows a `?` is not signed."""
        return self.head(wall_ms, self.sign(f"{wall_ms}{method}{path.partition('?')[0]}".encode()))

    @property
    def key_id(self) -> Secret:
        """Whose signatures these are."""
        return self._key_id

    def renamed(self, key_id: Secret) -> "Signer":
        """The same key, registered under another name."""
        other = copy(self)
        other._key_id = key_id
        return other

    def head(self, wall_ms: int, signature: str) -> Headers:
        """The headers that go with a signature made before."""
        return (
            ("KALSHI-ACCESS-KEY", self._key_id.reveal()),
            ("KALSHI-ACCESS-TIMESTAMP", str(wall_ms)),
            ("KALSHI-ACCESS-SIGNATURE", signature),
        )

    def sign(self, text: bytes) -> str:
        """A signature of anything, in base64."""
        return base64.b64encode(self._sign(text)).decode()


def _signing(key: Secret) -> tuple[str, Callable[[bytes], bytes]]:
    """The kind of this key and what signs with it. Parse errors are not passed on: they may quote the key."""
    try:
        private = load_pem_private_key(key.reveal().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the private key must be an unencrypted PEM, Ed25519 or RSA") from None
    if isinstance(private, Ed25519PrivateKey):
        return "Ed25519", private.sign
    if isinstance(private, RSAPrivateKey):
        rsa = private
        return "RSA", lambda text: rsa.sign(text, PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), SHA256())
    raise ValueError(f"the private key must be Ed25519 or RSA, not {type(private).__name__}")
