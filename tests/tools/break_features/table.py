"""All breakages, and the names of the checks that must notice them."""

import ast
from pathlib import Path

from tests.tools.break_features import of_attaching, of_classes, of_seeing, of_training
from tests.tools.break_features.breakage import Breakage

ROOT = Path(__file__).resolve().parents[3]

BREAKAGES: tuple[Breakage, ...] = (
    *of_classes.BREAKAGES,
    *of_attaching.BREAKAGES,
    *of_training.BREAKAGES,
    *of_seeing.BREAKAGES,
)


def check_names() -> list[str]:
    """Return the names of the checks of acc.test_m2, in order."""
    # Read, not imported: the copy that is broken has checks of the same names.
    tree = ast.parse((ROOT / "acc" / "verification" / "checks.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "CHECKS":
            assert isinstance(node.value, ast.Tuple)
            return [check.attr for check in node.value.elts if isinstance(check, ast.Attribute)]
    raise ValueError("acc/verification/checks.py has no CHECKS")
