"""E-mail addresses as people write them."""


def bare_address(email: str) -> str:
    """The address that mail really reaches: small letters, without what follows a plus sign in the name."""
    name, _, domain = email.strip().casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"
