"""The registry: rows, files and caches of avatars."""
