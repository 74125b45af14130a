"""The throw-away PostgreSQL and Valkey are there for the command, and gone afterwards."""

import subprocess
import sys

import psutil
import pytest
from django.conf import settings

COMMAND = """
import os, sys
import psycopg, redis
version = psycopg.connect(os.environ["DATABASE_URL"]).execute("show server_version").fetchone()
print(version[0], redis.Redis.from_url(os.environ["REDIS_URL"]).ping())
print(os.environ["DATABASE_URL"].split("%2F")[2])
sys.exit(5)
"""

pytestmark = pytest.mark.postgres


def test_the_command_finds_both_and_its_exit_code_is_kept():
    ended = subprocess.run(
        [sys.executable, "-m", "tests.tools.throwaway_services", sys.executable, "-c", COMMAND],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    answers, place = ended.stdout.splitlines()
    assert ended.returncode == 5, ended.stderr
    assert answers.endswith("True")
    left = [p for p in psutil.process_iter(["cmdline"]) if place in str(p.info["cmdline"])]
    assert left == []
