"""The client of the milestone's verification, against a server that presses Ctrl-C."""

import http.server
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from acc.verification.client import FEWEST_LOOKS, Client, wait_for


class Answer(http.server.BaseHTTPRequestHandler):
    """Sends SIGINT to the process that asks, and answers after that."""

    answered = 0

    def do_POST(self) -> None:
        for _ in range(int(self.path.split("presses=")[1][0])):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)  # a client that does not wait for the answer is gone by then
        type(self).answered += 1
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests look at what the client does."""


@pytest.fixture
def client() -> Iterator[Client]:
    Answer.answered = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield Client(f"http://127.0.0.1:{server.server_port}", "token", "mine")
    signal.signal(signal.SIGINT, before)
    server.shutdown()
    thread.join()
    server.server_close()


def test_ctrl_c_waits_for_the_answer_to_a_change(client):
    with pytest.raises(KeyboardInterrupt):
        client.post("/train/start?presses=1&")
    assert Answer.answered == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_ctrl_c_a_change_gives_its_answer(client):
    assert client.post("/train/start?presses=0&") == {}


def test_where_a_look_takes_all_the_time_there_are_more_of_them():
    looks = iter(range(1, 1000))
    assert wait_for(lambda: next(looks) == FEWEST_LOOKS, seconds=0, what="the fact")


def test_what_does_not_come_true_is_named():
    with pytest.raises(AssertionError, match=r"^the fact: not within \d+\.\d s$"):
        wait_for(lambda: False, seconds=0, what="the fact")
