"""What the database itself refuses."""

import pytest
from django.db import IntegrityError, transaction

from certification.models import Criterion, Level, RubricVersion, SchemeVersion
from tests.factories.certification import add_healed, ready_case, scheme_version

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize(
    ("model", "change"),
    [(RubricVersion, {"number": 9}), (Criterion, {"weight": 9}), (Level, {"percent": 9})],
)
def test_rows_of_a_rubric_are_never_changed(model, change):
    scheme_version()

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=model.objects.first().pk).update(**change)


def test_a_case_can_be_made_ready():
    case = ready_case()
    add_healed(case)

    assert case.photos.count() == 16


def test_an_approved_version_is_never_changed():
    version = scheme_version()

    with pytest.raises(IntegrityError), transaction.atomic():
        SchemeVersion.objects.filter(pk=version.pk).update(rules={})
