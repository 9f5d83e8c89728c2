"""Exits with 0 when the web process of this container answers ``/live``."""

import http.client
import os
import sys

# Django answers only to the names it knows.
host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")
connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
connection.request("GET", "/live", headers={"Host": host})
sys.exit(connection.getresponse().status != 200)
