"""The database's shape, step by step; `run` takes the steps from code."""
