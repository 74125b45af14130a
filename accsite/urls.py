"""All URLs: the admin, the dashboard's pages, and the API at the root of the site."""

from django.contrib import admin
from django.urls import include, path

from dashboard.views.sign_in import admin_sign_in
from trainer.api import api

urlpatterns = [
    # One way in: the admin's own sign-in page gives way to ours.
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
    # Before the API, whose root would answer "/" otherwise.
    path("", include("dashboard.urls")),
    path("", api.urls),
]

handler400 = "accsite.errors.bad_request"
handler403 = "accsite.errors.permission_denied"
handler404 = "accsite.errors.not_found"
handler500 = "accsite.errors.server_error"
