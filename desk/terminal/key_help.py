"""Every key and what it does, as the help and the last line say it."""

from typing import NamedTuple

from desk.terminal.lines import Cell
from desk.terminal.palette import Palette


class KeyHelp(NamedTuple):
    """A key and what it does, as the help and the last line say it."""

    key: str
    does: str
    short: str = ""


KEYS = (
    KeyHelp("1 … 9", "go to a panel; the same number again, or z, fills the screen with it", "panel"),
    KeyHelp("0", "all panels again"),
    KeyHelp("Tab, Shift-Tab", "the next panel, the one before"),
    KeyHelp("↑ ↓ PgUp PgDn Home End", "move in a panel; in Markets the ladder follows"),
    KeyHelp("← →", "the ladder's next outcome, the one before"),
    KeyHelp("[ ]", "the markets before, the next ones, where not all stand here"),
    KeyHelp("Enter", "explain: the story of the order under the cursor", "explain"),
    KeyHelp("/", "filter: only lines with these words, all markets searched; Esc takes it off", "filter"),
    KeyHelp("l", "hide the log and what stands beside it, or show it again"),
    KeyHelp("Space", "freeze the view; trading goes on", "freeze"),
    KeyHelp("p", "pause the strategy under the cursor, or of the order there", "pause"),
    KeyHelp("c", "cancel the order under the cursor, or all at the venue (panels 1, 7)", "cancel"),
    KeyHelp("C", "cancel all orders of all venues", "cancel all"),
    KeyHelp("F", "show what flattening would trade; nothing is sent", "flatten?"),
    KeyHelp("K", "kill levels: choose one and type its word", "KILL"),
    KeyHelp("R", "resume: take a kill level or a pause back, with a reason", "resume"),
    KeyHelp("r", "reconcile now, with the venue under the cursor (panels 1, 7) or all", "recon"),
    KeyHelp("a", "acknowledge the alerts shown", "ack"),
    KeyHelp("t", "dark or light"),
    KeyHelp("?", "this help", "help"),
    KeyHelp("q, Ctrl-C", "leave", "leave"),
)


def help_lines(palette: Palette, leaving: str) -> list[Cell]:
    """The help: every key, what the colours and signs mean, and what leaving does."""
    width = max(len(one.key) for one in KEYS) + 2
    lines: list[Cell] = [((f"{one.key:<{width}}", palette.key), (one.does, palette.paper)) for one in KEYS]
    lines[-1] = ((f"{KEYS[-1].key:<{width}}", palette.key), (leaving, palette.paper))
    lines += [
        (),
        ((" 2.04   85", palette.back), ("  what we can back at; without colours b on the ladder", palette.paper)),
        ((" 2.06  120", palette.lay), ("  what we can lay at; without colours l on the ladder", palette.paper)),
        (
            ("●", palette.ours),
            (" our order stands at this price   ", palette.paper),
            ("○", palette.ours),
            (" elsewhere in this book   ", palette.paper),
            ("?", palette.alarm),
            (" nobody knows whether it stands", palette.paper),
        ),
        (
            ("fair %", palette.fair),
            (" our chance of the outcome; ", palette.paper),
            ("best edge", palette.good),
            (" a taker's gain over it after fees, in points: B back, L lay", palette.paper),
        ),
        (
            (" UNKNOWN ", palette.alarm),
            (" the answer is missing: counted at full risk until the venue is heard", palette.paper),
        ),
    ]
    return lines
