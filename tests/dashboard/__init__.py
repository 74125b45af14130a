"""The pages, asked over HTTP as a browser asks."""
