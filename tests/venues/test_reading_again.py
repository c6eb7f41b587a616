"""A read that is asked once more: which answer counts, and when it is over."""

from collections.abc import Callable

from venues.reading_again import read_again

LOST = "lost"
REFUSED = "refused"


class Far:
    """Whom the read is put to, and who waits for its answer."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.asked: list[tuple[int, int]] = []
        self.answer: list[Callable[[str], None]] = []
        self.heard: list[str] = []
        read_again(self._read, self.heard.append, 0, hasty_ms=25, patience_ms=100, lost_ns=self._lost_ns)

    def _read(self, heard: Callable[[str], None], at_ns: int, answer_ms: int) -> None:
        self.asked.append((at_ns, answer_ms))
        self.answer.append(heard)

    def _lost_ns(self, answer: str) -> int | None:
        return self.now_ns if answer == LOST else None


def test_a_good_answer_to_the_first_read_is_all() -> None:
    far = Far()
    far.answer[0]("good")
    assert (far.heard, far.asked) == (["good"], [(0, 25)])


def test_a_lost_answer_is_asked_for_once_more_with_all_of_the_patience() -> None:
    far = Far()
    far.now_ns = 7
    far.answer[0](LOST)
    assert (far.heard, far.asked) == ([], [(0, 25), (7, 100)])
    far.answer[1]("good")
    assert far.heard == ["good"]


def test_the_second_loss_is_the_answer() -> None:
    far = Far()
    far.answer[0](LOST)
    far.answer[1](LOST)
    assert (far.heard, len(far.asked)) == ([LOST], 2)


def test_a_refusal_is_an_answer() -> None:
    far = Far()
    far.answer[0](REFUSED)
    assert (far.heard, len(far.asked)) == ([REFUSED], 1)


def test_a_late_answer_to_the_first_read_counts_and_the_second_is_not_heard_any_more() -> None:
    far = Far()
    far.answer[0](LOST)
    far.answer[0]("late")
    far.answer[1]("good")
    assert far.heard == ["late"]


def test_a_late_answer_that_is_none_says_nothing_about_the_second_read() -> None:
    far = Far()
    far.answer[0](LOST)
    far.answer[0](LOST)
    assert (far.heard, len(far.asked)) == ([], 2)
    far.answer[1]("good")
    assert far.heard == ["good"]
