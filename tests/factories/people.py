"""Accounts."""

import factory

from training_site.accounts.models import User
from training_site.common.history import save_as


class UserFactory(factory.django.DjangoModelFactory):
    """An active account without roles; its password is ``tests.people.PASSWORD``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    legal_name = factory.Sequence(lambda n: f"Robin Example {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: object, **kwargs: object) -> User:
        password = kwargs.pop("password", "a long enough sentence")
        user = model_class(*args, **kwargs)
        user.set_password(password)
        return save_as(user, actor=None, reason="Made for a test.")
