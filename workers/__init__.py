"""The engine room: what one worker process holds warm."""
