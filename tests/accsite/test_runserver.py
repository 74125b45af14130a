"""The web side as its writer starts it."""

import os
import sys
import urllib.request
from urllib.error import URLError

from django.conf import settings

from acc.verification.ports import free_port
from tests.setup.waiting import wait_until
from trainer.processes.children import child_start


def test_runserver_listens_where_the_environment_says(tmp_path):
    port = free_port()

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    process = child_start(
        [sys.executable, "manage.py", "runserver", "--noreload"],
        log=tmp_path / "runserver.log",
        env={**os.environ, "ACC_HOME": str(tmp_path / "home"), "ACC_PORT": str(port)},
    )
    try:
        wait_until(answers, f"it answers at port {port} of {settings.ACC_HOST}")
    finally:
        process.kill()
        process.wait()
