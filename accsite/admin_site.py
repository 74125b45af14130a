"""The site of the admin: it holds users and their rights, so staff is not enough."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

from trainer.services.roles import Credentials, Need, NotAllowed, access_require


class AdministratorsSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold carries no types
    """Django's, for who may administer."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether whoever asks may see any of the admin."""
        if not request.user.is_authenticated:
            return False
        try:
            access_require(Credentials(request.user), Need.ADMINISTER)
        except NotAllowed:
            return False
        return True

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one page where one's own password is changed, and wrong guesses count."""
        return redirect("dashboard:access")
