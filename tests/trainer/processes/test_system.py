"""What a system says about its own end."""

import pytest

from trainer.processes.system import _stopping


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ([], "Stopping."),
        ([2], "Stopping; job 2 saves where it is. Ctrl-C again to hurry."),
        ([3, 2], "Stopping; job 3 and job 2 save where they are. Ctrl-C again to hurry."),
    ],
)
def test_ctrl_c_says_what_is_waited_for(jobs, said):
    assert _stopping(jobs) == said
