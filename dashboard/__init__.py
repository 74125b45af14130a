"""The Django app of the pages: the dashboard, its htmx partials and the sign-in."""
