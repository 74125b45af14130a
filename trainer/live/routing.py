"""The paths of WebSockets."""

from django.urls import path

from trainer.live.consumers import LiveConsumer

websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
