"""Whether a loop comes forward, as another thread sees it."""

from trainer.worker.pulse import Pulse


class Loop:
    step = 0


def test_a_loop_comes_forward_with_its_steps_and_with_what_it_leaves_them_for():
    loop, pulse = Loop(), Pulse()
    assert pulse.seen_at() is None
    pulse.follow(lambda: loop.step)
    with pulse.elsewhere():
        assert pulse.seen_at() is None  # a checkpoint before the first step says nothing yet
    loop.step = 1
    first = pulse.seen_at()
    assert first is not None
    assert pulse.seen_at() == first
    with pulse.elsewhere():
        assert (pulse.seen_at() or first) > first
