"""The text of one utterance, while it is being written: append, flush, end.

Beside web.speak_routes, which begins it. The same over the socket is in web.relay.
"""

from flask import Blueprint, Response, jsonify, request

from web.bodies import read_append
from web.services import services
from web.speak_routes import owned

texts = Blueprint("texts", __name__, url_prefix="/v1/utterances")


@texts.post("/<utterance_id>/text")
def append(utterance_id: str) -> Response:
    """Append to an open text; the answer comes when it is written down."""
    body = read_append(request)
    return jsonify(services().writing.append(owned(utterance_id).id, body))
