from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "training_site.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from training_site.accounts import receivers, records, sessions  # noqa: F401
        from training_site.accounts.roles import STAFF
        from training_site.common import places

        records.register()
        places.register("What waits for you", "my", is_for=lambda user: True, order=0)
        places.register("Office", "wagtailadmin_home", is_for=lambda user: user.holds(*STAFF), order=90)
