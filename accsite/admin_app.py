"""The admin as an app of this site, with a site that lets in administrators alone."""

from django.contrib.admin.apps import AdminConfig


class AdministratorsAdmin(AdminConfig):
    """Django's admin with our site in place of its own."""

    default_site = "accsite.admin_site.AdministratorsSite"
