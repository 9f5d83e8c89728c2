"""What every template may say of the certification body."""

from django.conf import settings
from django.http import HttpRequest


def body(request: HttpRequest) -> dict[str, str]:
    """``site_name`` and ``body_email``. Reads no session: public pages must render without one."""
    return {"site_name": settings.BODY_NAME, "body_email": settings.BODY_EMAIL}
