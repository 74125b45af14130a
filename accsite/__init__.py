"""Settings, URLs, the ASGI application and the Celery application. No logic of ACC's own."""

from accsite.celery import app as celery_app

__all__ = ["celery_app"]
