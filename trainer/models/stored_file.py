"""Files that all machines share, kept as rows where no disk is shared."""

from django.db import models


class StoredFile(models.Model):
    """One file of the storage in the database; its content lies in its chunks."""

    name = models.CharField(max_length=300, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class StoredChunk(models.Model):
    """A run of a file's bytes: all chunks but the last one are of one size."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("file", "number"), name="one_chunk_a_number"),
        )

    def __str__(self) -> str:
        return f"{self.file_id}: chunk {self.number}"
