"""The forms of one's own account: a new API token, another password."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from dashboard.forms import PanelForm
from trainer.models import ApiToken
from trainer.services.roles import STEER
from trainer.services.tokens import tokens_working

LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "for ever")]
REVOKE = "revoke_tokens"
SCOPES = {
    ApiToken.Scope.READ: "read: look only",
    ApiToken.Scope.OPERATE: "operate: steer, too",
}


class TokenForm(PanelForm):
    """A token to be made."""

    name = forms.CharField(label="Name", max_length=80, help_text="Where it will be used.")
    scope = forms.ChoiceField(label="Scope", choices=list(SCOPES.items()))
    days = forms.TypedChoiceField(
        label="Works for",
        choices=LIFETIMES,
        required=False,
        initial="90",
        coerce=int,
        empty_value=None,
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="token_%s", **kwargs)
        if not owner.has_perm(STEER):
            self.fields["scope"] = forms.ChoiceField(
                label="Scope", choices=[(ApiToken.Scope.READ, SCOPES[ApiToken.Scope.READ])]
            )
        for name in ("scope", "days"):
            self.fields[name].widget.attrs["class"] = "select"


class _Counted(PasswordChangeForm):
    """Django's; wrong guesses count like those at the sign-in, lest a stolen session guesses on."""

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        self._request = request

    def clean_old_password(self) -> str:
        """Return the old password."""
        old: str = self.cleaned_data["old_password"]
        if authenticate(self._request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"])
        return old


def password_form(request: HttpRequest, data: Any = None) -> "SetPasswordForm[User]":
    """Return the form for another password; who has none yet is asked for no old one."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # the view let in nobody else
    has_one = user.has_usable_password()
    form = _Counted(request, user, data) if has_one else SetPasswordForm(user, data)
    if token_count := tokens_working(user).count():
        label = f"Revoke my API tokens, too ({token_count})"
        form.fields[REVOKE] = forms.BooleanField(label=label, required=False, initial=True)
        form.fields[REVOKE].widget.attrs["class"] = "check__box"
    for name, field in form.fields.items():
        if name != REVOKE:
            field.widget.attrs |= {"class": "field__control", "autofocus": False}
            field.widget.attrs.setdefault("autocomplete", "new-password")
    return form
