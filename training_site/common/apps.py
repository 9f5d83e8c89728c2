from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "training_site.common"
    label = "common"
    verbose_name = "Mechanisms"

    def ready(self) -> None:
        from training_site.common import history

        history.connect()
