"""Certification in Wagtail: menu and addresses. Each room of the office brings its own."""

from django.urls import NoReverseMatch, URLPattern, reverse
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from certification.office import applications, assessors, case_files, marking, results, schemes
from training_site.accounts.menus import ItemForRole
from training_site.accounts.roles import Role


@hooks.register("register_admin_urls")
def urls() -> list[URLPattern]:
    rooms = (applications, assessors, case_files, marking, results, schemes)
    return [pattern for room in rooms for pattern in room.urls()]


@hooks.register("register_admin_menu_item")
def menu() -> MenuItem:
    officer = Role.CERTIFICATION_OFFICER
    items = [
        ItemForRole(
            "Applications", reverse("office_applications"), icon_name=applications.ICON, order=10, role=officer
        ),
        ItemForRole("Schemes", reverse("office_schemes"), icon_name=schemes.ICON, order=30, role=officer),
    ]
    try:
        case_file_list = reverse("office_case_files")
    except NoReverseMatch:
        pass
    else:
        items.append(ItemForRole("Case files", case_file_list, icon_name="folder-open-1", order=20, role=officer))
    return SubmenuMenuItem("Certification", Menu(items=items), icon_name="clipboard-list", order=120)
