"""Classes found in files: what is on offer after a save, a mistake, a deletion."""

import dataclasses
import inspect
import os
import pickle
import sys
from pathlib import Path

import pytest

from acc.registry.source import content_hash, read_source
from tests.acc.registry.zoo import HEAD, Zoo, animal


@pytest.fixture
def zoo(tmp_path):
    return Zoo(tmp_path)


def test_a_new_file_is_on_offer_and_a_deleted_one_is_not(zoo, tmp_path):
    assert zoo.names == []
    (tmp_path / "dog.py").write_text(animal("Dog"))
    assert zoo.refresh()
    assert zoo.names == ["Dog"]
    assert zoo.get("Dog")().sound() == "woof"
    assert not zoo.refresh()
    (tmp_path / "dog.py").unlink()
    assert zoo.refresh()
    assert zoo.names == []


def test_two_saves_of_one_size_within_a_tick_are_told_apart(zoo, tmp_path):
    file = tmp_path / "dog.py"
    stamp = 1_700_000_000
    for sound in ("woof", "grrr", "woof", "yelp"):
        file.write_text(animal("Dog", sound))
        os.utime(file, (stamp, stamp))
        assert zoo.refresh()
        assert zoo.get("Dog")().sound() == sound
    os.utime(file)
    kept = zoo.get("Dog")
    assert not zoo.refresh()
    assert zoo.get("Dog") is kept


def test_an_older_file_put_back_is_noticed(zoo, tmp_path):
    file = tmp_path / "dog.py"
    file.write_text(animal("Dog", "new"))
    zoo.refresh()
    file.write_text(animal("Dog", "old"))
    os.utime(file, (1, 1))
    assert zoo.refresh()
    assert zoo.get("Dog")().sound() == "old"


def test_a_class_taken_out_of_a_file_goes(zoo, tmp_path):
    (tmp_path / "pets.py").write_text(animal("Dog") + animal("Cat", "meow"))
    zoo.refresh()
    (tmp_path / "pets.py").write_text(animal("Cat", "meow"))
    zoo.refresh()
    assert zoo.names == ["Cat"]


def test_no_bytecode_is_left_beside_the_files(zoo, tmp_path):
    (tmp_path / "dog.py").write_text(animal("Dog"))
    zoo.refresh()
    assert [path.name for path in tmp_path.iterdir()] == ["dog.py"]


def test_only_concrete_classes_of_the_file_itself_count(zoo, tmp_path):
    (tmp_path / "pets.py").write_text(
        "from abc import ABC, abstractmethod\n"
        "from tests.acc.registry.zoo import Animal, ImportedDog\n"
        "class Pet(Animal, ABC):\n    @abstractmethod\n    def name(self): ...\n"
        "class Stone: ...\n"
        "class Cat(Animal):\n    def sound(self): return 'meow'\n"
        "Alias = Cat\n"
    )
    zoo.refresh()
    assert zoo.names == ["Cat"]
    assert zoo.errors() == []


def test_a_class_that_lacks_a_method_is_reported_with_what_it_lacks(zoo, tmp_path):
    (tmp_path / "dog.py").write_text(
        "from tests.acc.registry.zoo import Beast\n\n"
        "class Dog(Beast):\n    def sounds(self): return 'woof'\n"
    )
    zoo.refresh()
    assert zoo.names == []
    assert zoo.problems == ["dog.py:3 Dog is not on offer: it lacks sound"]


@pytest.mark.parametrize(
    "text",
    [
        "from abc import ABC\nclass Pet(Beast, ABC): ...\n",
        (
            "from abc import abstractmethod\n"
            "class Pet(Beast):\n    @abstractmethod\n    def sound(self): ...\n"
        ),
        "class Pet(Beast): ...\nclass Cat(Pet):\n    def sound(self): return 'meow'\n",
    ],
)
def test_a_class_that_others_are_to_build_on_is_no_mistake(zoo, tmp_path, text):
    (tmp_path / "pets.py").write_text("from tests.acc.registry.zoo import Beast\n" + text)
    zoo.refresh()
    assert zoo.errors() == []


def of_files() -> set[str]:
    """Return the modules of this process that were made from people's files."""
    return {name for name in sys.modules if name.startswith("acc_files_")}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("class Dog(Animal:\n    pass\n", 1, "SyntaxError"),
        ("x = 1\n\nimport no_such_module_here\n", 3, "ModuleNotFoundError: No module named"),
        ("x = 1\ny = x / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)\n", 2, "ends the process as it loads: sys.exit(3)"),
        ("class Odd(BaseException): ...\nraise Odd('hm')\n", 2, "Odd: hm"),
        (
            "class Mute(Exception):\n    def __str__(self): return 1 / 0\nraise Mute\n",
            3,
            "Mute: <exception str() failed>",
        ),
        ("def f(): f()\nf()\n", 1, "RecursionError"),
        ("x = '\0'\n", None, "null bytes"),
    ],
)
def test_a_mistake_is_one_error_and_the_last_good_classes_stay(zoo, tmp_path, text, line, words):
    file = tmp_path / "dog.py"
    file.write_text(animal("Dog"))
    zoo.refresh()
    good = zoo.get("Dog")
    modules = of_files()
    file.write_text(text)
    assert zoo.refresh()
    (error,) = zoo.errors()
    assert words in error.error
    assert error.line == line
    assert (error.file, error.last_good) == (str(file), True)
    assert zoo.get("Dog") is good
    assert of_files() == modules
    assert "acc/registry" not in error.traceback
    file.write_text(animal("Dog", "better"))
    zoo.refresh()
    assert zoo.errors() == []
    assert zoo.get("Dog")().sound() == "better"


def test_a_file_that_never_loaded_says_that_nothing_of_it_is_left(zoo, tmp_path):
    (tmp_path / "dog.py").write_text("1 / 0")
    zoo.refresh()
    assert not zoo.errors()[0].last_good


def test_a_file_that_is_not_utf8_is_named_with_its_byte(zoo, tmp_path):
    (tmp_path / "dog.py").write_bytes(b"# \xe9\n")
    zoo.refresh()
    assert zoo.problems == ["dog.py:None the file is not UTF-8 text: byte 0xe9 at position 2"]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(zoo, tmp_path):
    content = b"\xef\xbb\xbf" + animal("Dog").replace("\n", "\r\n").encode()
    (tmp_path / "dog.py").write_bytes(content)
    zoo.refresh()
    (entry,) = zoo.list()
    assert entry.source.encode() == content
    assert entry.source_sha256 == content_hash(read_source(tmp_path / "dog.py").text)


def test_the_first_file_keeps_a_name_and_the_next_gets_it_after_that(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for directory in (first, second):
        directory.mkdir()
    (first / "z.py").write_text(animal("Dog", "first"))
    (second / "a.py").write_text("\n" + animal("Dog", "second") + animal("Cat", "meow"))
    zoo = Zoo(first, second)
    assert zoo.get("Dog")().sound() == "first"
    assert zoo.names == ["Cat", "Dog"]
    assert zoo.problems == [
        f"a.py:3 {first / 'z.py'} already defines a class Dog; rename this one to offer it too"
    ]
    (first / "z.py").unlink()
    zoo.refresh()
    assert zoo.get("Dog")().sound() == "second"
    assert zoo.errors() == []


@pytest.mark.parametrize(
    "name",
    ["_dog.py", ".dog.py", ".#dog.py", "#dog.py#", "dog.py~", "dog.py.swp", "flycheck_dog.py",
     "base.py", "registry.py", "__init__.py", "dog.txt"],
)  # fmt: skip
def test_what_is_no_class_file_is_passed_over(zoo, tmp_path, name):
    (tmp_path / name).write_text(animal("Dog"))
    assert not zoo.refresh()
    assert zoo.names == []


def test_dangling_links_and_directories_of_that_name_are_passed_over(zoo, tmp_path):
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / ".#lock.py").symlink_to("person@host.1234")
    (tmp_path / "folder.py").mkdir()
    assert not zoo.refresh()
    assert zoo.errors() == []


def test_a_directory_may_come_and_go(tmp_path):
    place = tmp_path / "later"
    zoo = Zoo(place)
    assert zoo.errors() == []
    place.mkdir()
    (place / "dog.py").write_text(animal("Dog"))
    zoo.refresh()
    assert zoo.names == ["Dog"]


def test_a_name_that_is_not_on_offer_says_what_is(zoo, tmp_path):
    with pytest.raises(KeyError) as refusal:
        zoo.get("Dog")
    assert str(refusal.value) == "no Animal class is called Dog; there are: none"
    (tmp_path / "pets.py").write_text(animal("Dog") + animal("Cat"))
    zoo.refresh()
    with pytest.raises(KeyError) as refusal:
        zoo.get("Cow")
    assert str(refusal.value) == "no Animal class is called Cow; there are: Cat, Dog"


def test_a_file_may_hold_dataclasses_and_its_objects_pickle(zoo, tmp_path):
    (tmp_path / "my.dog.py").write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass, KW_ONLY\n" + HEAD + "@dataclass\n"
        "class Dog(Animal):\n    name: str\n    _: KW_ONLY\n    age: int = 3\n"
        "    def sound(self): return self.name\n"
    )
    zoo.refresh()
    dog = zoo.get("Dog")("Rex", age=4)
    assert dataclasses.asdict(dog) == {"name": "Rex", "age": 4}
    # As worker processes of torch's loaders hand objects on; ACC itself loads no pickle.
    assert pickle.loads(pickle.dumps(dog)) == dog
    assert "age: int = 3" in inspect.getsource(type(dog))


def test_a_file_without_the_future_import_keeps_its_annotations_as_objects(zoo, tmp_path):
    (tmp_path / "dog.py").write_text(animal("Dog") + "    age: int = 3\n")
    zoo.refresh()
    assert zoo.get("Dog").__annotations__ == {"age": int}


def test_following_a_file_runs_nothing_of_it_in_this_process(zoo, tmp_path):
    (tmp_path / "dog.py").write_text(
        "import sys\nimport this\nsys.ran_here = True\n" + animal("Dog")
    )
    assert zoo.refresh()
    assert zoo.names == ["Dog"]
    assert not hasattr(sys, "ran_here")
    assert "this" not in sys.modules


def test_a_file_that_may_not_be_read_is_an_error_until_it_may(zoo, tmp_path, monkeypatch):
    def refuse(path):  # in place of chmod, which does not stop root
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "dog.py").write_text(animal("Dog"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        zoo.refresh()
    assert "PermissionError" in zoo.errors()[0].error
    zoo.refresh()
    assert zoo.errors() == []
    assert zoo.names == ["Dog"]
