"""Forms of the office of training."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Q

from courses.models import CoursePage, Enrolment, ModulePage, QuestionVersion
from courses.questions import LEAST_OPTIONS, MOST_OPTIONS, Option, Wording
from training_site.accounts.models import User
from training_site.accounts.roles import Role


def _reason(example: str) -> forms.CharField:
    return forms.CharField(
        label="Reason",
        max_length=500,
        help_text=f"Kept in the history, for example “{example}”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _day(label: str, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


def _modules() -> list[tuple[str, Any]]:
    """Modules by course, as choices: ``course-key:M5``."""
    courses = list(CoursePage.objects.order_by("path"))
    modules = list(ModulePage.objects.order_by("path"))
    return [
        (
            course.title,
            [(f"{course.key}:{m.code}", f"{m.code} {m.title}") for m in modules if m.is_child_of(course)],
        )
        for course in courses
    ]


def _split(value: str) -> tuple[str, str]:
    course_key, _, module_code = value.partition(":")
    return course_key, module_code


class ModuleField(forms.TypedChoiceField):
    """A module of a course; cleaned to (course key, module code), or None."""

    def __init__(self, *, any_label: str, **kwargs: Any) -> None:
        super().__init__(choices=lambda: [("", any_label), *_modules()], coerce=_split, empty_value=None, **kwargs)


class ReleaseForm(forms.Form):
    notes = forms.CharField(
        label="What is new",
        max_length=2000,
        help_text="One or two sentences for trainees and colleagues.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class QuestionFilter(forms.Form):
    """What the list of questions shows. Unknown values show everything."""

    USE = (("", "In use or retired"), ("active", "In use"), ("retired", "Retired"))
    REVIEW = (("", "Reviewed or not"), ("awaiting", "Awaiting review"), ("reviewed", "Reviewed"))

    q = forms.CharField(label="Key or words", required=False, widget=forms.SearchInput)
    module = ModuleField(label="Module", any_label="Any module", required=False)
    use = forms.ChoiceField(label="Use", choices=USE, required=False)
    review = forms.ChoiceField(label="Review", choices=REVIEW, required=False)

    def wanted(self) -> Q:
        """The conditions of ``use`` and ``review``; what awaits review is in use and unreviewed."""
        wanted = Q()
        if self.cleaned_data["use"]:
            wanted &= Q(retired_at__isnull=self.cleaned_data["use"] == "active")
        if self.cleaned_data["review"] == "awaiting":
            wanted &= Q(reviewed_by="", retired_at=None)
        if self.cleaned_data["review"] == "reviewed":
            wanted &= ~Q(reviewed_by="")
        return wanted


class QuestionReasonForm(forms.Form):
    reason = _reason("The law changed on 1 May 2026")


class ReviewForm(forms.Form):
    reviewed_by = forms.CharField(label="Expert", max_length=120)
    reviewed_on = _day("Reviewed on")


class WordingForm(forms.Form):
    """A version of a question. Options left empty do not count."""

    kind = forms.ChoiceField(label="Kind", choices=QuestionVersion.Kind.choices)
    difficulty = forms.ChoiceField(label="Difficulty", choices=QuestionVersion.Difficulty.choices)
    text = forms.CharField(
        label="Question",
        max_length=1000,
        help_text="With several answers, say how many are right: “Which two …”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    explanation = forms.CharField(
        label="Explanation",
        max_length=2000,
        help_text="Shown after an attempt has ended.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    section = forms.CharField(label="Section of the handbook", max_length=20, required=False)
    refs = forms.CharField(
        label="Sources", max_length=200, required=False, help_text="Separated by commas, for example “S25, S42”."
    )
    reason = _reason("Two experts found the old wording unclear")

    before_options: ClassVar[tuple[str, ...]] = ("kind", "difficulty", "text")
    after_options: ClassVar[tuple[str, ...]] = ("explanation", "section", "refs", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_OPTIONS + 1):
            self.fields[f"option_{number}"] = forms.CharField(
                label=f"Option {number}", max_length=300, required=number <= LEAST_OPTIONS
            )
            self.fields[f"right_{number}"] = forms.BooleanField(label=f"Option {number} is right", required=False)

    @staticmethod
    def initial_of(wording: Wording) -> dict[str, Any]:
        """What the form shows for a wording."""
        options: dict[str, Any] = {}
        for number, option in enumerate(wording.options, start=1):
            options |= {f"option_{number}": option.text, f"right_{number}": option.right}
        return {
            "kind": wording.kind,
            "difficulty": wording.difficulty,
            "text": wording.text,
            "explanation": wording.explanation,
            "section": wording.source.get("section", ""),
            "refs": ", ".join(wording.source.get("refs", [])),
            **options,
        }

    def wording(self) -> Wording:
        """What was typed; call it on a valid form."""
        typed = self.cleaned_data
        rows = [
            Option(typed[f"option_{number}"], typed[f"right_{number}"]) for number in range(1, MOST_OPTIONS + 1)
        ]
        return Wording(
            kind=typed["kind"],
            difficulty=typed["difficulty"],
            text=typed["text"],
            options=[option for option in rows if option.text or option.right],
            explanation=typed["explanation"],
            source={
                "section": typed["section"],
                "refs": [ref.strip() for ref in typed["refs"].split(",") if ref.strip()],
            },
        )

    def fields_before_options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.before_options]

    def fields_after_options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.after_options]

    def option_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """(text, tick) of each option."""
        return [(self[f"option_{number}"], self[f"right_{number}"]) for number in range(1, MOST_OPTIONS + 1)]


class QuestionForm(WordingForm):
    """A new question."""

    key = forms.SlugField(
        label="Key", max_length=30, help_text="For example “m5-q07”. Never shown to trainees, never used again."
    )
    module = ModuleField(label="Module", any_label="Choose a module")
    topic = forms.CharField(label="Topic", max_length=60, help_text="Results are told by topic.")

    before_options: ClassVar[tuple[str, ...]] = ("key", "module", "topic", *WordingForm.before_options)


class EnrolmentFilter(forms.Form):
    """What the list of enrolments shows. Unknown values show everything."""

    WAITING = (
        ("", "Everybody"),
        ("trainer", "Active without a trainer"),
        ("attempts", "Exam attempts used up"),
    )

    q = forms.CharField(label="Name or address", required=False, widget=forms.SearchInput)
    state = forms.ChoiceField(label="State", choices=[("", "Any state"), *Enrolment.State.choices], required=False)
    course = forms.ModelChoiceField(
        label="Course",
        queryset=CoursePage.objects.order_by("path"),
        to_field_name="key",
        empty_label="Any course",
        required=False,
    )
    waiting = forms.ChoiceField(label="Waiting", choices=WAITING, required=False)


class TraineeField(forms.EmailField):
    """The address of somebody with an account and the role trainee; cleaned to that person."""

    def clean(self, value: Any) -> Any:
        address = super().clean(value)
        trainee = User.objects.holding(Role.TRAINEE).filter(email__iexact=address).first()
        if trainee is None:
            raise forms.ValidationError("No trainee has an account with this address. Ask them to sign up first.")
        return trainee


class CourseInvitationForm(forms.Form):
    trainee = TraineeField(label="E-mail address of the trainee", max_length=254)
    course = forms.ModelChoiceField(
        label="Course", queryset=CoursePage.objects.order_by("path"), to_field_name="key"
    )
    reason = _reason("Cohort of autumn 2026")


class EnrolmentReasonForm(forms.Form):
    reason = _reason("On parental leave until 1 March 2027")


class FurtherAttemptsForm(forms.Form):
    attempts = forms.IntegerField(label="Further attempts", min_value=1, max_value=10, initial=3)
    talk_note = forms.CharField(
        label="What was agreed with the trainer",
        max_length=2000,
        help_text="When you talked, with whom, and what the trainee will do first.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RelationFilter(forms.Form):
    """Which relations of trainers and trainees are shown. Unknown values show the current ones."""

    WHICH = (("", "Current"), ("ended", "Ended"))

    q = forms.CharField(label="Name or address", required=False, widget=forms.SearchInput)
    which = forms.ChoiceField(label="Which", choices=WHICH, required=False)


class BeginTrainingForm(forms.Form):
    trainee = TraineeField(label="E-mail address of the trainee", max_length=254)
    trainer = forms.ModelChoiceField(label="Trainer", queryset=User.objects.none(), empty_label="Choose a trainer")
    started_on = _day("First day", "From this day on the trainer signs off practice, and may not assess later.")
    reason = _reason("Agreed on 3 May 2026")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        trainers = self.fields["trainer"]
        assert isinstance(trainers, forms.ModelChoiceField)
        trainers.queryset = User.objects.holding(Role.TRAINER).order_by("legal_name", "pk")


class EndTrainingForm(forms.Form):
    ended_on = _day("Last day", "The trainer signs off practice until this day, included.")
    reason = _reason("Moved to another studio")
