"""Creates the virtual environment and installs a list of packages, each only where it is needed.

Usage: python3 requirements/install.py VENV run.txt|dev.txt|docs.txt|bench.txt

Runs on the system's Python, whatever its version, and says so where that is too old.
"""

import hashlib
import json
import os
import re
import subprocess
import sys

OLDEST = (3, 11)
HERE = os.path.dirname(os.path.abspath(__file__))
# Downloads below this size are over before anybody wonders.
WORTH_A_LINE_MB = 20
STAMP = "acc-installed.json"


def main(venv, wanted):
    """Bring the environment to what the list asks for; return the exit code."""
    try:
        return setup(venv, wanted)
    except OSError as error:
        print("%s cannot be used (%s)." % (error.filename or venv, error.strerror))
        print("Name another directory for the environment: make run VENV=/path/of/your/choice")
        return 2


def setup(venv, wanted):
    """Create what is missing, install what is missing; return the exit code."""
    if sys.version_info < OLDEST:
        print("ACC needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])
        print("Name a newer one, for example: make run PYTHON3=python3.12")
        return 2
    python = os.path.join(venv, "bin", "python")
    stamp = os.path.join(venv, STAMP)
    if not works(python) and not create(venv):
        return 2
    done = read(stamp)
    if done.get(wanted) == digest(wanted):
        return 0
    print("Installing the packages of requirements/%s" % wanted, flush=True)
    if wanted not in ("docs.txt", "bench.txt") and "torch" not in installed(python):
        print(
            "(the first time this downloads PyTorch, some gigabytes: it takes minutes)", flush=True
        )
    code = pip_install(python, wanted)
    if code:
        print("The packages could not be installed; pip's lines above say why.")
        return code
    done[wanted] = digest(wanted)
    if wanted == "dev.txt":  # it includes the other list
        done["run.txt"] = digest("run.txt")
    write(stamp, done)
    return 0


def create(venv):
    """Make the environment where there is nothing, or one of ours; return whether it is there."""
    os.makedirs(venv, exist_ok=True)
    there = set(os.listdir(venv))
    # The stamp alone is what a creation leaves that failed at once.
    if there and not (STAMP in there and ("pyvenv.cfg" in there or len(there) == 1)):
        print("%s holds something that is no virtual environment of ACC's making." % venv)
        print("Nothing in it was changed. Remove it, or name another: make run VENV=.venv")
        return False
    print("Creating the virtual environment %s" % venv, flush=True)
    write(os.path.join(venv, STAMP), {})  # also finds out whether we may write here
    command = [sys.executable, "-m", "venv", "--clear", venv]
    try:
        failed = subprocess.call(command)
    finally:  # after Ctrl-C too: the next start must know what is left as ours
        write(os.path.join(venv, STAMP), {})
    if failed:
        print("That failed. On Debian and Ubuntu: apt-get install python3-venv")
    return not failed


def works(python):
    """Return whether the environment's Python runs: the one it is made of may have been removed."""
    if not os.path.exists(python):
        return False
    code = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.call([python, "-c", code], stderr=subprocess.DEVNULL) == 0


def digest(wanted):
    """Return a digest of a list and of the lists that it includes."""
    with open(os.path.join(HERE, wanted)) as file:
        text = file.read()
    included = re.findall(r"^-r\s+(\S+)", text, re.MULTILINE)
    parts = [text] + [digest(name) for name in included]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read(stamp):
    """Return what was installed before, by list."""
    try:
        with open(stamp) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def write(stamp, done):
    """Note what is installed."""
    with open(stamp, "w") as file:
        json.dump(done, file)


def installed(python):
    """Return the names of the packages in the environment."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "list", "--format=json"]
    listed = subprocess.run(command, stdout=subprocess.PIPE).stdout
    return {package["name"] for package in json.loads(listed or b"[]")}


def pip_install(python, wanted):
    """Run pip; show its errors and its large downloads, one line each."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    command += ["--progress-bar", "off", "-r", os.path.join(HERE, wanted)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=None, universal_newlines=True
    )
    for line in process.stdout:
        found = re.match(r"\s*Downloading (\S+?)(?:-\d\S*)? \((\d+)\.?\d* MB\)", line)
        if found and int(found.group(2)) >= WORTH_A_LINE_MB:
            name = os.path.basename(found.group(1))
            print("  %s, %s MB" % (name, found.group(2)), flush=True)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
