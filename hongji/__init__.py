"""The frame around the rooms: settings, addresses, background work, start and refusal to start."""

from hongji.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"
