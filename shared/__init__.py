"""The nouns of the product, a package each; below them the tools and the ground they stand on.

`functions/` calls it and nothing here knows which function does; `pyproject.toml` holds the layers.
"""
