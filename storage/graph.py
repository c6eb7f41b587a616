"""Living objects as bytes and back: only of classes that are named beforehand, so that bytes can make nothing else.

Objects that are met twice are one object again afterwards. Values of frozen or plain message classes are kept in their
own wire form. What cannot be kept (a function that nobody named, an open file) is refused when it is met.
"""

import enum
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import msgspec

_PLAIN = (str, bytes, bool, float, type(None))
_INT64 = range(-(2**63), 2**63)

Named = type[Any] | Callable[..., Any]
"""A class, or a function that makes a default value."""


class NotKept(Exception):
    """A value of a kind that was not named, or bytes that name one; the message says which."""


Known = Mapping[str, Named]
"""What may be kept, by `name_of`."""


def name_of(named: Named) -> str:
    """Module and name within it."""
    return f"{named.__module__}:{named.__qualname__}"


def freeze(root: object, known: Known) -> bytes:
    """The bytes of an object and of everything that it holds. Raises NotKept."""
    writer = _Writer(known)
    form = writer.form(root)
    return msgspec.msgpack.encode((list(writer.names), form, writer.nodes))


def thaw(data: bytes, known: Known) -> Any:  # noqa: ANN401  (whatever was frozen)
    """The object again. Raises NotKept, `msgspec.DecodeError`."""
    names, root, nodes = msgspec.msgpack.decode(data)
    for name in names:
        if name not in known:
            raise NotKept(f"{name} is not among the classes that can be kept")
    return _Reader(known, tuple(known[name] for name in names), nodes).value(root)


class _Writer:
    """Forms: a plain value is itself; anything else is a list, its first element saying what it is."""

    def __init__(self, known: Known) -> None:
        self.names: dict[str, int] = {}
        self.nodes: list[Any] = []
        self._known = known
        self._numbers: dict[Any, int] = {}
        self._met: dict[int, tuple[int, object]] = {}  # the object too, so that its id is not given to another

    def form(self, value: object) -> Any:  # noqa: ANN401
        kind = type(value)
        if kind is int:
            return value if value in _INT64 else ["i", str(value)]
        if kind in _PLAIN:
            return value
        if kind is tuple or kind is frozenset:
            return ["t" if kind is tuple else "f", *map(self.form, value)]  # type: ignore[call-overload]
        if isinstance(value, enum.Enum):
            return ["e", self._number(kind), value.value]
        if isinstance(value, type) or kind is FunctionType:
            return ["k", self._number(value)]
        if (found := self._met.get(id(value))) is None:
            found = self._met[id(value)] = len(self.nodes), value
            self.nodes.append(None)
            self.nodes[found[0]] = self._node(value, kind)
        return ["o", found[0]]

    def _node(self, value: Any, kind: type[Any]) -> list[Any]:  # noqa: ANN401
        if isinstance(value, msgspec.Struct):
            return ["s", self._number(kind), msgspec.msgpack.encode(value)]
        if kind in (dict, Counter, OrderedDict):
            return [_DICTS[kind], *self._pairs(value)]
        if kind is defaultdict:
            return [*self._factory(value.default_factory), *self._pairs(value)]
        if kind in (list, set):
            return ["l" if kind is list else "u", *map(self.form, value)]
        if kind is deque:
            return ["q", value.maxlen, *map(self.form, value)]
        if kind is MethodType:
            return ["m", self.form(value.__self__), value.__name__]
        return ["c", self._number(kind), *self._pairs(_attributes(value))]

    def _factory(self, factory: Callable[[], Any] | None) -> list[Any]:
        """By name; one without, such as a lambda, by what it makes, which is the same each time."""
        if factory is None or (hasattr(factory, "__qualname__") and self._known.get(name_of(factory)) is factory):
            return ["dd", self.form(factory)]
        return ["dx", freeze(factory(), self._known)]

    def _pairs(self, value: dict[Any, Any]) -> list[Any]:
        form = self.form
        return [part for pair in value.items() for part in (form(pair[0]), form(pair[1]))]

    def _number(self, named: Any) -> int:  # noqa: ANN401
        found = self._numbers.get(named)
        if found is None:
            name = name_of(named)
            if self._known.get(name) is not named:
                raise NotKept(f"{name} is not among the classes that can be kept")
            found = self._numbers[named] = self.names[name] = len(self.names)
        return found


_DICTS: dict[type[Any], str] = {dict: "d", Counter: "dc", OrderedDict: "do"}
_MAKE_DICT: dict[str, type[Any]] = {name: kind for kind, name in _DICTS.items()}


def _attributes(value: object) -> dict[str, Any]:
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return {**{n: getattr(value, n) for n in slots if hasattr(value, n)}, **getattr(value, "__dict__", {})}


class _Reader:
    """Makes each object before what it holds, for some hold those that hold them."""

    def __init__(self, all_known: Known, known: tuple[Named, ...], nodes: list[Any]) -> None:
        self._all_known = all_known
        self._known = known
        self._nodes = nodes
        self._made: dict[int, Any] = {}
        self._decoders: dict[int, msgspec.msgpack.Decoder[Any]] = {}

    def value(self, form: Any) -> Any:  # noqa: ANN401
        if type(form) is not list:
            return form
        match form:
            case ["o", int(number)]:
                return self._made[number] if number in self._made else self._object(number)
            case ["t", *parts]:
                return tuple(map(self.value, parts))
            case ["f", *parts]:
                return frozenset(map(self.value, parts))
            case ["i", str(digits)]:
                return int(digits)
            case ["e", int(number), value]:
                return self._named(number)(value)
            case ["k", int(number)]:
                return self._named(number)
        raise NotKept(f"a form that nobody wrote: {form[:1]}")

    def _object(self, number: int) -> Any:  # noqa: ANN401
        made, fill = self._begun(self._nodes[number])
        self._made[number] = made
        fill()
        return made

    def _begun(self, node: list[Any]) -> tuple[Any, Callable[[], object]]:
        match node:
            case ["s", int(kind), bytes(data)]:
                return self._struct(kind, data), _nothing
            case ["l", *parts]:
                items: list[Any] = []
                return items, lambda: items.extend(map(self.value, parts))
            case ["u", *parts]:
                members: set[Any] = set()
                return members, lambda: members.update(map(self.value, parts))
            case ["q", maxlen, *parts]:
                line: deque[Any] = deque(maxlen=maxlen)
                return line, lambda: line.extend(map(self.value, parts))
            case ["m", holder, str(name)]:
                return getattr(self.value(holder), name), _nothing
            case ["dd", factory, *parts]:
                made: defaultdict[Any, Any] = defaultdict(self.value(factory))
                return made, lambda: self._fill(made, parts)
            case ["dx", bytes(data), *parts]:
                made = defaultdict(partial(thaw, data, self._all_known))
                return made, lambda: self._fill(made, parts)
            case ["c", int(kind), *parts]:
                one = object.__new__(self._named(kind))
                return one, lambda: self._endow(one, parts)
            case [str(name), *parts] if name in _MAKE_DICT:
                mapping = _MAKE_DICT[name]()
                return mapping, lambda: self._fill(mapping, parts)
        raise NotKept(f"an object that nobody wrote: {node[:1]}")

    def _fill(self, mapping: Any, parts: list[Any]) -> None:  # noqa: ANN401
        value = self.value
        for at in range(0, len(parts), 2):
            mapping[value(parts[at])] = value(parts[at + 1])

    def _endow(self, one: object, parts: list[Any]) -> None:
        for at in range(0, len(parts), 2):
            object.__setattr__(one, parts[at], self.value(parts[at + 1]))

    def _struct(self, kind: int, data: bytes) -> Any:  # noqa: ANN401
        decoder = self._decoders.get(kind)
        if decoder is None:
            decoder = self._decoders[kind] = msgspec.msgpack.Decoder(self._named(kind))
        return decoder.decode(data)

    def _named(self, number: int) -> Any:  # noqa: ANN401
        if not 0 <= number < len(self._known):
            raise NotKept(f"class {number} of {len(self._known)}")
        return self._known[number]


def _nothing() -> None:
    """A value that was made whole."""
