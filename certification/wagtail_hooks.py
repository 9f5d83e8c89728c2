"""Certification in Wagtail: menu and addresses. Each room of the office brings its own."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, reverse
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from certification.office import applications, assessors, case_files, marking, results, schemes
from training_site.accounts.models import User
from training_site.accounts.roles import Role


class RoomItem(MenuItem):
    """A menu item for people with any of ``roles``."""

    def __init__(self, *args: Any, roles: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = roles

    def is_shown(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.holds(*self.roles)


@hooks.register("register_admin_urls")
def urls() -> list[URLPattern]:
    rooms = (applications, assessors, case_files, marking, results, schemes)
    return [pattern for room in rooms for pattern in room.urls()]


@hooks.register("register_admin_menu_item")
def menu() -> MenuItem:
    officer, assurer = Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER
    rooms = (
        ("Applications", "office_applications", applications.ICON, 10, (officer,)),
        ("Case files", "office_case_files", case_files.ICON, 20, (officer, assurer)),
        ("Marking", "office_marking", marking.ICON, 25, (officer, assurer)),
        ("Assessors", "office_assessors", assessors.ICON, 28, (officer,)),
        ("Schemes", "office_schemes", schemes.ICON, 30, (officer,)),
    )
    items = [
        RoomItem(label, reverse(name), icon_name=icon, order=order, roles=roles)
        for label, name, icon, order, roles in rooms
    ]
    return SubmenuMenuItem("Certification", Menu(items=items), icon_name="clipboard-list", order=120)
