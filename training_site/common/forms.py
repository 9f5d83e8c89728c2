"""How Django's forms become our markup."""

from django.forms.renderers import TemplatesSetting


class StippleFormRenderer(TemplatesSetting):
    """``{{ form }}`` and ``{{ field.as_field_group }}`` render the components of the style guide."""

    form_template_name = "components/form.html"
    field_template_name = "components/form_field.html"
