"""The form of what is streamed: `deploy/schema/crossbook/v1/event.proto`, declared here so that nothing is generated.

A test compiles the schema and compares it with this declaration, field by field.
"""

from typing import Any

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from domain.messages import Record
from storage.encoding import encode

PACKAGE, FILE = "crossbook.v1", "crossbook/v1/event.proto"

_TYPE = descriptor_pb2.FieldDescriptorProto
FIELDS = (
    ("run", 1, _TYPE.TYPE_STRING),
    ("seq", 2, _TYPE.TYPE_UINT64),
    ("id", 3, _TYPE.TYPE_STRING),
    ("key", 4, _TYPE.TYPE_STRING),
    ("previous_seq", 5, _TYPE.TYPE_UINT64),
    ("wall_ns", 6, _TYPE.TYPE_INT64),
    ("monotonic_ns", 7, _TYPE.TYPE_INT64),
    ("kind", 8, _TYPE.TYPE_STRING),
    ("order_ref", 9, _TYPE.TYPE_STRING),
    ("body", 10, _TYPE.TYPE_STRING),
    ("record", 11, _TYPE.TYPE_BYTES),
    ("head", 12, _TYPE.TYPE_BYTES),
)

_json = msgspec.json.Encoder()


class Event(msgspec.Struct, frozen=True):
    """One record on its way out; see the schema for what each part means."""

    run: str
    seq: int
    id: str
    key: str
    previous_seq: int
    wall_ns: int
    monotonic_ns: int
    kind: str
    order_ref: str
    body: str
    record: bytes
    head: bytes


class NotAnEvent(Exception):
    """Bytes that are no event of this schema."""


def event_of(run: str, record: Record, head: bytes, *, key: str, previous_seq: int) -> Event:
    """The event of a record, the chain's head after it being `head`."""
    return Event(
        run=run,
        seq=record.seq,
        id=event_id(run, record.seq),
        key=key,
        previous_seq=previous_seq,
        wall_ns=record.wall_ns,
        monotonic_ns=record.monotonic_ns,
        kind=type(record.body).__name__,
        order_ref=getattr(record.body, "ref", None) or "",
        body=_json.encode(record.body).decode(),
        record=encode(record),
        head=head,
    )


def event_id(run: str, seq: int) -> str:
    """What makes two deliveries the same event."""
    return f"{run}:{seq}"


def seq_of_id(event: str) -> int:
    """The record's number in an id."""
    return int(event.rpartition(":")[2])


def to_bytes(event: Event) -> bytes:
    """The event as Protobuf."""
    data: bytes = _Event(**msgspec.structs.asdict(event)).SerializeToString()
    return data


def from_bytes(data: bytes) -> Event:
    """The event again. Raises NotAnEvent."""
    message = _Event()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise NotAnEvent(str(error)) from error
    return Event(**{name: getattr(message, name) for name, _, _ in FIELDS})


def declared() -> descriptor_pb2.FileDescriptorProto:
    """The schema as this program has it."""
    file = descriptor_pb2.FileDescriptorProto(name=FILE, package=PACKAGE, syntax="proto3")
    message = file.message_type.add(name="Event")
    for name, number, kind in FIELDS:
        message.field.add(name=name, number=number, type=kind, label=_TYPE.LABEL_OPTIONAL)
    return file


def _made() -> Any:  # noqa: ANN401  (a class that Protobuf makes)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(declared())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Event"))


_Event = _made()
