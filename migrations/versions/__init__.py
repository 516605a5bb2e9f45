"""One room a step, numbered."""
