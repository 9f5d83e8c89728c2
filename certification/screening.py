"""The health screen: its questions, and the outcome of a client's answers. Pure.

The worst answer wins. A practitioner may decide otherwise: what they decided is recorded beside the outcome,
and assessors mark it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certification.values import ScreenOutcome

ADVICE = {
    ScreenOutcome.CLEAR: "No answer speaks against the treatment as planned.",
    ScreenOutcome.ADAPT: "The plan must allow for what was answered. Say how in the plan.",
    ScreenOutcome.CLEARANCE: (
        "A doctor's written clearance, dated before the first pigment, is needed before the treatment."
    ),
    ScreenOutcome.POSTPONE: "The treatment must wait until the reason has passed.",
    ScreenOutcome.DECLINE: "This client must not be treated.",
}
"""What each outcome asks of the practitioner, in a sentence."""

Answers = Mapping[str, Mapping[str, str]]
"""``{question: {"value": …, "note": …}}``, as a case keeps them."""


@dataclass(frozen=True)
class Choice:
    """One possible answer. ``outcome`` is what it leads to by itself."""

    value: str
    label: str
    outcome: ScreenOutcome
    needs_note: bool


@dataclass(frozen=True)
class Question:
    """One question. ``fact_only``: only that it was asked is kept, never what the client said."""

    key: str
    text: str
    guidance: str
    choices: Sequence[Choice]
    fact_only: bool

    @property
    def takes_note(self) -> bool:
        return not self.fact_only

    @property
    def noted_answers(self) -> list[str]:
        """Labels of the answers that need a note."""
        return [choice.label for choice in self.choices if choice.needs_note]

    def choice(self, value: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True)
class Screen:
    """The questions of a scheme version."""

    questions: Sequence[Question]
    note_chars: int
    """How many characters a note needs at least."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Screen:
        """Read ``screen_questions.json``."""
        return cls(
            questions=[
                Question(
                    key=row["key"],
                    text=row["text"],
                    guidance=row["guidance"],
                    choices=[
                        Choice(each["value"], each["label"], ScreenOutcome(each["outcome"]), each["needs_note"])
                        for each in row["answers"]
                    ],
                    fact_only=row.get("store") == "fact_only",
                )
                for row in data["questions"]
            ],
            note_chars=data["note_min_chars"],
        )

    def outcome(self, answers: Answers) -> ScreenOutcome | None:
        """The worst outcome of all answers; None while a question is unanswered."""
        found = [question.choice(answers.get(question.key, {}).get("value", "")) for question in self.questions]
        if any(choice is None for choice in found):
            return None
        return max((choice.outcome for choice in found if choice), key=lambda outcome: outcome.rank)

    def deciding(self, answers: Answers) -> list[Question]:
        """The questions whose answers lead to the outcome; none while one is unanswered, or when all is clear."""
        outcome = self.outcome(answers)
        if outcome in (None, ScreenOutcome.CLEAR):
            return []
        given = [(question, question.choice(answers[question.key]["value"])) for question in self.questions]
        return [question for question, choice in given if choice and choice.outcome == outcome]

    def kept(self, answers: Answers) -> dict[str, dict[str, str]]:
        """What may be stored of ``answers``: known questions, known answers, and no note to a fact.

        Of a question that keeps only the fact that it was asked, nothing else survives, whatever was sent.
        """
        found = {}
        for question in self.questions:
            given = answers.get(question.key, {})
            value = given.get("value", "")
            kept = {
                "value": value if question.choice(value) else "",
                "note": given.get("note", "").strip() if question.takes_note else "",
            }
            if any(kept.values()):
                found[question.key] = kept
        return found

    def missing(self, answers: Answers) -> list[str]:
        """One sentence for each question without an answer, or whose answer lacks its note."""
        sentences = []
        for question in self.questions:
            given = answers.get(question.key, {})
            choice = question.choice(given.get("value", ""))
            if choice is None:
                sentences.append(f"Answer “{question.text}”")
            elif choice.needs_note and len(given.get("note", "").strip()) < self.note_chars:
                sentences.append(f"Add a note of at least {self.note_chars} characters to “{question.text}”")
        return sentences
