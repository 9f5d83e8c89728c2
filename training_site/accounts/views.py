"""Home by role, own details, own data, and accepting an invitation."""

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from training_site.accounts import inviting
from training_site.accounts.forms import AcceptInvitationForm, DetailsForm
from training_site.accounts.models import Invitation, User
from training_site.accounts.policies import by_link, person_of, signed_in
from training_site.accounts.roles import STAFF, RoleRefused
from training_site.common import cards, links, personal_data
from training_site.common.forms import refusals_on
from training_site.common.history import save_as


@signed_in
@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """What waits for this person, by role."""
    user = person_of(request)
    return render(
        request,
        "accounts/my.html",
        {
            "cards": cards.for_user(user, at=timezone.now()),
            "role_names": sorted(role.label for role in user.roles),
            "works_in_office": user.holds(*STAFF),
        },
    )


@signed_in
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Name shown, time zone, language."""
    user = person_of(request)
    form = DetailsForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        save_as(form.save(commit=False), actor=user, reason="Changed own details.", fields=form.changed_data)
        messages.success(request, "Your details are saved.")
        return redirect("my_details")
    return render(request, "accounts/details.html", {"form": form})


@signed_in
@require_http_methods(["GET", "POST"])
def personal_data_export(request: HttpRequest) -> HttpResponse:
    """What is kept about this person; a POST downloads it all as a ZIP file."""
    if request.method == "POST":
        response = HttpResponse(personal_data.export(person_of(request)), content_type="application/zip")
        response["Content-Disposition"] = 'attachment; filename="my-data.zip"'
        return response
    return render(request, "accounts/my_data.html", {"kept": personal_data.described()})


@by_link
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: signed in with the invited address, or by making an account."""
    now = timezone.now()
    link = links.find(token, purpose=inviting.PURPOSE, at=now)
    invitation = link and Invitation.objects.open(at=now).filter(pk=link.object_id).first()
    if not link or not invitation:
        return render(request, "accounts/invitation_ended.html", status=404)
    holder = _holder_of(invitation.email)
    if holder and request.user != holder:
        if request.user.is_authenticated:
            return render(request, "accounts/invitation_for_another.html", {"invitation": invitation}, status=403)
        return redirect_to_login(request.get_full_path())
    form = AcceptInvitationForm(
        request.POST if request.method == "POST" else None, invitation=invitation, holder=holder
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, RoleRefused, links.LinkRefused):
            inviting.accept(
                link,
                user=holder,
                legal_name=form.cleaned_data.get("legal_name", ""),
                password=form.cleaned_data.get("password", ""),
                at=now,
            )
            messages.success(request, f"You are now {invitation.get_role_display().lower()}. Sign in to begin.")
            return redirect("my")
    return render(
        request, "accounts/accept_invitation.html", {"form": form, "invitation": invitation, "holder": holder}
    )


def _holder_of(email: str) -> User | None:
    """The account that owns this address, verified or as sign-in address."""
    address = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    return address.user if address else User.objects.filter(email__iexact=email).first()
