"""Which of many lines are in sight, and which of them the cursor is on."""

from collections.abc import Sequence

from desk.terminal.lines import Line


class Scroll:
    """A window of `room` lines over `lines` from `top` on; the cursor stays on a thing as lines come and go."""

    def __init__(self) -> None:
        self.lines: Sequence[Line] = ()
        self.top = 0
        self.room = 0
        self.chosen = ""

    def put(self, lines: Sequence[Line]) -> list[int] | None:
        """Take new lines; the places in the window that changed, None when all of it did."""
        before, top = self.lines, self.top
        self.lines = lines
        if not any(line.id and line.id == self.chosen for line in lines):
            self.chosen = next((line.id for line in lines if line.id), "")
        self._clamp()
        if len(before) != len(lines) or top != self.top:
            return None
        seen = range(self.top, min(len(lines), self.top + self.room))
        return [number - self.top for number in seen if before[number] != lines[number]]

    def choose(self, name: str) -> bool:
        """Put the cursor on a thing and bring it in sight; whether it was elsewhere before."""
        at = next((n for n, line in enumerate(self.lines) if line.id and line.id == name), None)
        if at is None or name == self.chosen:
            return False
        self.chosen = name
        if self.room:
            heads = sum(1 for _ in self._heads(at))
            self.top = min(max(self.top, at - self.room + 1), at - heads)
        self._clamp()
        return True

    def step(self, by: int) -> str:
        """The thing that many things further on, the last or first one at the ends; "" if there is none."""
        names = [line.id for line in self.lines if line.id]
        if not names:
            return ""
        at = names.index(self.chosen) if self.chosen in names else 0
        return names[max(0, min(len(names) - 1, at + by))]

    def shift(self, by: int) -> None:
        """Move the window, not the cursor."""
        self.top += by
        self._clamp()

    def centre(self, number: int) -> None:
        """Bring a line into the middle of the window and the cursor on it."""
        self.chosen = self.lines[number].id
        self.top = number - self.room // 2
        self._clamp()

    def resize(self, room: int) -> None:
        """The window has this many lines now."""
        self.room = max(0, room)
        self._clamp()

    def place(self) -> str:
        """Which of the lines are in sight; "" when all are."""
        if len(self.lines) <= self.room or not self.room:
            return ""
        return f"{self.top + 1}-{min(len(self.lines), self.top + self.room)}/{len(self.lines)}"

    def _heads(self, at: int) -> Sequence[Line]:
        """The lines above a thing that only head it: they come in sight with it."""
        above = at
        while above > 0 and not self.lines[above - 1].id and at - above < self.room - 1:
            above -= 1
        return self.lines[above:at]

    def _clamp(self) -> None:
        self.top = max(0, min(self.top, len(self.lines) - self.room))
