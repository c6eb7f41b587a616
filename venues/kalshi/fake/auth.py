"""Who is asking: the three headers, the signed text, the clock's tolerance, and the recorded refusals.

Signed is timestamp + method + path from the host's root, without the query. Source: Kalshi docs, "API Keys";
refusals and tolerance as recorded on the demo exchange.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from venues.kalshi.fake.options import FakeOptions
from venues.kalshi.fake.refusals import Refused, refused, unauthorized

KEY, TIMESTAMP, SIGNATURE = "kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature"


class Guard:
    """Knows one key. `lapsed` is set to refuse it as one that was deleted."""

    def __init__(self, options: FakeOptions) -> None:
        key = load_pem_public_key(options.public_key.encode())
        assert isinstance(key, Ed25519PublicKey | RSAPublicKey), "a key is Ed25519 or RSA"
        self._key = key
        self._options = options
        self.lapsed = False

    def refusal(self, headers: Mapping[str, str], method: str, path: str, now_ms: int) -> Refused | None:
        """Why a request may not pass, None if it may. Header names are lower case."""
        for name, word in ((KEY, "access_key"), (SIGNATURE, "signature"), (TIMESTAMP, "timestamp")):
            if not headers.get(name):
                return refused(401, f"{word}_is_missing_from_headers")
        if headers[KEY] != self._options.key_id or self.lapsed:
            return unauthorized("NOT_FOUND")
        stamp = headers[TIMESTAMP]
        if not stamp.isdecimal() or abs(int(stamp) - now_ms) > self._options.clock_window_ms:
            return refused(401, "header_timestamp_expired")
        if not self._signed(f"{stamp}{method}{path}".encode(), headers[SIGNATURE]):
            return unauthorized("INCORRECT_API_KEY_SIGNATURE")
        return None

    def knows(self, key: str) -> bool:
        """Whether this names the key; for FIX it is registered under other names too, one for each connection."""
        return not self.lapsed and key in (self._options.key_id, *self._options.fix_key_ids)

    def verify(self, raw: bytes, text: bytes) -> None:
        """Raises InvalidSignature for a signature that is not the key's."""
        if isinstance(self._key, Ed25519PublicKey):
            self._key.verify(raw, text)
        else:
            self._key.verify(raw, text, PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())

    def _signed(self, text: bytes, signature: str) -> bool:
        try:
            self.verify(b64decode(signature, validate=True), text)
        except (InvalidSignature, Error, ValueError):
            return False
        return True
