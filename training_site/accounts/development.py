"""Development only (``settings.dev``): the second-factor pages show the current code of the account.

The gate itself stays shut: the code must be typed as everywhere.
"""

import time

from allauth.mfa import app_settings
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from training_site.common import crypto


class ShowsCode:
    """``development_code``: the six digits that the account's authenticator app shows now, or None."""

    @property
    def development_code(self) -> str | None:
        totp = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()  # type: ignore[attr-defined]
        if totp is None:
            return None
        counter = int(time.time()) // app_settings.TOTP_PERIOD
        return format_hotp_value(hotp_value(crypto.decrypt(totp.data["secret"]), counter))


class AuthenticateForm(ShowsCode, forms.AuthenticateForm):
    pass


class ReauthenticateForm(ShowsCode, forms.ReauthenticateForm):
    pass
