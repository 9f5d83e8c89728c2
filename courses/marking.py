"""How an exam is marked. Pure.

One point per question; a question with several answers counts only when exactly the right set is picked; no
points are taken off (scheme.json, exam.marking).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answered:
    """A question as it was answered: option keys picked and right."""

    picked: frozenset[str]
    correct: frozenset[str]

    @property
    def right(self) -> bool:
        return self.picked == self.correct


@dataclass(frozen=True)
class Mark:
    """Points, out of how many, and whether they reach the pass mark."""

    points: int
    of: int
    passed: bool


def mark(answers: Iterable[Answered], *, pass_mark: int) -> Mark:
    """The mark of a whole attempt; unanswered questions earn nothing."""
    rights = [answer.right for answer in answers]
    return Mark(points=sum(rights), of=len(rights), passed=sum(rights) >= pass_mark)


def by_topic(rights: Iterable[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    """``(topic, right)`` pairs → topic: (points, questions), in order of first appearance."""
    table: dict[str, tuple[int, int]] = {}
    for topic, right in rights:
        points, of = table.get(topic, (0, 0))
        table[topic] = (points + right, of + 1)
    return table


def is_possible(picked: Collection[str], *, options: Collection[str], several: bool) -> bool:
    """Whether a form could have sent this: known options, and one at most where one is asked."""
    return set(picked) <= set(options) and (several or len(picked) <= 1)
