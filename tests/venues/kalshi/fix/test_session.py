"""The session layer by script: logon, order of numbers, gaps, repetitions, resets, rejects, silence, goodbye."""

import pytest

from tests.venues.kalshi.fix.script import Script, wire
from venues.kalshi.fix.clock import sending_time, unix_ms

ON = """
    connect
    > A 34=1 98=0 108=30 1137=9 95=3 96=sig -141
    < A 34=1 108=30 98=0
    up
"""
"""We log on, and the venue answers: its next number is 2, and so is ours."""

ACCEPTED = """
    connect
    >
    < A 34=1 98=0 108=20 1137=9
    > A 34=1 108=20
    up
"""
"""The same from the other side."""

CASES: dict[str, str] = {
    # --- logon ---
    "logon: the initiator speaks first and is up with the answer": ON + "in 2\nout 2",
    "logon: nothing else may come before the answer": "connect\n> A\n< 0 34=1\nended a logon was due, not 0",
    "logon: a logout in place of the answer says why": "connect\n> A\n< 5 34=1 58=already~exists\nended already exists",
    "logon: without an answer the session is given up": "connect\n> A\n+ 11\nended no answer while logging on",
    "logon: the venue's other name is taken": "connect\n> A\n< A 34=1 108=30 49=Kalshi\nup\nsend D 11=x\n> D 56=Kalshi",
    "logon: a stranger's answer is refused": "connect\n> A\n< A 34=1 108=30 49=Other\n> 5\nended from Other",
    "logon: another version is refused": "connect\n> A\n< A 8=FIX.4.4 34=1 108=30\n> 5\nended version FIX.4.4",
    "logon: an answer without a number is refused": "connect\n> A\n< A 108=30\n> 5\nended field 34",
    "logon: an answer with a number too low ends the session": """
        numbers 5 7
        connect
        > A 34=5
        < A 34=3 108=30
        > 5 58=MsgSeqNum~too~low,~expecting~7~but~received~3
        ended MsgSeqNum too low
    """,
    "logon: an answer with a number too high stands, and the gap is asked for": """
        numbers 5 7
        connect
        > A 34=5
        < A 34=9 108=30
        up
        > 2 7=7 16=0
        < 8 34=7 43=Y 122=20260101-00:00:00.000
        < 8 34=8 43=Y 122=20260101-00:00:00.000
        heard 8 8
        in 10
    """,
    "logon: numbers go on where they were": """
        numbers 5 7
        connect
        > A 34=5 -141
        < A 34=7 108=30
        up
        in 8
        out 6
    """,
    "logon: one that resets in mid-session makes both begin anew": ON
    + """
        send D 11=x
        > D 34=2
        < A 34=1 108=30 141=Y
        > A 34=1 141=Y
        up
        in 2
        out 2
    """,
    "logon: a second one without a reset ends the session": ON + "< A 34=2 108=30\n> 5\nended a second logon",
    "logon: one that resets must be the first": ON + "< A 34=2 108=30 141=Y\n> 5\nended has number 1, not 2",
    "logon: after a refusal the next one begins anew": """
        numbers 5 7
        connect
        > A 34=5 -141
        < 5 34=1 58=MsgSeqNum~too~high
        ended MsgSeqNum too high
        connect
        > A 34=1 141=Y
        < A 34=1 108=30 141=Y
        up
    """,
    "logon: bytes that nobody can read before the answer end it unanswered": """
        connect
        > A
        <? 35=A|34=1|108=|
        >
        ended a logon was due
    """,
    # --- the order of numbers ---
    "order: messages are handed on in order": ON + "< 8 34=2\n< 8 34=3\nheard 8 8\nin 4\n>",
    "order: heartbeats are counted and not handed on": ON + "< 0 34=2\nheard\nin 3\n>",
    "order: a number too low ends the session": ON
    + "< 8 34=2\n< 8 34=2\n> 5 58=MsgSeqNum~too~low,~expecting~3~but~received~2\nended too low",
    "order: a repetition of what is known is passed by": ON
    + "< 8 34=2\nheard 8\n< 8 34=2 43=Y 122=20260101-00:00:00.000\nheard\nin 3\n>\nup",
    "order: a repetition of what is due is taken over": ON + "< 8 34=2 43=Y 122=20260101-00:00:00.000\nheard 8\nin 3",
    "order: a message sent again under a new number is handed on": ON + "< 8 34=2 97=Y\nheard 8",
    "order: a message without a number ends the session": ON
    + "< 8 11=x\n> 5 58=8:~field~34~is~missing\nended field 34",
    "order: a number that is none ends the session": ON + "< 8 34=two\n> 5\nended field 34",
    "order: a negative number ends the session": ON + "< 8 34=-2\n> 5\nended field 34",
    # --- gaps ---
    "gap: what is missing is asked for, and the rest waits": ON
    + """
        < 8 34=4
        > 2 7=2 16=0
        heard
        < 8 34=2 43=Y 122=20260101-00:00:00.000
        heard 8
        < 9 34=3 43=Y 122=20260101-00:00:00.000
        heard 9 8
        in 5
        >
    """,
    "gap: it is asked for once": ON + "< 8 34=4\n> 2 7=2\n< 8 34=5\n< 8 34=6\n>\nup",
    "gap: a fill closes it": ON
    + "< 8 34=5\n> 2 7=2\n< 4 34=2 43=Y 122=20260101-00:00:00.000 123=Y 36=5\nheard 8\nin 6",
    "gap: a fill past what waits passes it by": ON
    + "< 8 34=4\n> 2\n< 4 34=2 123=Y 36=6\nheard\nin 6\n< 8 34=6\nheard 8",
    "gap: repetitions and fills mixed": ON
    + """
        < 8 34=6
        > 2 7=2
        < 4 34=2 43=Y 123=Y 36=4
        < 8 34=4 43=Y 122=20260101-00:00:00.000
        < 4 34=5 43=Y 123=Y 36=6
        heard 8 8
        in 7
    """,
    "gap: a second one is asked for after the first is closed": ON
    + """
        < 8 34=3
        > 2 7=2
        < 8 34=2 43=Y 122=20260101-00:00:00.000
        heard 8 8
        < 8 34=6
        > 2 7=4
    """,
    "gap: what fills it twice changes nothing": ON
    + """
        < 8 34=3
        > 2
        < 8 34=2 43=Y 122=20260101-00:00:00.000
        < 8 34=3 43=Y 122=20260101-00:00:00.000
        heard 8 8
        in 4
        up
    """,
    "gap: one that is never filled ends the session, and the next begins anew": ON
    + """
        < 8 34=4
        > 2
        + 20
        < 0 34=5
        + 11
        > 5 58=a~gap
        ended a gap was not filled
        connect
        > A 34=1 141=Y
    """,
    "gap: a logout behind it is heard at once": ON + "< 5 34=9 58=bye\n> 5\nended logged out: bye",
    "gap: a request behind it is answered at once, and counted in its turn": ON
    + """
        send D 11=x
        > D 34=2
        < 2 34=3 7=2 16=0
        > 4 34=2 123=Y 36=3 43=Y
        > 2 7=2 16=0
        < 0 34=2 43=Y 122=20260101-00:00:00.000
        in 4
        >
    """,
    # --- repeating ---
    "repeat: an order is never sent again": ON
    + "send D 11=x\n> D 34=2\n< 2 34=2 7=2 16=0\n> 4 34=2 43=Y 122= 123=Y 36=3\n>",
    "repeat: reports are, each marked and with its first time": ON
    + """
        send 8 11=x
        > 8 34=2 -43
        send 8 11=y
        > 8 34=3
        + 1
        < 2 34=2 7=2 16=0
        > 8 34=2 43=Y 122=20260921 11=x
        > 8 34=3 43=Y 122=20260921 11=y
        >
        out 4
    """,
    "repeat: what lies between reports is filled": ON
    + """
        send 8 11=x
        > 8 34=2
        send D 11=o
        > D 34=3
        send 8 11=y
        > 8 34=4
        < 2 34=2 7=1 16=0
        > 4 34=1 123=Y 36=2
        > 8 34=2 43=Y
        > 4 34=3 123=Y 36=4
        > 8 34=4 43=Y
        >
    """,
    "repeat: no more than was asked for": ON
    + """
        send 8 11=x
        > 8
        send 8 11=y
        > 8
        < 2 34=2 7=2 16=2
        > 8 34=2 43=Y 11=x
        >
    """,
    "repeat: an end beyond what was said is the last number": ON
    + "send 8 11=x\n> 8\n< 2 34=2 7=2 16=99\n> 8 34=2 43=Y\n>",
    "repeat: a beginning beyond what was said is nothing": ON + "< 2 34=2 7=50 16=0\n>\nup",
    "repeat: a request without its bounds is rejected": ON + "< 2 34=2 7=1\n> 3 45=2 371=16 372=2 373=1\nin 3\nup",
    "repeat: a request with a bound that is no number is rejected": ON + "< 2 34=2 7=x 16=0\n> 3 45=2 371=7 373=6\nup",
    "repeat: the logon is filled, not repeated": ON + "< 2 34=2 7=1 16=0\n> 4 34=1 123=Y 36=2\n>",
    # --- sequence reset ---
    "reset: a fill in order leads on": ON + "< 4 34=2 123=Y 36=20\nin 20\n>\nup",
    "reset: a fill that leads back is rejected": ON + "< 4 34=2 123=Y 36=2\n> 3 45=2 371=36 373=5\nin 3\nup",
    "reset: a fill with a number too low ends the session": ON + "< 8 34=2\n< 4 34=2 123=Y 36=9\n> 5\nended too low",
    "reset: a fill with a number too high is a gap": ON + "< 4 34=5 123=Y 36=9\n> 2 7=2\nin 2",
    "reset: one without a fill leads on whatever its number": ON + "< 4 34=99 36=20\nin 20\n>\nup",
    "reset: one without a fill and a low number leads on too": ON + "< 8 34=2\n< 4 34=1 36=20\nin 20\nup",
    "reset: one to where we are changes nothing": ON + "< 4 34=2 123=N 36=2\nin 2\n>\nup",
    "reset: one that leads back is rejected and changes nothing": ON
    + "< 8 34=2\n< 8 34=3\n< 4 34=1 36=2\n> 3 371=36 373=5\nin 4\nup",
    "reset: one without its number is rejected": ON + "< 4 34=2\n> 3 45=2 371=36 373=1\nup",
    "reset: one drops what waited behind a gap": ON + "< 8 34=4\n> 2\n< 4 34=5 36=10\nheard\nin 10\n< 8 34=10\nheard 8",
    # --- heartbeats ---
    "alive: we speak once in every heartbeat": ON + "+ 29\n>\n+ 2\n> 0 34=2 -112\n< 0 34=2\n+ 30\n> 0 34=3",
    "alive: what we say anyway puts the heartbeat off": ON + "+ 20\nsend D 11=x\n> D\n< 0 34=2\n+ 15\n>\n+ 16\n> 0",
    "alive: a question is answered with its word": ON + "< 1 34=2 112=are~you\n> 0 112=are~you\nin 3",
    "alive: a question without its word is rejected": ON + "< 1 34=2\n> 3 45=2 371=112 373=1\nin 3\nup",
    "alive: a silent peer is asked, then given up": ON + "+ 37\n> 0\n> 1 112=alive-1\nup\n+ 30\n>\nended silent",
    "alive: any sign of life will do": ON + "+ 37\n> 0\n> 1\n< 8 34=2\n+ 20\nup\n< 0 34=3\n+ 20\nup",
    # --- goodbye ---
    "logout: it is answered, and the session is over": ON
    + "< 5 34=2 58=maintenance\n> 5\nended logged out: maintenance",
    "logout: ours waits for theirs": ON + "logout done\n> 5 58=done\n< 8 34=2\nheard 8\n< 5 34=3\n>\nended logged out",
    "logout: ours does not wait for long": ON + "logout\n> 5 -58\n+ 3\nended no answer while leaving",
    "logout: after it nothing is heard": ON + "< 5 34=2\n> 5\nended logged out\n< 8 34=3\nheard\n>",
    "cut: a connection that comes back goes on with the numbers": ON
    + """
        < 8 34=2
        heard 8
        cut
        down
        connect
        > A 34=2
        < A 34=5 108=30
        > 2 7=3 16=0
    """,
    "cut: what waited behind a gap is not taken over on the next connection": ON
    + "< 8 34=4\n> 2\ncut\nconnect\n> A\n< A 34=5 108=30\n> 2 7=2\nheard",
    # --- what cannot be taken ---
    "fault: an empty field is rejected, and the session goes on": ON
    + "<? 35=8|49=KalshiRT|56=us|34=2|52=20260921|11=|58=x|\n> 3 45=2 371=11 372=8 373=4\nin 3\nup",
    "fault: a field without a number is rejected": ON
    + "<? 35=8|49=KalshiRT|56=us|34=2|x=1|58=x|\n> 3 45=2 373=0\nin 3\nup",
    "fault: a message without its time is rejected": ON + "< 8 34=2 52=-\n> 3 45=2 371=52 372=8 373=1\nheard\nin 3\nup",
    "fault: a time that is none is rejected": ON + "< 8 34=2 52=yesterday\n> 3 45=2 371=52 373=6\nin 3\nup",
    "fault: a message of another time ends the session": ON
    + "< 8 34=2 52=20200101-00:00:00.000\n> 3 45=2 371=52 373=10\n> 5\nended sent at 2020",
    "fault: another sender ends the session": ON + "< 8 34=2 49=Other\n> 3 45=2 373=9\n> 5\nended from Other",
    "fault: another target ends the session": ON + "< 8 34=2 56=you\n> 3 373=9\n> 5\nended to you",
    "fault: another version ends the session": ON + "< 8 8=FIX.4.2 34=2\n> 5\nended version FIX.4.2",
    "fault: a repetition without its first time is rejected": ON + "< 8 34=2 43=Y\n> 3 45=2 371=122 373=1\nup",
    "fault: a repetition from the future ends the session": ON
    + "< 8 34=2 43=Y 122=20990101-00:00:00.000\n> 3 371=122 373=10\n> 5\nended first sent",
    "fault: a reject of theirs is handed on": ON + "< 3 34=2 45=1 373=5\nheard 3\nin 3",
    "fault: one garbled frame never happened": ON + "<< 8=FIXT.1.1|9=5|35=0|10=000|\n>\n< 8 34=2\nheard 8\nup",
    "fault: a garbled frame shows as a gap": ON + "<< 8=FIXT.1.1|9=5|35=8|10=000|\n< 8 34=3\n> 2 7=2 16=0",
    "fault: three garbled frames in a row end the session": ON
    + "<< 8=FIXT.1.1|9=5|35=0|10=000|8=FIXT.1.1|9=5|35=0|10=000|\nup\n"
    + "<< 8=FIXT.1.1|9=5|35=0|10=000|\n>\nended not the peer",
    "fault: junk between frames is passed over": ON + "<< hello\n< 8 34=2\nheard 8\nup",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_the_initiator_keeps_to_the_script(text: str) -> None:
    Script().play(text)


RESETTING = {"resets": True, "recovers": False}
ANEW = """
    connect
    > A 34=1 141=Y
    < A 34=1 108=30 141=Y
    up
"""

RESETTING_CASES = {
    "each connection begins at 1": ANEW + "send D 11=x\n> D 34=2\n< 8 34=2\ncut\nconnect\n> A 34=1 141=Y\nin 1",
    "an answer without the flag is taken if it begins at 1": "connect\n> A 141=Y\n< A 34=1 108=30\nup\nin 2",
    "an answer that does not begin at 1 is refused": "connect\n> A\n< A 34=4 108=30\n> 5\nended number 4",
    "a gap ends the session, for nothing is repeated": ANEW + "< 8 34=4\n> 5\nended nothing is repeated here\nheard",
    "a request to repeat is filled": ANEW + "send D 11=x\n> D\n< 2 34=2 7=1 16=0\n> 4 34=1 36=3\n>",
}


FRESH = {"fresh_ms": 5_000}

FRESH_CASES = {
    "an order of this moment is said again under its own number": ON
    + "send D 11=x\n> D 34=2\n< 2 34=2 7=2 16=0\n> D 34=2 43=Y 122= 11=x\n>\nout 3",
    "one behind a gap of ours is not passed by": """
        numbers 5 3
        connect
        > A 34=5
        < A 34=3 108=30
        send D 11=x
        > D 34=6
        < 2 34=4 7=2 16=0
        > 4 34=2 123=Y 36=6
        > D 34=6 43=Y 11=x
        >
    """,
    "one that was said long ago is filled": ON
    + "send D 11=x\n> D 34=2\n+ 6\n< 2 34=2 7=2 16=0\n> 4 34=2 123=Y 36=3\n>",
    "one of the last connection is filled": ON
    + "send D 11=x\n> D 34=2\ncut\nconnect\n> A 34=3\n< A 34=2 108=30\n< 2 34=3 7=2 16=0\n> 4 34=2 123=Y 36=4\n>",
    "heartbeats are filled": ON + "+ 31\n> 0 34=2\n< 2 34=2 7=2 16=0\n> 4 34=2 123=Y 36=3\n>",
}


@pytest.mark.parametrize("text", FRESH_CASES.values(), ids=FRESH_CASES)
def test_what_is_fresh_is_said_again_once(text: str) -> None:
    Script(FRESH).play(text)


@pytest.mark.parametrize("text", RESETTING_CASES.values(), ids=RESETTING_CASES)
def test_a_session_without_memory_keeps_to_the_script(text: str) -> None:
    Script(RESETTING).play(text)


ACCEPTING = {"ours": "KalshiRT", "theirs": ("us",), "is_initiator": False}

ACCEPTING_CASES = {
    "it answers a logon with the peer's own heartbeat": ACCEPTED + "+ 21\n> 0",
    "it says nothing before the logon": "connect\n+ 5\n>\n+ 6\n>\nended no answer while logging on",
    "whoever begins otherwise is cut off unanswered": "connect\n< 0 34=1\n>\nended a logon was due, not 0",
    "a stranger is refused": "connect\n< A 34=1 108=30 49=Other\n> 5\nended from Other",
    "a logon at another time is refused": "connect\n< A 34=1 108=30 52=20200101-00:00:00.000\n> 5\nended sent at",
    "a logon that resets is answered with a reset": (
        "numbers 9 9\nconnect\n< A 34=1 108=30 141=Y\n> A 34=1 141=Y\nin 2\nout 2"
    ),
    "a logon with a number too high is answered, and the gap asked for": (
        "numbers 4 4\nconnect\n< A 34=6 108=30\n> A 34=4\n> 2 7=4 16=0\n< 4 34=4 123=Y 43=Y 36=7\nin 7\nup"
    ),
    "a logon with a number too low is refused": "numbers 4 4\nconnect\n< A 34=2 108=30\n> 5 34=4\nended too low",
    "a logon without a heartbeat is refused": "connect\n< A 34=1\n> 5\nended field 108",
    "what was said on the last connection can be asked for": ACCEPTED
    + """
        send 8 11=x
        > 8 34=2 56=us
        cut
        connect
        < A 34=2 108=20
        > A 34=3
        < 2 34=3 7=2 16=0
        > 8 34=2 43=Y 11=x
        > 4 34=3 123=Y 36=4
    """,
    "a field that the owner misses is rejected by its number": ACCEPTED
    + "< D 34=2 11=x\n> 3 45=2 371=55 372=D 373=1\nup",
}


@pytest.mark.parametrize("text", ACCEPTING_CASES.values(), ids=ACCEPTING_CASES)
def test_the_acceptor_keeps_to_the_script(text: str) -> None:
    Script(ACCEPTING, unreadable=("55",)).play(text)


def test_a_logon_that_the_owner_refuses_is_answered_with_the_reason() -> None:
    Script(ACCEPTING, refuses="not today").play("connect\n< A 34=1 108=30\n> 5 58=not~today\nended not today")


def test_there_are_as_many_cases_as_were_promised() -> None:
    assert sum(map(len, (CASES, RESETTING_CASES, FRESH_CASES, ACCEPTING_CASES))) > 100


def test_a_session_hears_the_same_whatever_the_slices() -> None:
    for size in (1, 2, 7, 1_000):
        script = Script()
        script.play("connect\n> A")
        now = sending_time(script.wall_ms())
        head = (("49", "KalshiRT"), ("56", "us"), ("52", now))
        data = (
            wire("A", *head, ("34", "1"), ("108", "30")) + wire("8", *head, ("34", "2")) + wire("9", *head, ("34", "3"))
        )
        for at in range(0, len(data), size):
            script.session.received(data[at : at + size], script.now_ns)
        script.play("heard 8 9\nin 4\nup")


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("19700101-00:00:00.000", 0),
        ("20230809-05:28:18.035", 1_691_558_898_035),
        ("20230809-05:28:18", 1_691_558_898_000),
        ("20230809-05:28:18.035999", 1_691_558_898_035),
        ("20161231-23:59:60", 1_483_228_800_000),
        ("20230229-00:00:00", None),
        ("20230809 05:28:18", None),
        ("", None),
        ("20230809-05:28:61", None),
    ],
)
def test_times_are_read_to_the_millisecond(text: str, ms: int | None) -> None:
    assert unix_ms(text) == ms
    if ms is not None and len(text) == 21:
        assert sending_time(ms) == text
