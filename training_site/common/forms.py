"""How Django's forms become our markup, and how a rule's refusal comes back to the form."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.forms import BaseForm
from django.forms.renderers import TemplatesSetting


class StippleFormRenderer(TemplatesSetting):
    """``{{ form }}`` and ``{{ field.as_field_group }}`` render the components of the style guide."""

    form_template_name = "components/form.html"
    field_template_name = "components/form_field.html"


@contextmanager
def refusals_on(form: BaseForm, *kinds: type[Exception]) -> Iterator[None]:
    """A refusal of one of ``kinds`` ends the block and stands above the form as its error::

    with refusals_on(form, RoleRefused):
        roles.grant(user, role, actor=actor, reason=reason)
        return redirect("office_person", user.pk)
    return page(form)
    """
    try:
        yield
    except kinds as refusal:
        form.add_error(None, str(refusal))
