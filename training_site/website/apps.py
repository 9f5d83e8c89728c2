from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    name = "training_site.website"
    label = "website"
    verbose_name = "Website"
