"""The home page and the text pages of the site (how certification works, privacy, terms …)."""
