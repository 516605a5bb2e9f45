"""The pure core: speech, mouths, faces, frames and segments.

Arrays and strings in, arrays and bytes out. Nothing here knows Redis, Celery,
Flask, SQL, the environment, the wall clock or a global.
"""
