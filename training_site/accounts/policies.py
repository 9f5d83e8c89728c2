"""Who may call which view. Every view declares one policy; one without answers 404 and fails a test.

``public`` pages render without a session. ``account`` is for the pages on which people sign in and guard
their account; whoever has a second factor gives it before they change anything there. ``signed_in`` and
``for_roles`` send strangers to sign in, answer 404 to a signed-in person without the right, and let nobody
past who holds a role of ``roles.MULTI_FACTOR`` without a second factor **in this session**: a password alone
never opens those doors, whichever door it is.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, reverse

from training_site.accounts.models import User
from training_site.accounts.roles import MULTI_FACTOR, Role

logger = logging.getLogger(__name__)

PROVEN_BY = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
OPEN_WITHOUT_SECOND_FACTOR = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout"}

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Policy:
    """``name`` says it in the permission matrix; ``roles`` None = any signed-in person."""

    name: str
    needs_sign_in: bool
    roles: frozenset[Role] | None = None

    def __call__(self, view: View) -> View:
        view.policy = self  # type: ignore[attr-defined]
        return view


public = Policy("public", needs_sign_in=False)
account = Policy("account", needs_sign_in=False)
by_link = Policy("one-time link", needs_sign_in=False)
signed_in = Policy("signed in", needs_sign_in=True)


def for_roles(*roles: Role) -> Policy:
    """Only people who hold one of ``roles``; everybody else signed in gets 404."""
    return Policy(" or ".join(sorted(roles)), needs_sign_in=True, roles=frozenset(roles))


def guard(patterns: Iterable[URLPattern | URLResolver], policy: Policy) -> None:
    """Declare one policy for every view of a library's urls; a view that brings its own keeps it."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            guard(pattern.url_patterns, policy)
        elif not hasattr(pattern.callback, "policy"):
            policy(pattern.callback)


def person_of(request: HttpRequest) -> User:
    """Who is signed in. For views whose policy needs a sign-in."""
    assert isinstance(request.user, User)
    return request.user


class PolicyMiddleware:
    """Asks the policy of each view before it runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        policy: Policy | None = getattr(view, "policy", None)
        if policy is None:
            logger.error("No policy declared for %s", request.path)
            raise Http404
        if policy is account:
            return self._account(request)
        if not policy.needs_sign_in:
            return None
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        if policy.roles is not None and not user.holds(*policy.roles):
            raise Http404
        return second_factor_first(request, user)

    def _account(self, request: HttpRequest) -> HttpResponse | None:
        """A password alone must not take the second factor away, nor change address or password."""
        user, match = request.user, request.resolver_match
        if not isinstance(user, User) or match is None or match.url_name in OPEN_WITHOUT_SECOND_FACTOR:
            return None
        if not is_mfa_enabled(user, PROVEN_BY) or has_second_factor(request, user):
            return None
        return to_second_factor(request, "mfa_reauthenticate")


def second_factor_first(request: HttpRequest, user: User) -> HttpResponse | None:
    """A redirect to where the missing second factor is given or set up; None when nothing is missing."""
    if user.roles.isdisjoint(MULTI_FACTOR) or has_second_factor(request, user):
        return None
    return to_second_factor(request, "mfa_reauthenticate" if is_mfa_enabled(user, PROVEN_BY) else "mfa_index")


def to_second_factor(request: HttpRequest, door: str) -> HttpResponse:
    """To the page where the second factor is given or set up, and then back."""
    return HttpResponseRedirect(f"{reverse(door)}?{urlencode({'next': request.get_full_path()})}")


def has_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether this session was opened, or confirmed, with a code, a passkey or a recovery code."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))
