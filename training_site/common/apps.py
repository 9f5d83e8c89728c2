from django.apps import AppConfig

from training_site.common import wording  # noqa: F401  # Before any form is declared.


class CommonConfig(AppConfig):
    name = "training_site.common"
    label = "common"
    verbose_name = "Mechanisms"

    def ready(self) -> None:
        # Importing these registers their checks, scheduled steps and what they keep about people.
        from training_site.common import approvals, checks, health, history, links, notices, sessions, tasks  # noqa: F401

        history.connect()
