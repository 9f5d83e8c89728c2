from django.apps import AppConfig


class StarterConfig(AppConfig):
    name = "training_site.starter"
    label = "starter"
    verbose_name = "Starter data"
