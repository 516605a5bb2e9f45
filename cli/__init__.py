"""The `avatar` command, one room a verb group."""
