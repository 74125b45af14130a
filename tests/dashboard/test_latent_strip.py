"""The model's latent as segments that can be clicked."""

from itertools import pairwise

import pytest

from dashboard.latent_strip import segments_of


def test_the_latent_is_cut_into_its_factor_groups_and_what_lies_between():
    groups = [{"name": "style", "start": 6, "end": 10}, {"name": "digit", "start": 0, "end": 4}]
    parts = segments_of({"latent_dim": 12, "factor_groups": groups})
    assert [(part.name, part.start, part.end) for part in parts] == [
        ("digit", 0, 4),
        ("", 4, 6),
        ("style", 6, 10),
        ("", 10, 12),
    ]


@pytest.mark.parametrize(("latent_dim", "count"), [(32, 8), (10, 5), (7, 7), (1, 1), (11, 8)])
def test_a_latent_without_groups_is_cut_into_about_equal_parts(latent_dim, count):
    parts = segments_of({"latent_dim": latent_dim})
    assert len(parts) == count
    assert (parts[0].start, parts[-1].end) == (0, latent_dim)
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert all(part.width > 0 for part in parts)


def test_a_model_that_says_nothing_of_its_latent_has_no_segments():
    assert segments_of({}) == []
