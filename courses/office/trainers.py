"""Who trains whom, in the office. For certification officers."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from courses import practice
from courses.errors import PracticeRefused
from courses.models import TrainerRelation
from courses.office.pages import office_page, page_of
from courses.office_forms import BeginTrainingForm, EndTrainingForm, RelationFilter
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on

officers = for_roles(Role.CERTIFICATION_OFFICER)
ICON = "user"


@officers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Relations of trainers and trainees: those that have not ended, or those that have."""
    today, form = body_day(timezone.now()), RelationFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"q": "", "which": ""}
    ended = Q(ended_on__lt=today)
    found = TrainerRelation.objects.filter(ended if chosen["which"] == "ended" else ~ended)
    if words := chosen["q"]:
        of_trainer = Q(trainer__legal_name__icontains=words) | Q(trainer__email__icontains=words)
        of_trainee = Q(trainee__legal_name__icontains=words) | Q(trainee__email__icontains=words)
        found = found.filter(of_trainer | of_trainee)
    rows = found.select_related("trainer", "trainee").order_by("-started_on", "-pk")
    return office_page(
        request, "trainers", {"form": form, "page_obj": page_of(request, rows)}, title="Trainers", icon=ICON
    )


@officers
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    today = body_day(timezone.now())
    if request.method == "POST":
        form = BeginTrainingForm(request.POST)
    else:
        form = BeginTrainingForm(initial={"started_on": today, "trainee": request.GET.get("trainee", "")})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, PracticeRefused):
            relation = practice.begin_training(actor=person_of(request), **form.cleaned_data)
            messages.success(request, f"{relation.trainer.name} trains {relation.trainee.name}.")
            return redirect("office_trainers")
    return office_page(
        request,
        "begin_training",
        {"form": form},
        title="Name a trainer",
        icon=ICON,
        trail=[(reverse("office_trainers"), "Trainers")],
    )


@officers
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    relation = get_object_or_404(TrainerRelation.objects.select_related("trainer", "trainee"), pk=pk)
    form = EndTrainingForm(request.POST or None, initial={"ended_on": body_day(timezone.now())})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, PracticeRefused):
            practice.end_training(relation, actor=person_of(request), **form.cleaned_data)
            messages.success(request, f"The last day is noted. {relation.trainer.name} trains no longer after it.")
            return redirect("office_trainers")
    return office_page(
        request,
        "end_training",
        {"form": form, "relation": relation},
        title=f"{relation.trainer.name} trains {relation.trainee.name}",
        icon=ICON,
        trail=[(reverse("office_trainers"), "Trainers")],
    )
