"""Classes made from text: stored text, and files of the package that change under a process."""

import shutil
import subprocess
import sys
import traceback

import pytest

from acc.registry.source import PACKAGE_ROOT, load_class_from_source
from tests.acc.registry.zoo import HEAD, Animal, animal


def test_tracebacks_show_the_lines_of_text_that_lies_in_no_file():
    text = HEAD + "class Dog(Animal):\n    def sound(self):\n        return 1 / 0  # here\n"
    dog = load_class_from_source(text, "Dog", Animal, "/nowhere/dog.py")
    with pytest.raises(ZeroDivisionError) as failure:
        dog().sound()
    shown = "".join(traceback.format_exception(failure.value))
    assert 'File "/nowhere/dog.py", line 4, in sound' in shown
    assert "return 1 / 0  # here" in shown


def test_stored_text_gives_the_same_class_each_time_and_no_other_text_does():
    first = load_class_from_source(animal("Dog", "a"), "Dog", Animal, "/nowhere/dog.py")
    second = load_class_from_source(animal("Dog", "b"), "Dog", Animal, "/nowhere/dog.py")
    assert load_class_from_source(animal("Dog", "a"), "Dog", Animal, "/nowhere/dog.py") is first
    assert (first().sound(), second().sound()) == ("a", "b")
    with pytest.raises(LookupError, match="defines no Animal of the name Cat"):
        load_class_from_source(animal("Dog"), "Cat", Animal, "/nowhere/dog.py")


EDITED_PACKAGE = """
import pathlib
from acc.registry.source import PACKAGE_ROOT
from acc.tasks.classification import ClassificationTask
from acc.tasks.registry import TaskRegistry

registry = TaskRegistry()
assert registry.get("ClassificationTask") is ClassificationTask
file = PACKAGE_ROOT / "tasks" / "classification.py"
text = file.read_text()

file.write_text(text.replace("good=0.9", "good=0.8"))
assert registry.refresh()
assert registry.get("ClassificationTask").metrics[0].good == 0.8
assert ClassificationTask.metrics[0].good == 0.9

new = PACKAGE_ROOT / "tasks" / "dummy_task.py"
text = text.replace("class ClassificationTask", "class DummyTask")
new.write_text(text.replace("from acc.tasks.base", "from .base"))
assert registry.refresh()
entry = registry.entry("DummyTask")
assert (entry.module, entry.file) == ("acc.tasks.dummy_task", "acc/tasks/dummy_task.py")

new.unlink()
assert registry.refresh()
assert "DummyTask" not in [entry.class_name for entry in registry.list()]
assert registry.errors() == []
print(PACKAGE_ROOT)
"""


def test_files_of_the_package_itself_are_followed_too(tmp_path):
    shutil.copytree(PACKAGE_ROOT, tmp_path / "acc", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-c", EDITED_PACKAGE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == str(tmp_path / "acc")
