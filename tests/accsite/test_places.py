"""Where the socket lies, and how a secret is made."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from accsite.places import home_create, secret_key, valkey_socket
from trainer.secret_file import secret_file


def test_the_socket_lies_in_the_data_directory():
    assert valkey_socket(Path("/srv/acc")) == Path("/srv/acc/valkey.sock")


def test_a_long_data_directory_gets_a_short_socket_of_its_own():
    one, two = (valkey_socket(Path("/srv") / ("x" * 90) / name) for name in ("one", "two"))
    assert len(os.fsencode(one)) <= 100
    assert one != two
    assert one == valkey_socket(Path("/srv") / ("x" * 90) / "one")


def test_the_length_is_counted_in_bytes():
    assert valkey_socket(Path("/srv") / ("é" * 50)).parent.name == f"acc-{os.getuid()}"


def test_the_secret_is_made_once_and_is_its_owners(tmp_path):
    path = tmp_path / "secret"
    made = secret_file(path)
    assert len(made) > 40
    assert secret_file(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_first_starts_at_the_same_moment_agree_on_the_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(secret_file, [tmp_path / "secret"] * 32))
    assert len(made) == 1


def test_an_empty_key_file_is_refused(tmp_path):
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(SystemExit, match="is empty"):
        secret_key(tmp_path)


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="cannot be created"):
        home_create(tmp_path / "file" / "home")


def test_what_acc_writes_is_its_owners_alone_in_a_home_that_others_may_read(tmp_path):
    tmp_path.chmod(0o755)
    old = [tmp_path / f"acc.sqlite3{end}" for end in ("", "-wal")]
    for path in old:
        path.touch()
        path.chmod(0o644)
    environment = {**os.environ, "ACC_HOME": str(tmp_path), "DATABASE_URL": "", "ACC_STORAGE": ""}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input"],
        cwd=settings.BASE_DIR,
        env=environment,
        check=True,
        capture_output=True,
        preexec_fn=lambda: os.umask(0o022),
    )
    written = [path for path in tmp_path.rglob("*") if not path.is_socket()]
    assert {"acc.sqlite3", "secret-key"} <= {path.name for path in written}
    assert [path for path in written if path.stat().st_mode & 0o077] == []
