"""The client certificate of a login without a person: whether its files can be used, and until when."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from venues.credentials import read_private


def certificate_end(cert: str, key: str) -> datetime:
    """When the certificate ends. ValueError if it cannot be read, or its key may be touched by others."""
    read_private(key or cert)
    try:
        return x509.load_pem_x509_certificate(Path(cert).read_bytes()).not_valid_after_utc.astimezone(UTC)
    except (OSError, ValueError) as error:
        raise ValueError(f"{cert!r} cannot be read as a certificate: {type(error).__name__}") from None
