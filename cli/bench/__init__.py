"""`avatar bench`: what a viewer of the running service sees, measured."""
