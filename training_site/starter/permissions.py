"""What editors may touch in Wagtail. Everything else is decided by our own policies."""

from django.contrib.auth.models import Group, Permission
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from training_site.accounts.roles import Role

PAGE_RIGHTS = ("add_page", "change_page", "publish_page", "bulk_delete_page", "lock_page", "unlock_page")
FILE_RIGHTS = (
    ("wagtailimages", ("add_image", "change_image", "choose_image")),
    ("wagtaildocs", ("add_document", "change_document", "choose_document")),
)


def load() -> None:
    """Editors write pages and choose pictures and files. Nobody else may."""
    editors = Group.objects.get(name=Role.EDITOR.value)
    root = Page.get_first_root_node()
    for codename in PAGE_RIGHTS:
        right = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        GroupPagePermission.objects.get_or_create(group=editors, page=root, permission=right)
    collection = Collection.get_first_root_node()
    for app, codenames in FILE_RIGHTS:
        for codename in codenames:
            right = Permission.objects.get(content_type__app_label=app, codename=codename)
            GroupCollectionPermission.objects.get_or_create(group=editors, collection=collection, permission=right)
