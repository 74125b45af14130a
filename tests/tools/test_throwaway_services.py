"""The throw-away PostgreSQL and Valkeys are there for the command, and gone afterwards."""

import subprocess
import sys

import psutil
import pytest
from django.conf import settings

COMMAND = """
import os, sys
import psycopg, redis
version = psycopg.connect(os.environ["DATABASE_URL"]).execute("show server_version").fetchone()
valkeys = [redis.Redis.from_url(url) for url in os.environ["ACC_THROWAWAY_SERVICES"].split()]
first = redis.Redis.from_url(os.environ["REDIS_URL"])
first.set("mine", 1)
print(version[0], [valkey.exists("mine") for valkey in valkeys])
print(os.environ["DATABASE_URL"].split("%2F")[2])
sys.exit(5)
"""

pytestmark = pytest.mark.postgres


def test_the_command_finds_all_and_its_exit_code_is_kept():
    tool = ["-m", "tests.tools.throwaway_services", "--valkeys", "2"]
    ended = subprocess.run(
        [sys.executable, *tool, sys.executable, "-c", COMMAND],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    answers, place = ended.stdout.splitlines()
    assert ended.returncode == 5, ended.stderr
    assert answers.endswith("[1, 0]")
    left = [p for p in psutil.process_iter(["cmdline"]) if place in str(p.info["cmdline"])]
    assert left == []
