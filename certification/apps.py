from django.apps import AppConfig


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        # Importing these registers cards and scheduled steps.
        from certification import (  # noqa: F401
            access,
            advancing,
            answering,
            assessor_cards,
            cards,
            marking_records,
            office_cards,
            quality_cards,
            records,
            reminding,
            trainer_cards,
        )
        from training_site.accounts.roles import Role
        from training_site.common import places

        places.register("Cases", "cases", is_for=lambda user: user.holds(Role.TRAINEE), order=15)
        places.register("Marking", "desk", is_for=lambda user: user.holds(Role.ASSESSOR), order=16)
        records.register()
        marking_records.describe()
        access.register()
