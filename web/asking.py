"""How a repeated request is known: the id it asks for, and what it asked.

The same Idempotency-Key of the same owner always names the same row, so nothing else is kept.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping

from flask import request

from web.tokens import Caller


def asked_id(caller: Caller) -> str:
    """Return the id of the row that this request makes, random unless it carries an Idempotency-Key."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return uuid.uuid4().hex
    # The path is in it, since a key may be used again at another address.
    told = f"{request.path}\n{key}".encode()
    return hmac.new(caller.owner.encode(), told, hashlib.sha256).hexdigest()[:32]


def fingerprint(told: Mapping[str, object]) -> str:
    """Return what two requests with one Idempotency-Key must agree in, as one checksum."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
