"""The files of pictures: named by their content, gone when no row names them."""

import datetime
import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from trainer.selectors.reconstructions import PICTURE_ROOM, picture_names

# Younger files may belong to a set that is being stored.
ORPHAN_SECONDS = 300


def picture_keep(png: bytes, *, room: str = PICTURE_ROOM) -> str:
    """Keep a picture under the hash of its content, once a room; return the file's name."""
    name = f"{room}/{hashlib.sha256(png).hexdigest()}.png"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(png))
    return name.removeprefix(f"{room}/")


def files_sweep() -> None:
    """Remove the files that no row names: several may name one, as originals come again."""
    named = picture_names()
    old = timezone.now() - datetime.timedelta(seconds=ORPHAN_SECONDS)
    for name in default_storage.listdir(PICTURE_ROOM)[1]:
        path = f"{PICTURE_ROOM}/{name}"
        if name not in named and default_storage.get_modified_time(path) < old:
            default_storage.delete(path)
