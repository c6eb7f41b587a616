"""An authority of the demo's own: made at start into a folder, trusted by nobody who was not told to."""

import ipaddress
import ssl
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=30)
BACKDATED = timedelta(hours=1)
"""How far before now a certificate begins to hold, so that a slow clock still trusts it."""


class Certificates(msgspec.Struct, frozen=True):
    """Paths of PEM files: what to trust, what a server shows, what a client shows."""

    authority: str
    server_cert: str
    server_key: str
    client_cert: str
    client_key: str


def make_certificates(folder: Path, *, now: datetime, hosts: tuple[str, ...]) -> Certificates:
    """Write a new authority with one certificate for servers at `hosts` and one for clients.

    `now` knows its zone. Keys are readable by their owner only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root_key, root_name = ec.generate_private_key(ec.SECP256R1()), _name("demo authority")
    root = (
        _builder(root_name, root_name, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    (folder / "authority.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    written = {"authority": str(folder / "authority.pem")}
    for role, usage in (("server", ExtendedKeyUsageOID.SERVER_AUTH), ("client", ExtendedKeyUsageOID.CLIENT_AUTH)):
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            _builder(_name(f"demo {role}"), root_name, key, now)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
            .sign(root_key, hashes.SHA256())
        )
        (folder / f"{role}.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        _write_key(folder / f"{role}.key", key)
        written |= {f"{role}_cert": str(folder / f"{role}.pem"), f"{role}_key": str(folder / f"{role}.key")}
    return Certificates(**written)


def made_certificates(folder: Path) -> Certificates:
    """Those that were made into a folder."""
    names = ("authority.pem", "server.pem", "server.key", "client.pem", "client.key")
    return Certificates(*(str(folder / name) for name in names))


def server_tls(certificates: Certificates) -> ssl.SSLContext:
    """The server's side of TLS: shows its certificate, and checks a client's if one is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificates.server_cert, certificates.server_key)
    context.load_verify_locations(certificates.authority)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
