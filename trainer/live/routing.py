"""The paths of WebSockets."""

from django.urls import re_path

from trainer.live.consumers import LiveConsumer, NothingHere

websocket_urlpatterns = [
    re_path(r"^ws/live/?$", LiveConsumer.as_asgi()),
    re_path(r"", NothingHere.as_asgi()),
]
