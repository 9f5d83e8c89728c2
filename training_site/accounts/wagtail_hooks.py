"""People in Wagtail's menu, for administrators."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from training_site.accounts import office
from training_site.accounts.models import User
from training_site.accounts.roles import Role


@hooks.register("register_admin_urls")
def urls() -> list[URLPattern]:
    return [
        path("people/", office.index, name="office_people"),
        path("people/invite/", office.invite, name="office_invite"),
        path("people/<int:pk>/", office.person, name="office_person"),
        path("people/<int:pk>/roles/", office.grant_role, name="office_grant_role"),
        path("people/<int:pk>/roles/<slug:role>/end/", office.end_role, name="office_end_role"),
        path("people/<int:pk>/close/", office.close_account, name="office_close_account"),
        path("people/<int:pk>/reopen/", office.reopen_account, name="office_reopen_account"),
        path(
            "people/invitations/<int:pk>/withdraw/",
            office.withdraw_invitation,
            name="office_withdraw_invitation",
        ),
    ]


class PeopleItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.holds(Role.ADMINISTRATOR)


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return PeopleItem("People", reverse("office_people"), icon_name="user", order=100)
