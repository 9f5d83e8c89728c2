"""The light table of a case: its places, its photographs, and what is still missing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from certification import cases, photographing
from certification.cases import Part
from certification.errors import CaseRefused, PhotoNotTaken
from certification.evidence import EvidenceRules, Place, Slot, last_session
from certification.forms.photos import PhotosForm, PlaceForm
from certification.models import ManifestPhoto, Photo, ProcedureCase, Submission
from certification.photographing import Taken
from certification.readiness import scope_of
from certification.values import HEALED_STAGES, PhotoStage
from certification.views.own import own_case
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import in_words
from training_site.common.forms import refusals_on

NEEDS = {"scale": "A scale (ruler) in the picture", "guide_marks": "The drawn guide marks visible"}
OTHERS = "others"
"""Name of the place outside the slots."""


@dataclass
class Shown:
    """A photograph as the table shows it. ``remark`` says why it does not count, if so."""

    photo: Photo
    is_covered: bool
    remark: str = ""


@dataclass
class Tray:
    """A place on the table. ``form`` None: nothing can be added now, and ``closed`` may say why."""

    name: str
    slot: Slot | None
    place: Place | None
    photos: list[Shown]
    form: PhotosForm | None
    refused: Sequence[str] = ()

    @property
    def needs(self) -> list[str]:
        return [NEEDS.get(need, need) for need in self.slot.needs] if self.slot else []


@dataclass
class Sheet:
    """A stage on the table."""

    stage: PhotoStage
    trays: list[Tray] = field(default_factory=list)
    closed: str = ""
    opens: dt.date | None = None

    @property
    def label(self) -> str:
        return self.stage.short


@dataclass
class Table:
    """Everything that lies on the table, read once."""

    case: ProcedureCase
    today: dt.date
    at: dt.datetime
    sent: PhotosForm | None = None
    name: str = ""
    refused: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.rules: EvidenceRules = self.case.scheme_version.evidence
        self.visits = list(self.case.visits.all())
        self.photos = list(self.case.photos.kept())
        self.treatment = self.case.shown_treatment
        self.covered = photographing.covered(self.case, at=self.at)
        self.scope = scope_of(self.case)
        self.obstacles = {part: cases.obstacle(self.scope.submission, part) for part in Part}
        self.asked: dict[str, Any] = {"visits": self.visits, "until": self.scope.until, "anew": self.scope.anew}
        self.places = self.rules.places(self.treatment, photos=self.photos, **self.asked)

    @property
    def stages(self) -> list[PhotoStage]:
        """Stages to which something may be added now."""
        return [stage for stage in self.rules.stages(self.treatment) if not self.closed(stage)]

    def closed(self, stage: str) -> str:
        """Why nothing can be added to a stage now; empty when something can."""
        if sentence := self.obstacles[photographing.part_of(stage)]:
            return sentence
        if stage not in HEALED_STAGES:
            return ""
        earliest = self.rules.earliest(stage, self.visits)
        if earliest is None:
            return "Healing counts from the last treatment session. Log the visits first."
        return f"Photographs count from {in_words(earliest)} on. Add them then." if self.today < earliest else ""

    @property
    def sheets(self) -> list[Sheet]:
        sheets = []
        for stage in self.rules.stages(self.treatment):
            trays = [self._tray(place) for place in self.places if place.slot.stage == stage]
            if trays:
                opens = self.rules.earliest(stage, self.visits)
                sheets.append(Sheet(stage, trays, closed=self.closed(stage), opens=opens))
        return sheets

    @property
    def others(self) -> Tray:
        """Photographs outside the slots, and where to add one."""
        extras = self.rules.extras(self.treatment, photos=self.photos, **self.asked)
        form = self._form(OTHERS, None, None) if self.stages else None
        return Tray(OTHERS, None, None, [self._shown(each) for each in extras], form, self._refused(OTHERS))

    def tray(self, name: str) -> Tray:
        """The tray of that name; the one outside the slots when there is none."""
        place = next((place for place in self.places if name_of(place) == name), None)
        return self._tray(place) if place else self.others

    @property
    def missing(self) -> int:
        """Photographs that hand-in still needs."""
        return self._missing(Part.PROCEDURE)

    @property
    def healed_missing(self) -> int:
        """Photographs that are needed when the skin has healed."""
        return self._missing(Part.HEALED)

    @property
    def not_covered(self) -> int:
        """Photographs of the client without their consent."""
        return sum(photo.pk not in self.covered for photo in self.photos)

    def _missing(self, part: Part) -> int:
        return sum(each.missing for each in self.places if photographing.part_of(each.slot.stage) is part)

    def _tray(self, place: Place) -> Tray:
        name = name_of(place)
        form = None if self.closed(place.slot.stage) else self._form(name, place.slot, place.on)
        shown = [self._shown(photo) for photo in place.photos]
        return Tray(name, place.slot, place, shown, form, self._refused(name))

    def _form(self, name: str, slot: Slot | None, on: dt.date | None) -> PhotosForm:
        if self.sent is not None and self.name == name:
            return self.sent
        return PhotosForm(
            slot=slot,
            stages=self.stages,
            today=self.today,
            auto_id=f"{name}-%s",
            initial={"taken_on": on or self._likely_day(slot)},
        )

    def _likely_day(self, slot: Slot | None) -> dt.date | None:
        """Photographs of a stage are taken in one go; those of the work place at the session."""
        if slot is None:
            return None
        days = [photo.taken_on for photo in self.photos if photo.stage == slot.stage]
        if not days and slot.stage == PhotoStage.RECORD:
            return last_session(self.visits)
        return max(days, default=None)

    def _shown(self, photo: Photo) -> Shown:
        return Shown(photo, photo.pk in self.covered, self._remark(photo))

    def _remark(self, photo: Photo) -> str:
        if self.rules.counts(photo, self.visits) or self.scope.is_former(photo):
            return ""
        earliest = self.rules.earliest(photo.stage, self.visits)
        if earliest is None:
            return "Does not count: no treatment session is logged."
        return f"Does not count: taken before {in_words(earliest)}, counted from the last session or touch-up."

    def _refused(self, name: str) -> Sequence[str]:
        return self.refused if self.name == name else ()


def name_of(place: Place) -> str:
    """Tells a place from the others of its case, in addresses and forms: ``scar-immediate-close-2026-03-10``."""
    return f"{place.slot.key.replace('.', '-')}{f'-{place.on}' if place.on else ''}"


@for_roles(Role.TRAINEE)
@require_http_methods(["GET", "POST"])
def table(request: HttpRequest, ref: str) -> HttpResponse:
    """Every place with its photographs. A post adds some to one place; with script, one at a time."""
    case, at = own_case(request, ref), timezone.now()
    today = photographing.candidate_day(case, at=at)
    lying = Table(case, today=today, at=at)
    if request.method == "GET":
        return _page(request, lying)

    slot, name = _chosen(lying, request)
    if slot is None and name != OTHERS:
        messages.error(request, "This treatment has no such place for photographs. Choose one of those below.")
        return redirect("case_photos", case.ref)
    form = PhotosForm(
        request.POST,
        request.FILES,
        slot=slot,
        stages=lying.rules.stages(lying.treatment),
        today=today,
        auto_id=f"{name}-%s",
    )
    taken = _take_in(case, form, actor=person_of(request), at=at, today=today)
    is_whole = form.is_valid() and not taken.refused
    fresh = Table(case, today=today, at=at, sent=None if is_whole else form, name=name, refused=taken.refused)
    lie_here = {shown.photo for shown in fresh.tray(name).photos}
    elsewhere = [each for each in taken.photos if each not in lie_here]
    if request.headers.get("HX-Request"):
        return render(
            request,
            "certification/case_photos_answer.html",
            {"case": case, "tray": fresh.tray(name), "table": fresh, "elsewhere": elsewhere},
        )
    if count := len(taken.photos):
        messages.success(request, f"{count} photograph{'' if count == 1 else 's'} added.")
    if elsewhere:
        messages.warning(request, "Because of the day given they lie under “Other photographs”.")
    if is_whole:
        return redirect(f"{reverse('case_photos', args=[case.ref])}#{name}")
    return _page(request, fresh)


def _chosen(lying: Table, request: HttpRequest) -> tuple[Slot | None, str]:
    """The slot that was posted to and the name of its place; no slot and no name when the case has none such."""
    key, name = request.POST.get("slot", ""), request.POST.get("place", "")
    if not key:
        return None, OTHERS
    slot = next((each for each in lying.rules.for_treatment(lying.treatment) if each.key == key), None)
    names = [name_of(place) for place in lying.places if place.slot == slot]
    # A place of another day may be gone, because a visit was changed in another window.
    return slot, name if name in names else "".join(names[:1])


def _take_in(case: ProcedureCase, form: PhotosForm, *, actor: Any, at: dt.datetime, today: dt.date) -> Taken:
    if not form.is_valid():
        return Taken()
    # Said once, and before any file is opened.
    if sentence := photographing.obstacle(case, today=today, **form.place):
        return Taken(refused=[sentence])
    return photographing.add_all(
        case, form.cleaned_data["photographs"], actor=actor, at=at, today=today, **form.place
    )


def _page(request: HttpRequest, lying: Table) -> HttpResponse:
    return render(
        request,
        "certification/case_photos.html",
        {
            "case": lying.case,
            "sheets": lying.sheets,
            "others": lying.others,
            "table": lying,
            "handed_in": lying.obstacles[Part.PROCEDURE],
        },
    )


@for_roles(Role.TRAINEE)
@require_http_methods(["GET", "POST"])
def photo(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """One photograph, its facts, and another stage, view or day for it."""
    found, at = _own_photo(request, ref, pk), timezone.now()
    case, today = found.case, photographing.candidate_day(found.case, at=at)
    rules = case.scheme_version.evidence
    form = PlaceForm(request.POST or None, photo=found, rules=rules, today=today)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, PhotoNotTaken, CaseRefused):
            photographing.relabel(found, **form.cleaned_data, actor=person_of(request), at=at, today=today)
            messages.success(request, "Saved.")
            return redirect("case_photo", case.ref, pk)
    slot = rules.slot_of(case.shown_treatment, stage=found.stage, view=found.view)
    return render(
        request,
        "certification/photo_page.html",
        {
            "case": case,
            "photo": found,
            "place": slot.label if slot else "",
            "is_covered": found.pk in photographing.covered(case, at=at),
            "remark": "" if rules.counts(found, case.visits.all()) else "Taken too early to count in its stage.",
            "obstacle": _closed(found),
            "handed_in": ManifestPhoto.objects.filter(photo=found).exists(),
            "form": form,
        },
    )


@for_roles(Role.TRAINEE)
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Ask once, then take a photograph out."""
    found = _own_photo(request, ref, pk)
    if request.method == "POST":
        try:
            photographing.remove(found, actor=person_of(request), at=timezone.now())
        except (PhotoNotTaken, CaseRefused) as refusal:
            messages.error(request, str(refusal))
            return redirect("case_photo", found.case.ref, pk)
        messages.success(request, "The photograph is taken out, and its file is deleted.")
        return redirect("case_photos", found.case.ref)
    return render(request, "certification/photo_remove.html", {"case": found.case, "photo": found})


def _closed(photo: Photo) -> str | None:
    return cases.obstacle(Submission.objects.latest_of(photo.case), photographing.part_of(photo.stage))


def _own_photo(request: HttpRequest, ref: str, pk: Any) -> Photo:
    case = own_case(request, ref)
    found = get_object_or_404(case.photos.kept(), pk=pk)
    found.case = case
    return found
