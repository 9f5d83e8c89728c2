"""Demo people: one in every role, with known passwords and known second factors. Never in production."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from training_site.accounts import roles
from training_site.accounts.models import User
from training_site.accounts.roles import MULTI_FACTOR, Role
from training_site.common import crypto
from training_site.common.history import save_as

PASSWORD = "stipple demo password"  # noqa: S105 (development only, said on the start page)
TOTP_SECRET = "KNUWY3DPEB2GK43UKNUWY3DPEB2GK43U"  # noqa: S105


@dataclass(frozen=True)
class DemoPerson:
    email: str
    legal_name: str
    roles: tuple[Role, ...]


PEOPLE = (
    DemoPerson("trainee@stipple.example", "Tara Novak", (Role.TRAINEE,)),
    DemoPerson("applicant@stipple.example", "Ines Okafor", (Role.TRAINEE,)),
    DemoPerson("candidate@stipple.example", "Cem Aydin", (Role.TRAINEE,)),
    DemoPerson("candidate2@stipple.example", "Lena Brandt", (Role.TRAINEE,)),
    DemoPerson("trainer@stipple.example", "Tomás Rivera", (Role.TRAINER,)),
    DemoPerson("assessor@stipple.example", "Amina Hassan", (Role.ASSESSOR,)),
    DemoPerson("assessor2@stipple.example", "Bao Nguyen", (Role.ASSESSOR,)),
    DemoPerson("assessor3@stipple.example", "Clara Weiss", (Role.ASSESSOR,)),
    DemoPerson("quality@stipple.example", "Quentin Moreau", (Role.QUALITY_ASSURER,)),
    DemoPerson("officer@stipple.example", "Olga Lindqvist", (Role.CERTIFICATION_OFFICER,)),
    DemoPerson("officer2@stipple.example", "Owen Clarke", (Role.CERTIFICATION_OFFICER,)),
    DemoPerson("registrar@stipple.example", "Rosa Pinto", (Role.REGISTRAR,)),
    DemoPerson("registrar2@stipple.example", "Rafael Stein", (Role.REGISTRAR,)),
    DemoPerson("editor@stipple.example", "Edda Berg", (Role.EDITOR,)),
    DemoPerson("admin@stipple.example", "Ada Morgan", (Role.ADMINISTRATOR,)),
)


def refuse_production() -> None:
    """Raises ImproperlyConfigured anywhere but in development and tests: the demo's secrets are public."""
    if not settings.DEMO_ALLOWED:
        raise ImproperlyConfigured("Demo data has public passwords. It loads only with development settings.")


def load() -> dict[str, User]:
    """Make who is missing. Returns everybody by e-mail address."""
    refuse_production()
    return {person.email: _person(person) for person in PEOPLE}


def _person(person: DemoPerson) -> User:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        user = User(email=person.email, legal_name=person.legal_name)
        user.set_password(PASSWORD)
        save_as(user, actor=None, reason="Demo data.")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        for role in person.roles:
            roles.grant(user, role, actor=None, reason="Demo data.")
        if not MULTI_FACTOR.isdisjoint(person.roles):
            Authenticator.objects.create(
                user=user, type=Authenticator.Type.TOTP, data={"secret": crypto.encrypt(TOTP_SECRET)}
            )
    return user
