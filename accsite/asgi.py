"""The ASGI application: HTTP by Django, WebSocket by Channels."""

import os
import warnings

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accsite.settings")

# Static files are small and WhiteNoise reads them synchronously; Django would warn at each one.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

http_application = get_asgi_application()

from trainer.live.routing import websocket_urlpatterns  # noqa: E402  # needs the apps loaded

# The Origin is checked by the consumer, and only for sessions: a script with a token sends none.
application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
    }
)
