"""The schema of the stream: the code has it field by field, and readers of a released one can read every later one."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

from storage.stream.envelope import FILE, Event, NotAnEvent, declared, event_id, from_bytes, seq_of_id, to_bytes

SCHEMA = Path(__file__).resolve().parents[3] / "deploy" / "schema"
RELEASED = SCHEMA / "released"

EVENT = Event("r", 7, "r:7", "cup", 5, 1, 2, "OrderFilled", "t-1", '{"type":"OrderFilled"}', b"\x01\x02", b"h" * 16)


def compiled(folder: Path) -> descriptor_pb2.FileDescriptorProto:
    """What protoc makes of the schema in a folder."""
    with tempfile.NamedTemporaryFile() as out:
        code = protoc.main(["protoc", f"-I{folder}", f"--descriptor_set_out={out.name}", FILE])
        assert code == 0, f"{folder}/{FILE} cannot be compiled"
        [file] = descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes()).file
    return file


def breaks(old: descriptor_pb2.FileDescriptorProto, new: descriptor_pb2.FileDescriptorProto) -> list[str]:
    """What a reader of the old schema would misread in the new one."""
    found = []
    messages = {message.name: message for message in new.message_type}
    for message in old.message_type:
        if message.name not in messages:
            found.append(f"{message.name} is gone")
            continue
        now = messages[message.name]
        fields = {field.number: field for field in now.field}
        reserved = {n for span in now.reserved_range for n in range(span.start, span.end)}
        for field in message.field:
            kept = fields.get(field.number)
            if kept is None and not (field.number in reserved and field.name in now.reserved_name):
                found.append(f"{message.name}.{field.name} is gone and number {field.number} not reserved")
            elif kept is not None and (kept.name, kept.type, kept.label) != (field.name, field.type, field.label):
                found.append(f"{message.name}.{field.name} is another field now: {kept.name}")
    return found


def bare(file: descriptor_pb2.FileDescriptorProto) -> descriptor_pb2.FileDescriptorProto:
    """Without the names of JSON, which protoc adds."""
    for message in file.message_type:
        for field in message.field:
            field.ClearField("json_name")
    return file


def test_the_code_declares_what_the_schema_says() -> None:
    assert bare(compiled(SCHEMA)) == declared()


def test_the_schema_breaks_no_reader_of_a_released_one() -> None:
    assert breaks(compiled(RELEASED), compiled(SCHEMA)) == []


@pytest.mark.parametrize(
    ("line", "instead", "told"),
    [
        ("uint64 seq = 2;", "string seq = 2;", ["Event.seq is another field now: seq"]),
        ("uint64 seq = 2;", "uint64 seq = 22;", ["Event.seq is gone and number 2 not reserved"]),
        ("string key = 4;", "string event = 4;", ["Event.key is another field now: event"]),
        ("string key = 4;", "", ["Event.key is gone and number 4 not reserved"]),
        ("string key = 4;", 'reserved 4; reserved "key";', []),
        ("bytes head = 12;", "bytes head = 12; string more = 13;", []),
        ("string key = 4;", "repeated string key = 4;", ["Event.key is another field now: key"]),
    ],
)
def test_a_change_that_breaks_readers_is_found(tmp_path: Path, line: str, instead: str, told: list[str]) -> None:
    text = (RELEASED / FILE).read_text(encoding="utf-8")
    assert line in text
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(text.replace(line, instead), encoding="utf-8")
    assert breaks(compiled(RELEASED), compiled(tmp_path)) == told


def test_a_reader_of_the_released_schema_reads_what_is_written_now() -> None:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(compiled(RELEASED))
    old: Any = message_factory.GetMessageClass(pool.FindMessageTypeByName("crossbook.v1.Event"))()
    old.ParseFromString(to_bytes(EVENT))
    assert (old.run, old.seq, old.id, old.key, old.previous_seq, old.kind) == ("r", 7, "r:7", "cup", 5, "OrderFilled")
    assert from_bytes(old.SerializeToString()) == EVENT


def test_an_event_survives_the_wire_and_an_unknown_field() -> None:
    assert from_bytes(to_bytes(EVENT)) == EVENT
    assert from_bytes(to_bytes(EVENT) + b"\xa0\x06\x2a") == EVENT  # field 100, a number


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_event_are_refused(data: bytes) -> None:
    with pytest.raises(NotAnEvent):
        from_bytes(data)


def test_an_id_names_the_run_and_the_record() -> None:
    assert seq_of_id(event_id("20261121-120000:odd", 42)) == 42
