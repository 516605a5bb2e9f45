"""The contract as a page to read: requests, close codes and problems, in the studio's own style.

Drawn from the OpenAPI document, so that page and document say the same. No script: a browser
shows it, and a link such as `/docs#text-silent` stands on the right line.
"""

import html
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from web.protocol import CloseCode

_GROUPS: Final = {
    "tokens": "Signing in", "session": "Signing in", "utterances": "Utterances",
    "avatars": "Avatars and voices", "batches": "Avatars and voices", "uploads": "Uploads that resume",
    "recordings": "Recordings",
    "voices": "Avatars and voices", "lexicon": "How words are said",
}  # fmt: skip

CLOSE_ADVICE: Final[Mapping[CloseCode, str]] = {
    CloseCode.ENDED: "The stream was told to its end. Fetch the file if you want it.",
    CloseCode.INTERNAL: "The service failed. Ask for a new ticket and resume.",
    CloseCode.DRAIN: "This process is leaving. Ask for a new ticket and resume at once.",
    CloseCode.NOT_ALLOWED: "The first message was late or garbled, or its ticket used or expired. "
    "Ask for a new one.",
    CloseCode.GONE: "Your position is no longer kept. Take the finished file.",
    CloseCode.SLOW: "Messages were not read in time. Ask for a new ticket and resume.",
    CloseCode.FAILED: "The utterance failed; the last message told why.",
}

_EXAMPLE: Final = """curl -X POST "$AVATAR_URL/v1/tokens" -H "Authorization: Bearer $AVATAR_KEY"
curl -X POST "$AVATAR_URL/v1/utterances" -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"avatar": "samira", "text": "سلام! حالتان چطور است؟"}'"""

_MARK: Final = (
    '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="10"/>'
    '<path d="M9 13.5a7 7 0 0 1 14 0v3a7 7 0 0 1-14 0z"/>'
    '<path class="wave" d="M12.4 17.6c1 2 2.2 2.9 3.6 2.9s2.6-.9 3.6-2.9z"/></svg>'
)

Problem = tuple[int, str, str, str]
"""Status, slug, what to do, and the same in Persian."""


def render(contract: Mapping[str, Any], problems: Iterable[Problem]) -> str:
    """Return the page.

    Args:
        contract: the OpenAPI document.
        problems: every problem the service answers with.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>Avatar Streaming Service: the contract</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="/studio/favicon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/studio/fonts.css"><link rel="stylesheet" href="/studio/styles.css">'
        '<link rel="stylesheet" href="/docs/style.css"></head><body>'
        f'<header class="bar"><a class="brand" href="/">{_MARK}<span>Avatar Studio</span></a>'
        '<nav class="tools"><a class="quiet" href="/v1/openapi.json">openapi.json</a></nav></header>'
        f'<main class="contract">{_introduction()}{_requests(contract)}{_codes()}{_problems(problems)}'
        "</main></body></html>"
    )


def _introduction() -> str:
    return (
        "<h1>The contract</h1>"
        '<p class="lead">Send a text, watch an avatar say it. A key becomes a token, a token posts an '
        "utterance, and the answer says where its stream is.</p>"
        f'<pre tabindex="0"><code>{_text(_EXAMPLE)}</code></pre>'
        '<nav class="contents"><a href="#requests">Requests</a><a href="#close-codes">Close codes</a>'
        '<a href="#problems">Problems</a></nav>'
    )


def _requests(contract: Mapping[str, Any]) -> str:
    drawn = ['<h2 id="requests">Requests</h2>']
    for title, paths in groupby(contract["paths"].items(), lambda item: _group(item[0])):
        drawn.append(f"<h3>{_text(title)}</h3>")
        for path, methods in paths:
            drawn += [_operation(contract, path, method, told) for method, told in methods.items()]
    return "".join(drawn)


def _group(path: str) -> str:
    # What stands behind a colon is something done with the whole collection.
    return _GROUPS[path.split("/")[2].partition(":")[0]]


def _operation(contract: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any]) -> str:
    shown = re.sub(r"(\{\w+\})", r"<i>\1</i>", _text(path).replace("/", "/<wbr>"))
    fields = _fields(told.get("parameters", ()), _body(contract, told))
    answers = "".join(
        f'<li><b class="{_kind(status)}">{_text(status)}</b> {_text(answer["description"])}</li>'
        for status, answer in told["responses"].items()
    )
    return (
        f'<article class="operation"><header><span class="method {method}">{method.upper()}</span>'
        f"<code>{shown}</code></header><p>{_text(told['summary'])}</p>{fields}"
        f'<ul class="answers">{answers}</ul></article>'
    )


def _body(contract: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
    if "requestBody" not in told:
        return {}
    reference: str = told["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema: Mapping[str, Any] = contract["components"]["schemas"][reference.rpartition("/")[2]]
    return schema


def _fields(parameters: Iterable[Mapping[str, Any]], body: Mapping[str, Any]) -> str:
    rows = [
        (each["name"], each["in"], each.get("required", False), each)
        for each in parameters
        if each["in"] != "path"
    ]
    wanted = body.get("required", ())
    rows += [(name, "body", name in wanted, each) for name, each in body.get("properties", {}).items()]
    drawn = "".join(
        f"<div><dt><code>{_text(name)}</code>{'<em>required</em>' if required else ''}</dt>"
        f"<dd>{_text(place)}, {_text(_type(told.get('schema', told)))}. "
        f"{_text(told.get('description', ''))}</dd></div>"
        for name, place, required, told in rows
    )
    return f'<dl class="fields">{drawn}</dl>' if rows else ""


def _type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    limits = [
        f"{word} {schema[name]}"
        for name, word in (
            ("minimum", "from"), ("maximum", "to"), ("minLength", "at least"), ("maxLength", "at most"),
        )
        if name in schema
    ]  # fmt: skip
    default = [f"default {schema['default']}"] if schema.get("default") is not None else []
    return " ".join([str(schema.get("type", "any")), *limits, *default])


def _codes() -> str:
    rows = "".join(
        f'<li><code>{int(code)}</code><span class="name">{code.name.lower().replace("_", " ")}</span>'
        f"<p>{_text(advice)}</p></li>"
        for code, advice in CLOSE_ADVICE.items()
    )
    return f'<h2 id="close-codes">Close codes of the WebSocket</h2><ul class="lines">{rows}</ul>'


def _problems(problems: Iterable[Problem]) -> str:
    rows = "".join(
        f'<li id="{_text(slug)}"><code>{status}</code><a class="name" href="#{_text(slug)}">{_text(slug)}</a>'
        f'<p>{_text(advice)}</p><p lang="fa" dir="rtl">{_text(persian)}</p></li>'
        for status, slug, advice, persian in problems
    )
    return (
        '<h2 id="problems">Problems</h2><p class="lead">Every refusal is problem details (RFC 9457); its '
        f'<code>type</code> is a link to a line here.</p><ul class="lines">{rows}</ul>'
    )


def _kind(status: str) -> str:
    return "bad" if status >= "400" else "good"


def _text(text: object) -> str:
    return html.escape(str(text))
