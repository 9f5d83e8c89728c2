from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "training_site.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from training_site.accounts import receivers  # noqa: F401
