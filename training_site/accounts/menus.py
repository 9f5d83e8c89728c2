"""Wagtail's menu by role."""

from typing import Any

from django.http import HttpRequest
from wagtail.admin.menu import MenuItem

from training_site.accounts.models import User
from training_site.accounts.roles import Role


class ItemForRole(MenuItem):
    """A menu item that only people with ``role`` see."""

    def __init__(self, *args: Any, role: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role = role

    def is_shown(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.holds(self.role)
