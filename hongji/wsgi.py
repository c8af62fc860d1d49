"""The web process as gunicorn loads it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongji.settings")

application = get_wsgi_application()

from hongji.guard import before_serving  # noqa: E402  (needs the apps that the line above loads)

before_serving()
