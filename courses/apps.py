from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"

    def ready(self) -> None:
        # Importing these registers cards, records and scheduled steps.
        from courses import cards, office_cards, practice_cards, practice_photos, records, tasks  # noqa: F401
        from training_site.accounts.roles import Role
        from training_site.common import places

        places.register("Learn", "learn_home", is_for=lambda user: user.holds(Role.TRAINEE), order=10)
        places.register("Train", "train", is_for=lambda user: user.holds(Role.TRAINER), order=20)
        practice_cards.register()
        practice_photos.register()
