"""What an account keeps about a person, and the copy they can take of it."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from training_site.accounts.models import HistoryReading, Invitation, User
from training_site.common import personal_data


def register() -> None:
    """Declare what is kept and add it to everybody's copy. Called once, when the app is ready."""
    personal_data.register(
        "account",
        export=_account,
        erase=None,
        note=(
            "Your names, addresses, roles, second factors (never their secrets), sessions, every change, and the "
            "histories you read in the office."
        ),
    )
    personal_data.describe(
        User,
        what="E-mail address, legal name, display name, language, time zone, roles, and every change of them",
        why="You sign in with it, and a certificate prints your legal name",
        kept="As long as you have an account; what a certification rests on stays with the certification",
    )
    personal_data.describe(
        EmailAddress,
        what="Your e-mail addresses and whether you have shown that they are yours",
        why="Nobody can sign up with somebody else's address",
        kept="Until you remove them",
    )
    personal_data.describe(
        Authenticator,
        what="Authenticator apps, passkeys and recovery codes, sealed",
        why="A password alone does not open an account with power",
        kept="Until you remove them",
    )
    personal_data.describe(
        UserSession,
        what="Where you are signed in: address of the device, browser, since when",
        why="You can see it, and end a session that is not yours",
        kept="Until the session ends",
    )
    personal_data.describe(
        Invitation,
        what="Who was invited to which role, by whom, and when it was accepted",
        why="It shows how each role was given",
        kept="As long as the role is on record",
    )
    personal_data.describe(
        HistoryReading,
        what="Who of the staff read the change history of which record, and when",
        why="Histories name people and reasons; whoever reads them answers for it",
        kept="As long as the site; never changed",
    )


def _account(user: Any) -> dict[str, Any]:
    return {
        "e-mail address": user.email,
        "legal name": user.legal_name,
        "display name": user.display_name,
        "language": user.language,
        "time zone": user.time_zone,
        "joined": user.joined_at,
        "roles": sorted(role.label for role in user.roles),
        "addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "second factors": list(
            Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")
        ),
        "sessions": list(UserSession.objects.filter(user=user).values("ip", "user_agent", "created_at")),
        "history": list(user.history.values("history_date", "history_change_reason")),
        "histories you read": list(user.histories_read.values("read_at", "content_type__model", "object_id")),
    }
