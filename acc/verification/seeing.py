"""Promises about evaluations and reconstructions; as in `classes`."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from acc.verification.client import wait_for
from acc.verification.world import Json, World

IMAGE_COUNT = 8
PARTS = ("originals", "reconstructions", "differences")
# Ten kinds of digits: who guesses is right once in ten times.
GUESSED, LEARNED = 0.35, 0.5


def untrained(world: World) -> str:
    """Before any training, an evaluation finds a classification that guesses."""
    run = world.client.post("/eval/run")
    assert run["step"] == 0, f"an untrained model is at step {run['step']}"
    world.untrained = run["results"]
    accuracy = _classification(world, world.untrained)["accuracy"]
    assert 0 <= accuracy < GUESSED, f"accuracy {accuracy}"
    return f"accuracy {accuracy:.2f}"


def evaluation(world: World) -> str:
    """An evaluation gives each task's metrics as they are now; it and earlier ones are kept."""
    run = world.client.post("/eval/run")
    results = run["results"]
    assert results.keys() == world.attached().keys(), f"measured are {list(results)}"
    assert run["step"] > 0, "the model that is measured is the untrained one"
    accuracy = _classification(world, results)["accuracy"]
    assert LEARNED < accuracy <= 1, f"accuracy {accuracy}"
    for name, metrics in results.items():
        assert name == "dummy" or metrics != world.untrained[name], (
            f"{name} is as it was: {metrics}"
        )
    assert results["dummy"] == {"version": 2}, f"the edited file's metrics are {results['dummy']}"
    kept = world.client.get("/eval/history", limit=5)
    ids = [old["id"] for old in kept]
    assert len(ids) > 1, f"listed are {ids}"
    assert ids == sorted(ids, reverse=True), f"the order is {ids}"
    found = [old["results"] for old in kept if old["id"] == run["id"]]
    assert found == [results], f"it is kept as {found}"
    return f"accuracy {accuracy:.2f}, {len(results)} tasks, {len(kept)} in the history"


def reconstructions(world: World) -> str:
    """Held-out images stand beside what the trained model makes of them, and the difference."""
    answer = world.client.post("/eval/reconstructions", n=IMAGE_COUNT)
    assert list(answer["datasets"]) == ["digits"], f"of datasets, {list(answer['datasets'])}"
    assert answer["step"] > 0, "the model that is shown is the untrained one"
    shown = answer["datasets"]["digits"]
    for part in PARTS:
        assert len(shown[part]) == IMAGE_COUNT, f"{len(shown[part])} {part}"
        assert shown[part] == answer[part], f"{part} of the first dataset are others"
    originals_BN, images_BN = (_pixels(shown[part]) for part in PARTS[:2])
    assert len({row.tobytes() for row in originals_BN}) == IMAGE_COUNT, "images come twice"
    errors_BN = np.abs(images_BN - originals_BN)
    psnr = [10 * math.log10(1 / max(mse, 1e-12)) for mse in (errors_BN**2).mean(axis=1)]
    assert max(psnr) < 60, f"the reconstructions are the originals: {max(psnr):.0f} dB"
    # Eight bits a pixel, so that small differences from the exact figures are to be expected.
    assert np.allclose(psnr, shown["psnr"], atol=0.5), f"it says {shown['psnr']}, seen are {psnr}"
    others_BN = np.abs(images_BN - np.roll(originals_BN, 1, axis=0))
    assert errors_BN.mean() < others_BN.mean(), "they are no more like their own originals"
    _assert_shows(_colours(shown["differences"]), errors_BN)
    return f"{IMAGE_COUNT} pairs at step {shown['step']}, {np.mean(psnr):.1f} dB"


def _assert_shows(colours_BN3: NDArray[Any], errors_BN: NDArray[Any]) -> None:
    """Raise AssertionError unless pixels are the less like white, the larger the difference is."""
    distance_BN = np.abs(1 - colours_BN3).max(axis=2)
    assert distance_BN.std() > 0, "the differences show nothing"
    alike = np.corrcoef(distance_BN.ravel(), errors_BN.ravel())[0, 1]
    assert alike > 0.8, f"the differences show something else: correlation {alike:.2f}"


def _classification(world: World, results: dict[str, Json]) -> Json:
    tasks = world.attached().items()
    name = next(name for name, task in tasks if task["class_name"] == "ClassificationTask")
    found: Json = wait_for(lambda: results.get(name), seconds=0, what=f"the metrics of {name}")
    return found


def _pixels(images: list[str]) -> NDArray[Any]:
    """Return PNG images as rows of grey values in [0, 1]."""
    return np.stack([np.asarray(_opened(image).convert("L")).ravel() / 255.0 for image in images])


def _colours(images: list[str]) -> NDArray[Any]:
    """Return PNG images as rows of colours, values in [0, 1]."""
    return np.stack(
        [np.asarray(_opened(image).convert("RGB")).reshape(-1, 3) / 255.0 for image in images]
    )


def _opened(image: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(image)), formats=["PNG"])
