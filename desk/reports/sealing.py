"""Reports under seal: the hash of every file of a pack, the journal's head that they were made of, and one signature.

The manifest is signed with Ed25519 (RFC 8032) as it stands on disk, byte for byte. The public key is in it, so that
anybody can check a pack; whose key it is, its fingerprint must tell by another road than the pack.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from desk.reports.faults import KeyUnusable, Unsealed

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
FORMAT = 1


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed: what the pack is of, up to which record of the journal, and what is in it, SHA-256 by name."""

    format: int
    report: str
    run: str
    records: int
    head: str
    files: dict[str, str]
    public_key: str


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key of a file, made and written for its owner alone where there is none. Raises KeyUnusable."""
    try:
        if not path.exists():
            return _made(path)
        if path.stat().st_mode & 0o077:
            raise KeyUnusable(f"{path}: others can read this key: chmod 600 it, or better sign with a new one")
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"{path}: {error}: name a PEM file of an Ed25519 key without password") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise KeyUnusable(f"{path}: this is no Ed25519 key: name another file, one is made where there is none")
    return found


def _made(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def public_key(path: Path) -> str:
    """The public key of a file that holds it, or the private one, as hex. Raises KeyUnusable."""
    try:
        data = path.read_bytes()
        if b"PRIVATE" in data:
            return public_hex(signing_key(path).public_key())
        found = load_pem_public_key(data)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"{path}: {error}: name a PEM file of an Ed25519 key") from error
    if not isinstance(found, Ed25519PublicKey):
        raise KeyUnusable(f"{path}: this is no Ed25519 key")
    return public_hex(found)


def public_hex(key: Ed25519PublicKey) -> str:
    """A public key's 32 bytes."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def fingerprint(public: str) -> str:
    """A public key in a form that people can read to each other."""
    digest = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def seal(folder: Path, key: Ed25519PrivateKey, *, report: str, run: str, records: int, head: str) -> Manifest:
    """Hash every file of a folder and sign that."""
    files = {name: hash_of(folder / name) for name in sorted(_names(folder))}
    manifest = Manifest(FORMAT, report, run, records, head, files, public_hex(key.public_key()))
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / MANIFEST).write_bytes(data)
    (folder / SIGNATURE).write_text(key.sign(data).hex() + "\n")
    return manifest


def opened(folder: Path) -> Manifest:
    """The manifest of a pack whose signature holds and whose files are all there, unchanged. Raises Unsealed."""
    for name in (MANIFEST, SIGNATURE):
        if not (folder / name).is_file():
            raise Unsealed(f"{folder}: {name} is missing, so this is no signed report")
    data = (folder / MANIFEST).read_bytes()
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest.public_key))
        signature = bytes.fromhex((folder / SIGNATURE).read_text().strip())
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unsealed(f"{folder}: {MANIFEST} and {SIGNATURE} are no seal that can be read: {error}") from error
    try:
        public.verify(signature, data)
    except InvalidSignature as error:
        raise Unsealed(f"{folder / SIGNATURE}: the signature is not that of {MANIFEST}") from error
    _check_files(folder, manifest)
    return manifest


def _check_files(folder: Path, manifest: Manifest) -> None:
    there = set(_names(folder))
    for name, signed in manifest.files.items():
        if name not in there:
            raise Unsealed(f"{folder / name}: the file is missing")
        if hash_of(folder / name) != signed:
            raise Unsealed(f"{folder / name}: this is not the file that was signed")
    for name in sorted(there - manifest.files.keys()):
        raise Unsealed(f"{folder / name}: nobody signed this file")


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _names(folder: Path) -> Iterator[str]:
    """The files of a pack, without its seal."""
    for path in folder.iterdir():
        if path.name not in (MANIFEST, SIGNATURE):
            yield path.name
