"""The border between processes: jobs go down, chunks come up."""
