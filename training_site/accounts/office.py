"""People in the office: who has an account, which roles they hold, who is invited."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from training_site.accounts import inviting, people, roles
from training_site.accounts.forms import InvitationForm, ReasonForm, RoleForm
from training_site.accounts.models import Invitation, User
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.reading import history_of
from training_site.accounts.roles import Role, RoleRefused
from training_site.common.forms import refusals_on

administrators = for_roles(Role.ADMINISTRATOR)


@administrators
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everybody, searchable by name and address, filtered by role; and the open invitations."""
    found = User.objects.prefetch_related("groups")
    if words := request.GET.get("q", "").replace("\0", "").strip():
        found = found.filter(
            Q(legal_name__icontains=words) | Q(display_name__icontains=words) | Q(email__icontains=words)
        )
    role = request.GET.get("role", "")
    if role in Role.values:
        found = found.filter(groups__name=role)
    return render(
        request,
        "accounts/office/people.html",
        {
            "page_obj": Paginator(found.order_by("legal_name", "pk"), 50).get_page(request.GET.get("p")),
            "words": words,
            "role": role,
            "roles": Role,
            "invitations": Invitation.objects.open(at=timezone.now()).select_related("invited_by"),
        },
    )


@administrators
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: facts, roles with what can be done, and what happened to the account."""
    return _person(request, get_object_or_404(User, pk=pk))


def _person(
    request: HttpRequest,
    user: User,
    *,
    role_form: RoleForm | None = None,
    reason_form: ReasonForm | None = None,
) -> HttpResponse:
    return render(
        request,
        "accounts/office/person.html",
        {
            "person": user,
            "held": sorted(user.roles),
            "role_form": role_form or RoleForm(),
            "reason_form": reason_form or ReasonForm(),
            "events": history_of(user, reader=person_of(request), at=timezone.now())[:50],
        },
    )


@administrators
@require_POST
def grant_role(request: HttpRequest, pk: int) -> HttpResponse:
    user, form = get_object_or_404(User, pk=pk), RoleForm(request.POST)
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        with refusals_on(form, RoleRefused):
            roles.grant(user, role, actor=person_of(request), reason=form.cleaned_data["reason"])
            messages.success(request, f"{user.name} is now {role.label.lower()}.")
            return redirect("office_person", pk)
    return _person(request, user, role_form=form)


@administrators
@require_POST
def end_role(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    user, form = get_object_or_404(User, pk=pk), ReasonForm(request.POST)
    if role in Role.values and form.is_valid():
        with refusals_on(form, RoleRefused):
            roles.end(user, Role(role), actor=person_of(request), reason=form.cleaned_data["reason"])
            messages.success(request, f"{user.name} is no longer {Role(role).label.lower()}.")
            return redirect("office_person", pk)
    return _person(request, user, reason_form=form)


@administrators
@require_POST
def close_account(request: HttpRequest, pk: int) -> HttpResponse:
    return _account(request, pk, people.close, "is closed")


@administrators
@require_POST
def reopen_account(request: HttpRequest, pk: int) -> HttpResponse:
    return _account(request, pk, people.reopen, "is open again")


def _account(request: HttpRequest, pk: int, act: Callable[..., None], done: str) -> HttpResponse:
    user, form = get_object_or_404(User, pk=pk), ReasonForm(request.POST)
    if form.is_valid():
        with refusals_on(form, RoleRefused):
            act(user, actor=person_of(request), reason=form.cleaned_data["reason"])
            messages.success(request, f"The account of {user.name} {done}.")
            return redirect("office_person", pk)
    return _person(request, user, reason_form=form)


@administrators
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, RoleRefused):
            inviting.invite(
                form.cleaned_data["email"],
                Role(form.cleaned_data["role"]),
                actor=person_of(request),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
            messages.success(request, f"The invitation to {form.cleaned_data['email']} is on its way.")
            return redirect("office_people")
    return render(request, "accounts/office/invite.html", {"form": form})


@administrators
@require_POST
def withdraw_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        inviting.withdraw(
            invitation, actor=person_of(request), reason="Withdrawn in the office.", at=timezone.now()
        )
    except RoleRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The invitation to {invitation.email} is withdrawn.")
    return redirect("office_people")
