"""The ASGI application: HTTP by Django, WebSocket by Channels."""

import gc
import os
import sys
import warnings

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import SessionMiddlewareStack
from daphne import http_protocol, ws_protocol
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accsite.settings")

# Static files are small and WhiteNoise reads them synchronously; Django would warn at each one.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

http_application = get_asgi_application()

from accsite.backpressure import BoundedSocket, paced  # noqa: E402  # after Django's set-up
from accsite.bodies import BoundedRequest  # noqa: E402  # needs the settings
from accsite.first_request import FirstPrepares  # noqa: E402
from trainer.live.routing import websocket_urlpatterns  # noqa: E402  # needs the apps loaded
from trainer.services.leaving import LEAVING  # noqa: E402

http_protocol.WebRequest = BoundedRequest
ws_protocol.WebSocketFactory.protocol = BoundedSocket
if server := sys.modules.get("daphne.server"):
    server.Server.handle_reply = paced(server.Server.handle_reply)

# The consumer looks whose session it is, again and again, and at the Origin: of sessions only,
# since a script with a token sends none.
application = ProtocolTypeRouter(
    {
        "http": FirstPrepares(http_application),
        "websocket": SessionMiddlewareStack(URLRouter(websocket_urlpatterns)),
    }
)

# Daphne waits for the threads that answer requests; some wait for the trainer, for minutes.
if reactor := sys.modules.get("twisted.internet.reactor"):
    reactor.addSystemEventTrigger("before", "shutdown", LEAVING.set)

# What the start made stays for good. Else a full collection goes through all of it, so that Python
# puts it off until thousands of sockets have left their cycles behind.
gc.collect()
gc.freeze()
