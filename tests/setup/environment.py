"""Points ACC at a throw-away home before Django's settings are read; pytest loads it first of all.

What the shell of whoever runs the tests holds is dropped, so that no test can reach a
real database, queue or data directory. tests/tools/throwaway_services.py says with
ACC_THROWAWAY_SERVICES that DATABASE_URL and REDIS_URL are its own and may be used, and which Valkey
is whose among several workers.
"""

import atexit
import os
import shutil
import tempfile

_OWN = "ACC_THROWAWAY_SERVICES"


def _prepare() -> None:
    keep = {_OWN, "DATABASE_URL", "REDIS_URL"} if os.environ.get(_OWN) else set()
    for name in list(os.environ):
        ours = name.startswith("ACC_") or name in {"DATABASE_URL", "REDIS_URL"}
        if ours and name not in keep:
            del os.environ[name]
    if valkeys := os.environ.get(_OWN, "").split():
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
        os.environ["REDIS_URL"] = valkeys[int(worker.removeprefix("gw"))]
    home = tempfile.mkdtemp(prefix="acc-test-")
    # The process id keeps forked children from deleting the home under the test run.
    atexit.register(_remove, home, os.getpid())
    os.environ["ACC_HOME"] = home
    os.environ["ACC_DEMO"] = "0"
    # On PostgreSQL too: the tests that share files between machines say so.
    os.environ["ACC_STORAGE"] = "files"
    # What tests ask of this machine goes to no proxy, whatever the shell, or a test, has set.
    os.environ["no_proxy"] = "127.0.0.1,localhost"
    # Small tensors on shared cores: torch's threads would mostly wait for one another.
    os.environ["OMP_NUM_THREADS"] = "1"


def _remove(home: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(home, ignore_errors=True)


_prepare()
