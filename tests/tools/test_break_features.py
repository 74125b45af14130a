"""The deliberate breakages still apply to the tree, and each check has one that it must notice."""

import ast

import pytest

from tests.tools.break_features.table import BREAKAGES, ROOT, check_names

BY_NAME = {breakage.name: breakage for breakage in BREAKAGES}


def test_names_are_given_once():
    assert len(BY_NAME) == len(BREAKAGES)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_breakage_applies_to_the_tree_and_leaves_code(name):
    breakage = BY_NAME[name]
    text = (ROOT / breakage.file).read_text()
    broken = breakage.applied_to(text)
    assert broken != text
    assert ast.parse(broken)


def test_each_check_has_a_breakage_that_it_must_notice():
    assert {breakage.check for breakage in BREAKAGES} == set(check_names())


def test_text_that_is_gone_or_there_twice_is_told():
    breakage = BREAKAGES[0]
    with pytest.raises(ValueError, match="2 times, not once"):
        breakage.applied_to(breakage.old * 2)
