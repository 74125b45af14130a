"""The views of the pages and partials: thin, over selectors and services."""
