"""The health screen as a form: every question of the version unanswered at the start, its note beside it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from certification.forms.cases import DraftForm
from certification.models import ProcedureCase
from certification.screening import Question
from certification.values import ScreenOutcome, TreatedUnder

NOTE_CHARS = 1000


@dataclass(frozen=True)
class Row:
    """One question with its two fields; ``note`` is None where only the fact is kept."""

    question: Question
    answer: BoundField
    note: BoundField | None


class ScreenForm(DraftForm):
    """Answers, and once there is an outcome what was decided on it.

    The decision is part of the form only when the page that was sent showed it: a page opened before the last
    answer was given must not wipe a decision made since. For the same reason an answer left out keeps its value;
    radio buttons cannot be emptied anyway.
    """

    def __init__(self, *args: Any, case: ProcedureCase, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, case=case, today=today, **kwargs)
        self.case, self.screen = case, case.scheme_version.screen
        for question in self.screen.questions:
            self._ask(question)
        self.outcome = self.screen.outcome(case.answers)
        if self.outcome is not None or case.treated_under:
            self._ask_decision()

    @classmethod
    def initial_of(cls, case: ProcedureCase) -> dict[str, Any]:
        initial = {"treated_under": case.treated_under, "without_clearance": case.without_clearance}
        for key, given in case.answers.items():
            initial |= {key: given.get("value", ""), f"{key}_note": given.get("note", "")}
        return initial

    def _ask(self, question: Question) -> None:
        self.fields[question.key] = forms.ChoiceField(
            label=question.text,
            required=False,
            choices=[(choice.value, choice.label) for choice in question.choices],
            widget=forms.RadioSelect,
            help_text=question.guidance,
        )
        if question.takes_note:
            noted = question.noted_answers
            self.fields[f"{question.key}_note"] = forms.CharField(
                label="Note",
                required=False,
                max_length=NOTE_CHARS,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=(
                    f"Needed with {' or '.join(f'“{each}”' for each in noted)}: at least "
                    f"{self.screen.note_chars} characters."
                )
                if noted
                else "",
            )

    def _ask_decision(self) -> None:
        if self.is_bound and "decides" not in self.data:
            return
        self.fields["treated_under"] = forms.ChoiceField(
            label="What you decided",
            required=False,
            choices=TreatedUnder.choices,
            widget=forms.RadioSelect,
            help_text="Say what you did, as it was. Assessors mark this decision; nothing here corrects it.",
        )
        by_clearance = TreatedUnder.CLEARANCE in (self.case.treated_under, self.data.get("treated_under"))
        if self.outcome == ScreenOutcome.CLEARANCE or self.case.without_clearance or by_clearance:
            self.fields["without_clearance"] = forms.BooleanField(
                label="There was no written clearance",
                required=False,
                help_text="Tick this if the client was treated without one. One that you have goes to the papers.",
            )

    def rows(self) -> Iterator[Row]:
        """The questions in their order, with their fields."""
        for question in self.screen.questions:
            yield Row(question, self[question.key], self[f"{question.key}_note"] if question.takes_note else None)

    @property
    def decision(self) -> list[BoundField]:
        """The fields of the decision; none while there is no outcome."""
        return [self[name] for name in ("treated_under", "without_clearance") if name in self.fields]

    def changes(self) -> dict[str, Any]:
        """Answers as the case keeps them, and the decision if it was asked."""
        sent = self.cleaned_data
        answers = {
            question.key: {
                "value": sent[question.key] or self.case.answers.get(question.key, {}).get("value", ""),
                "note": sent.get(f"{question.key}_note", ""),
            }
            for question in self.screen.questions
        }
        decided = {field.name: sent[field.name] for field in self.decision}
        return {"answers": self.screen.kept(answers), **decided}

    def written(self) -> Iterator[dict[str, Any]]:
        """One row for each question, its note below the answer; then the outcome and the decision."""
        for question in self.screen.questions:
            given = self.case.answers.get(question.key, {})
            choice = question.choice(given.get("value", ""))
            answer = choice.label if choice else "Not answered"
            note = given.get("note", "")
            yield {"term": question.text, "value": f"{answer}\n{note}" if note else answer}
        yield {"term": "Outcome", "value": self.outcome.label if self.outcome else "None yet"}
        case = self.case
        yield {"term": "What you decided", "value": case.get_treated_under_display() or "Not given"}
        if case.without_clearance:
            yield {"term": "Written clearance", "value": "There was none"}
