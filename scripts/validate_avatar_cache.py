"""Another door to `avatar cache validate`, by the name that operators know."""

from cli.cache import validate

if __name__ == "__main__":
    validate()
