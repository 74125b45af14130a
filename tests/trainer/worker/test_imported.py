"""Imported data, whose only place is its file: the file is there as long as the row is."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.setup.machines import Machines
from trainer.models import Dataset
from trainer.services.dataset_import import UPLOAD_ROOM
from trainer.services.datasets import dataset_delete
from trainer.worker import imported
from trainer.worker.build import dataset_build
from trainer.worker.dataset_keep import dataset_keep
from trainer.worker.imported import dataset_import_npz

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey"),
]


@pytest.fixture(params=["files", "database"])
def storage(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> str:
    """Where files are kept: on one machine's disk, or where several machines find them."""
    if request.param == "database":
        Machines(settings, tmp_path)
    else:
        settings.DATASET_DIR, settings.MEDIA_ROOT = tmp_path / "datasets", tmp_path / "media"
    return str(request.param)


def npz_import(name: str) -> Dataset:
    """Import the same array as the eval worker does."""
    buffer = io.BytesIO()
    np.savez(buffer, images=np.random.default_rng(4).integers(0, 255, (20, 8, 8), dtype=np.uint8))
    upload = default_storage.save(f"{UPLOAD_ROOM}/upload.npz", ContentFile(buffer.getvalue()))
    dataset_import_npz({"upload": upload, "name": name, "file_name": "noise.npz"})
    return Dataset.objects.get(name=name)


@pytest.mark.usefixtures("storage")
def test_data_that_is_deleted_while_the_same_data_is_imported_keeps_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = npz_import("old")
    register = dataset_keep

    def meanwhile(*given: Any, **facts: Any) -> Dataset:
        if Dataset.objects.filter(pk=old.pk).exists():
            dataset_delete(dataset=old)
        return register(*given, **facts)

    monkeypatch.setattr(imported, "dataset_keep", meanwhile)
    new = npz_import("new")
    assert not Dataset.objects.filter(name="old").exists()
    assert dataset_build(new.name, new.spec).content_hash() == new.content_hash == old.content_hash
