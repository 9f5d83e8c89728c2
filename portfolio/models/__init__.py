"""Reading order: ``pages`` (register rules)."""

from portfolio.models.pages import RegisterRules, RegisterRulesPage

__all__ = ["RegisterRules", "RegisterRulesPage"]
