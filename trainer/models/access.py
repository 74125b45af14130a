"""Who may come in without a password: once by a link, or again and again by a token."""

from django.conf import settings
from django.db import models


class SignInLink(models.Model):
    """A one-time link that signs a user in. Only its hash is stored."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link for {self.user}"


class ApiToken(models.Model):
    """A token with which a script acts as its owner, or only looks.

    Stored is its plain SHA-256. A slow hash is for passwords, which can be guessed; of 256 random
    bits nobody tries a noticeable part, and each call of a script would pay for the slowness.
    """

    class Scope(models.TextChoices):
        """What a script may do with it; never more than its owner."""

        READ = "read", "read"
        OPERATE = "operate", "operate"

    name = models.CharField(max_length=80)
    token_sha256 = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16, help_text="Its beginning, to recognise it by.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.READ)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        # Of all of ACC; it hangs here because Django wants a model to hang it on.
        permissions = (("steer", "May steer: train, attach, load, import, delete"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
