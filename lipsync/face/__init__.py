"""Where a face is in a picture: its points, and the track of them over time."""
