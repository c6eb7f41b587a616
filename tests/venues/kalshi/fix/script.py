"""A FIX session under a script: what the peer says, what must be said back, and how the numbers stand.

< 8 34=2 11=abc     the peer says an ExecutionReport (names and the time are added unless given)
<< raw bytes        the peer sends bytes as they are, | for SOH
<? 35=8|34=2|11=|   the peer sends this body whatever is in it, with the right length and sum
> A 34=1 141=Y      the next message said must be a Logon with these fields (`-43`: without this one)
>                   nothing more was said
send D 11=x         the owner sends
+ 30                seconds pass, every deadline at its own moment
heard 8 D           what the owner was handed since the last time
in 5 / out 3        the next number expected, and our next
ended reason        the session ended, for a reason that holds these words
up / down           whether it stands
cut / connect       the connection breaks, or stands anew
logout / stop       the owner says goodbye
"""

from dataclasses import dataclass, field

from venues.kalshi.fix.clock import sending_time
from venues.kalshi.fix.codec import Field, Message
from venues.kalshi.fix.line import SessionSettings
from venues.kalshi.fix.session import Session
from venues.kalshi.fix.store import MemoryStore, Store

SECOND = 1_000_000_000
EPOCH_MS = 1_790_000_000_000
US, THEM = "us", "KalshiRT"


def wire(kind: str, *fields: tuple[str, str], begin: str = "FIXT.1.1") -> bytes:
    """A frame, put together without the code under test."""
    body = "".join(f"{tag}={value}\x01" for tag, value in (("35", kind), *fields))
    text = f"8={begin}\x019={len(body.encode('latin-1'))}\x01{body}".encode("latin-1")
    return text + f"10={sum(text) % 256:03d}\x01".encode()


def read(data: bytes) -> list[list[tuple[int, str]]]:
    """Frames back into fields, each one's length and sum checked by another hand than the codec's."""
    found = []
    while data:
        fields: list[tuple[int, str]] = []
        used, text = 0, data
        while not fields or fields[-1][0] != 10:
            one, _, text = text.partition(b"\x01")
            used += len(one) + 1
            tag, _, value = one.partition(b"=")
            fields.append((int(tag), value.decode("latin-1")))
        body_at = data.index(b"\x01", data.index(b"\x019=") + 1) + 1
        assert int(fields[1][1]) == used - 7 - body_at, "body length"
        assert int(fields[-1][1]) == sum(data[: used - 7]) % 256, "check sum"
        assert [tag for tag, _ in fields[:3]] == [8, 9, 35], "order of the first fields"
        found.append(fields)
        data = data[used:]
    return found


@dataclass
class Script:
    """One session, its owner and its peer. `settings` are changes of those of an initiator that recovers."""

    settings: dict = field(default_factory=dict)
    refuses: str = ""
    store: Store = field(default_factory=MemoryStore)
    unreadable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        base = {"ours": US, "theirs": (THEM, "Kalshi"), "is_initiator": True, "resets": False, "recovers": True}
        base |= {"repeats": frozenset({"8"})}
        self.ours, self.theirs = (base | self.settings)["ours"], (base | self.settings)["theirs"][0]
        self.now_ns = SECOND
        self.said: list[list[tuple[int, str]]] = []
        self.handed: list[str] = []
        self.reasons: list[str] = []
        self.opened_times = 0
        self.session = Session(SessionSettings(**base | self.settings), self.store, self, wall_ms=self.wall_ms)

    def wall_ms(self) -> int:
        return EPOCH_MS + self.now_ns // 1_000_000

    # --- what the session tells ---

    def logon_fields(self, sent_at: str, seq: int) -> list[Field]:
        return [(95, "3"), (96, "sig")]

    def judge_logon(self, logon: Message, now_ns: int) -> str:
        return self.refuses

    def write(self, data: bytes) -> None:
        self.said += read(data)

    def opened(self, now_ns: int) -> None:
        self.opened_times += 1

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        assert message.number(34) == seq
        self.handed.append(message.type)
        for tag in self.unreadable:
            message.text(int(tag))

    def ended(self, reason: str, now_ns: int) -> None:
        self.reasons.append(reason)

    # --- what the script says ---

    def play(self, text: str) -> None:
        for number, line in enumerate(filter(None, (line.strip() for line in text.splitlines())), 1):
            verb, _, rest = line.partition(" ")
            try:
                getattr(self, VERBS[verb])(rest.strip())
            except AssertionError as error:
                raise AssertionError(f"line {number}: {line}: {error}") from error

    def _peer(self, rest: str) -> None:
        kind, *pairs = rest.split(" ")
        given = [(tag, value) for tag, _, value in (pair.replace("~", " ").partition("=") for pair in pairs)]
        begin = dict(given).get("8", "FIXT.1.1")
        head = {"49": self.theirs, "56": self.ours, "52": sending_time(self.wall_ms())}
        named = dict(given)
        fields = [(tag, value) for tag, value in head.items() if tag not in named]
        fields += [(tag, value) for tag, value in given if tag != "8" and value != "-"]
        self.session.received(wire(kind, *fields, begin=begin), self.now_ns)

    def _bytes(self, rest: str) -> None:
        self.session.received(rest.replace("|", "\x01").encode("latin-1"), self.now_ns)

    def _body(self, rest: str) -> None:
        body = rest.replace("|", "\x01").encode("latin-1")
        text = b"8=FIXT.1.1\x019=%d\x01%b" % (len(body), body)
        self.session.received(text + b"10=%03d\x01" % (sum(text) % 256), self.now_ns)

    def _expect(self, rest: str) -> None:
        if not rest:
            assert not self.said, f"said {self.said}"
            return
        kind, *wanted = rest.split(" ")
        assert self.said, "nothing was said"
        fields = self.said.pop(0)
        assert fields[2] == (35, kind), f"said {fields}"
        for pair in wanted:
            if pair.startswith("-"):
                assert int(pair[1:]) not in dict(fields), f"said {fields}"
            else:
                tag, value = pair.replace("~", " ").split("=", 1)
                assert dict(fields).get(int(tag), "").startswith(value), f"said {fields}"
                assert value or int(tag) in dict(fields), f"said {fields}"

    def _send(self, rest: str) -> None:
        kind, *pairs = rest.split(" ")
        self.session.send(kind, [(int(tag), value) for tag, value in (p.split("=", 1) for p in pairs)], self.now_ns)

    def _pass(self, rest: str) -> None:
        until_ns = self.now_ns + int(float(rest) * SECOND)
        while (due := self.session.next_deadline()) is not None and due <= until_ns:
            self.now_ns = max(self.now_ns, due)
            self.session.on_time(self.now_ns)
        self.now_ns = until_ns

    def _heard(self, rest: str) -> None:
        handed, self.handed = self.handed, []
        assert handed == rest.split(), f"heard {handed}"

    def _in(self, rest: str) -> None:
        assert self.store.next_in == int(rest), f"expects {self.store.next_in}"

    def _out(self, rest: str) -> None:
        assert self.store.next_out == int(rest), f"next is {self.store.next_out}"

    def _ended(self, rest: str) -> None:
        reasons, self.reasons = self.reasons, []
        assert len(reasons) == 1, f"ended for {reasons}"
        assert rest in reasons[0], f"ended for {reasons}"

    def _up(self, rest: str) -> None:
        assert self.session.is_up
        assert not self.reasons, self.reasons

    def _down(self, rest: str) -> None:
        assert not self.session.is_up

    def _cut(self, rest: str) -> None:
        self.session.disconnected()

    def _connect(self, rest: str) -> None:
        self.session.connected(self.now_ns)

    def _logout(self, rest: str) -> None:
        self.session.log_out(rest, self.now_ns)

    def _numbers(self, rest: str) -> None:
        out, into = rest.split()
        self.store.save_out(int(out))
        self.store.save_in(int(into))


VERBS = {
    "<": "_peer",
    "<<": "_bytes",
    "<?": "_body",
    ">": "_expect",
    "send": "_send",
    "+": "_pass",
    "heard": "_heard",
    "in": "_in",
    "out": "_out",
    "ended": "_ended",
    "up": "_up",
    "down": "_down",
    "cut": "_cut",
    "connect": "_connect",
    "logout": "_logout",
    "numbers": "_numbers",
}
