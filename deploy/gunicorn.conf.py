"""How the web processes run. The environment tells development from production:

``PORT``, ``WEB_HOST``  where to listen (127.0.0.1:8000)
``WEB_CONCURRENCY``     processes (1); gunicorn reads it by itself
``WEB_THREADS``         requests that one process answers at a time (4)
``WEB_RELOAD``          anything: restart when code or a template changes, and log each request
"""

import os

bind = f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
reload = "WEB_RELOAD" in os.environ
reload_extra_files = ["templates/**/*.html"]
accesslog = "-" if reload else None
access_log_format = "%(m)s %(U)s %(s)s %(M)s ms"
loglevel = "warning" if reload else "info"
# Longer than any answer takes; the largest upload is read by nginx before it comes here.
timeout = 60
# A slow leak in a library never grows old.
max_requests = 0 if reload else 5000
max_requests_jitter = 500
# Two sites under one account would fight over the socket in their home folder.
control_socket_disable = True
