from django.apps import AppConfig


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        # Importing these registers cards and scheduled steps.
        from certification import access, cards, office_cards, records, reminding, trainer_cards  # noqa: F401
        from training_site.accounts.roles import Role
        from training_site.common import places

        places.register("Cases", "cases", is_for=lambda user: user.holds(Role.TRAINEE), order=15)
        records.register()
        access.register()
