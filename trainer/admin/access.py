"""Users and groups in the look of the rest; these are edited here."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from trainer.services.access import sign_in_links_end
from trainer.services.tokens import tokens_revoke

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # unfold: no types
    """People who may sign in, and their roles; that of an administrator is "superuser"."""

    list_display = ("username", "email", "is_active", "is_superuser", "last_login")
    list_filter = ("is_superuser", "is_active", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("May", {"fields": ("is_active", "groups", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2", "groups")}),
    )

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  # Django's name
        form_url: str = "",
    ) -> HttpResponse:
        """Set the password of somebody else; for one's own, the old one is asked for elsewhere.

        Their sign-in links and API tokens end with their sessions: somebody else may have them.
        """
        person = self.get_object(request, unquote(id))
        if person == request.user:
            messages.info(request, "Your own password is changed here, by giving the old one.")
            return redirect("dashboard:access")
        answer = super().user_change_password(request, id, form_url)
        if person is not None and request.method == "POST" and answer.status_code == 302:
            sign_in_links_end(person)
            tokens_revoke(person)
        return answer


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # unfold carries no types
    """Groups of people."""
