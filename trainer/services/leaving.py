"""Whether this process is about to end: what waits in a request then gives up at once."""

import threading

LEAVING = threading.Event()
