"""The queue, against what all that waits in it says at once."""

from hypothesis import given
from hypothesis import strategies as st

from consent_desk.delivery.waiting import Queue, Rank
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.policy import LONGEST_AHEAD, is_time

FIRST = Timestamp(10 * LONGEST_AHEAD)
NAMES = [f"name-{number}" for number in range(8)]

times = st.integers(-30, 30).map(lambda steps: Timestamp(FIRST.micros + steps * LONGEST_AHEAD // 10))
moves = st.tuples(st.sampled_from(NAMES), times | st.none(), st.booleans(), times)


def ids(queue: Queue) -> list[str]:
    return [request_id for _, request_id in queue.due]


@given(moves=st.lists(moves, max_size=30))
def test_what_is_due_is_what_each_one_says(
    moves: list[tuple[str, Timestamp | None, bool, Timestamp]],
) -> None:
    queue = Queue()
    waiting: dict[str, tuple[Timestamp, Rank]] = {}
    for number, (name, at, is_opt_in, now) in enumerate(moves):
        if at is None:
            queue.drop(name)
            waiting.pop(name, None)
        else:
            waiting[name] = (at, (is_opt_in, -number, number))
            queue.put(name, *waiting[name])
        queue.tell(now)
        due = sorted((rank, one) for one, (time, rank) in waiting.items() if is_time(time, now))
        assert [*queue.due] == due
        first = min((time for time, _ in waiting.values()), default=None)
        assert queue.next_at == (now if due else first)


def test_very_many_are_due_at_once_in_their_order() -> None:
    queue = Queue()
    for number in range(100):
        queue.put(f"{number}", Timestamp(FIRST.micros + number), (number % 2 == 1, 100 - number, number))
    queue.tell(Timestamp(FIRST.micros + 9))
    assert ids(queue) == ["8", "6", "4", "2", "0", "9", "7", "5", "3", "1"]
    queue.tell(Timestamp(FIRST.micros + 99))
    assert ids(queue) == [*(f"{number}" for number in range(98, -1, -2)), *(f"{n}" for n in range(99, 0, -2))]
