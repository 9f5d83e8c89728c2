"""What a log line may not say: the secret of a one-time link. Who holds it holds the key."""

import logging
import re

SECRET = re.compile(r"(/(?:consent|observe|invitation|confirm-email|password/reset/key)/)[^/\s?]+")


class HideSecrets(logging.Filter):
    """Writes ``/consent/…/`` where an address with its secret stood."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        hidden = SECRET.sub(r"\1…", line)
        if hidden != line:
            record.msg, record.args = hidden, None
        return True
