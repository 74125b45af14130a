"""A worker that is asked to end tells the job in its forked child."""

import subprocess
import sys

from django.conf import settings

FORK = """
import os
from celery.signals import worker_shutting_down
from trainer.worker.stop_flag import stop_requested
said, told = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    before = stop_requested()
    os.write(said[1], b"x")
    os.read(told[0], 1)
    os._exit(0 if (before, stop_requested()) == (False, True) else 1)
os.read(said[0], 1)
worker_shutting_down.send(sender=None, sig="TERM", how="Warm", exitcode=0)
os.write(told[1], b"x")
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_shutdown_of_the_worker_is_seen_in_the_child_that_it_forked_before():
    ended = subprocess.run([sys.executable, "-c", FORK], cwd=settings.BASE_DIR, check=False)
    assert ended.returncode == 0
