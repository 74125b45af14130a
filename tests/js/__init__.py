"""The page's pure modules, tested by Node."""
