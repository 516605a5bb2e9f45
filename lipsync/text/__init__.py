"""What is written, shown and spoken: cleaning, limits, sentences. Standard library only."""
