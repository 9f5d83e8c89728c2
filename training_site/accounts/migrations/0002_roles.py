from django.db import migrations

ROLES = (
    "trainee",
    "trainer",
    "assessor",
    "quality_assurer",
    "certification_officer",
    "registrar",
    "editor",
    "administrator",
)


STAFF = ROLES[3:]


def make_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    enter_the_office = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    for name in ROLES:
        group, _ = Group.objects.get_or_create(name=name)
        if name in STAFF:
            group.permissions.add(enter_the_office)
    # Wagtail's own groups would be a second way to power.
    Group.objects.filter(name__in=["Editors", "Moderators"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        # These give permissions to the groups deleted here, so they come first.
        ("wagtailcore", "0090_remove_grouppagepermission_permission_type"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        ("wagtaildocs", "0002_initial_data"),
        ("wagtailimages", "0021_image_file_hash"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
