"""What docs/deploying.md and deploy/ promise: names, files that parse, steps that work."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml  # comes with djlint
from django.conf import settings
from django.core.management import get_commands

from tests.setup.needs import postgres_bin
from tests.tools.throwaway_services import postgres
from trainer.processes.specs import socket_limits, web_spec

ROOT: Path = settings.BASE_DIR
PAGE = ROOT / "docs/deploying.md"
FILES = sorted(path for path in (ROOT / "deploy").iterdir() if path.is_file())
TEXTS = {path.name: path.read_text() for path in (PAGE, *FILES)}
UNITS = [path for path in FILES if path.suffix == ".service"]


def known_variables() -> set[str]:
    """Return the environment variables that the settings read."""
    read = re.findall(r'env_\w+\(\s*"(\w+)"', (ROOT / "accsite/settings.py").read_text())
    return {*read, "PATH"}


@pytest.mark.parametrize("name", TEXTS)
def test_every_variable_and_command_that_is_named_exists(name):
    variables = set(re.findall(r"\b(?:ACC_[A-Z_]+|DATABASE_URL|REDIS_URL)\b", TEXTS[name]))
    assert variables <= known_variables()
    commands = set(re.findall(r"manage\.py[\"', ]+(\w+)", TEXTS[name]))
    assert commands <= get_commands().keys()


def test_every_file_that_the_page_names_is_there():
    named = set(re.findall(r"deploy/[\w@.-]+\w", TEXTS[PAGE.name]))
    assert named
    assert all((ROOT / name).exists() for name in named)
    linked = re.findall(r"\]\(([^)h][^)]*)\)", TEXTS[PAGE.name])
    assert all((PAGE.parent / name).exists() for name in linked)


def test_the_compose_file_starts_services_that_wait_for_services_that_exist():
    composed: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    services = composed["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert volumes - {"127.0.0.1"} <= composed["volumes"].keys()
    homes = [tuple(services[name]["volumes"]) for name in ("web", "trainer-1", "trainer-2")]
    assert len(set(homes)) == 3
    assert "postgres" in services["web"]["environment"]["DATABASE_URL"]


def test_the_web_side_is_started_as_up_starts_it():
    ours = [word for word in web_spec(lock_fd=0).argv[1:] if word not in {"-b", settings.ACC_HOST}]
    ours.remove(str(settings.ACC_PORT))
    (unit,) = re.findall(r"^ExecStart=(.*)$", TEXTS["acc-web.service"], re.MULTILINE)
    composed: dict[str, Any] = yaml.safe_load(TEXTS["compose.yaml"])
    for started in (unit.split(), composed["services"]["web"]["command"]):
        assert [word for word in ours if word not in started] == []
        limits = socket_limits()
        begin = started.index(limits[0])
        assert started[begin : begin + len(limits)] == limits
        assert started[started.index("-v") + 1] == "0"


def test_no_page_says_to_start_daphne_without_its_arguments():
    for name in ("README.md", "docs/deploying.md"):
        assert "daphne accsite.asgi" not in (ROOT / name).read_text()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_one_that_systemd_takes(unit, tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        # Where there is none, the sections and keys at least are of a unit's shape.
        assert re.fullmatch(r"(#.*\n|\[\w+\]\n|\w+=.*\n|\n)+", unit.read_text())
        return
    # The paths that a machine with ACC has, on one that has it elsewhere.
    text = unit.read_text().replace("/opt/acc/.venv/bin/python", sys.executable)
    (tmp_path / unit.name).write_text(text)
    checked = subprocess.run(
        [program, "verify", "--man=no", tmp_path / unit.name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def run(home: Path, *arguments: str, check: bool = True, database: str = "") -> str:
    """Return what a command prints on a home of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "ACC_HOME": str(home), "DATABASE_URL": database, "ACC_STORAGE": ""},
        check=check,
        capture_output=True,
        text=True,
    ).stdout


def command(beginning: str) -> str:
    """Return the one line of the page that begins so."""
    (line,) = re.findall(rf"^    ({re.escape(beginning)}.*)$", TEXTS[PAGE.name], re.MULTILINE)
    return str(line)


COUNT = "from trainer.models import Experiment as E; print('found', E.objects.count())"
MAKE = (
    "from trainer.models import Experiment as E; "
    "E.objects.create(slug='kept', model_class='ConvVAE', is_active=True)"
)


@pytest.mark.long
def test_a_backup_put_back_as_the_page_says_is_the_system_as_it_was(tmp_path):
    home, place = tmp_path / "home", tmp_path / "monday"
    run(home, "migrate", "--no-input")
    run(home, "shell", "-c", MAKE)
    for room in ("checkpoints", "datasets"):
        (home / room).mkdir()
        (home / room / "one.safetensors").write_bytes(b"content")
    asked = command("manage.py backup").split()[1:-1]
    run(home, *asked, str(place))
    shutil.rmtree(home)
    home.mkdir()
    restore = command("cp -a").replace("/backups/monday", str(place))
    subprocess.run(restore, shell=True, check=True, env={**os.environ, "ACC_HOME": str(home)})
    assert run(home, "shell", "-c", COUNT).strip().endswith("found 1")
    assert (home / "checkpoints/one.safetensors").read_bytes() == b"content"
    assert (home / "datasets/one.safetensors").read_bytes() == b"content"
    # A second one does not overwrite the first, and one that looks elsewhere saves nothing.
    assert not run(home, *asked, str(place), check=False)
    assert not run(tmp_path / "another", *asked, str(tmp_path / "empty"), check=False)
    assert not (tmp_path / "empty").exists()


def run_line(line: str, database: str, **replaced: str) -> None:
    """Run a line of the page in a shell, with other paths in it."""
    for old, new in replaced.items():
        line = line.replace(f"/backups/{old}.dump", new)
    programs = postgres_bin()
    assert programs is not None
    path = f"{programs}:{os.environ['PATH']}"
    environment = {**os.environ, "DATABASE_URL": database, "PATH": path}
    subprocess.run(line, shell=True, check=True, env=environment)


@pytest.mark.postgres
@pytest.mark.long
def test_a_system_moves_to_postgresql_and_comes_back_from_its_dump(tmp_path):
    home, moved = tmp_path / "home", str(tmp_path / "acc.json")
    run(home, "migrate", "--no-input")
    run(home, "shell", "-c", MAKE)
    dump = command("manage.py dumpdata").split()[1:-1]
    run(home, *dump, moved)
    with tempfile.TemporaryDirectory(prefix="acc-pg-", dir="/tmp") as place:
        Path(place).chmod(0o755)
        with postgres(Path(place) / "pg", over_tcp=True) as database:
            for arguments in (["migrate", "--no-input"], ["loaddata", moved], ["sharefiles"]):
                run(home, *arguments, database=database)
            assert run(home, "shell", "-c", COUNT, database=database).strip().endswith("found 1")
            file = str(tmp_path / "monday.dump")
            run_line(command("pg_dump"), database, monday=file)
            run(home, "shell", "-c", COUNT.replace("count()", "all().delete()"), database=database)
            run_line(command("pg_restore"), database, monday=file)
            assert run(home, "shell", "-c", COUNT, database=database).strip().endswith("found 1")
