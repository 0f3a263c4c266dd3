"""Renders the guide, in Vietnamese or English; its code examples call the public address."""

import json
import re
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.contract.deprecation import deprecations
from api.contract.served import core_schema
from api.cost import limits
from api.cost.directives import MAX_PAGE_SIZE
from api.guide.changelog import RELEASES
from api.guide.errors import ERRORS
from api.guide.tasks import TASKS, document
from api.reads.connections import DEFAULT_PAGE_SIZE
from api.reads.context import preferred_language
from api.transport.capacity import MAX_SUBSCRIPTIONS_PER_CALLER
from api.transport.services import services_of
from records.access import partners
from records.core.language import Language, format_date, format_number, translate
from records.delivery import exports
from records.tables.partners import BUDGET_LIMIT, BUDGET_RESTORE

# The names of the programming languages, by the suffix of their templates in code/.
LANGUAGES: Final = {"bash": "curl", "python": "Python", "typescript": "TypeScript"}

_HERE: Final = Path(__file__).parent


async def guide(request: Request) -> Response:
    """The page at /docs."""
    services = services_of(request)
    base = services.settings.address
    language = _language(request)
    texts = _translations(language)
    html = (
        _environment()
        .get_template("templates/guide.html")
        .render(
            texts,
            asset=services.assets.address,
            path=request.url.path,
            languages=LANGUAGES,
            base=base,
            tasks=TASKS,
            setup=_code_by_language("setup", texts, base=base),
            code={task.name: _code_by_language(task.kind, texts, task=task) for task in TASKS},
            errors=ERRORS,
            limits=limits,
            token_minutes=partners.TOKEN_LIFE.seconds // 60,
            subscriptions=MAX_SUBSCRIPTIONS_PER_CALLER,
            exports_a_day=exports.MOST_A_DAY,
            page={"usual": DEFAULT_PAGE_SIZE, "most": MAX_PAGE_SIZE},
            budget={"limit": BUDGET_LIMIT, "restore": BUDGET_RESTORE},
            deprecations=deprecations(core_schema(services.contract.whole.schema)),
        )
    )
    return _page(html, language)


async def changelog(request: Request) -> Response:
    """The page at /docs/changelog."""
    language = _language(request)
    template = _environment().get_template("templates/changelog.html")
    html = template.render(
        _translations(language),
        path=request.url.path,
        asset=services_of(request).assets.address,
        releases=RELEASES,
    )
    return _page(html, language)


def _page(html: str, language: Language) -> Response:
    headers = {"Content-Language": language.value, "Vary": "Accept-Language"}
    return HTMLResponse(html, headers=headers)


def _language(request: Request) -> Language:
    """The language in the query string, or else the one that the browser prefers."""
    named = request.query_params.get("language", "")
    return (
        Language(named)
        if named in set(Language)
        else preferred_language(request.headers.get("accept-language", ""))
    )


def _translations(language: Language) -> dict[str, Any]:
    """The template functions that depend on the language."""
    return {
        "language": language.value,
        "_": partial(translate, language),
        "number": partial(format_number, language),
        "day": format_date,
        "document": document,
    }


def _code_by_language(name: str, texts: Mapping[str, Any], **values: Any) -> dict[str, str]:
    """The rendered code of a template, by programming language."""
    return {
        language: _environment().get_template(f"code/{language}/{name}.jinja").render(texts, **values).strip()
        for language in LANGUAGES
    }


def _mark_code(text: str) -> Markup:
    """`text` with the parts in backticks as `<code>` elements."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - what is not ours was escaped


def _json(value: Mapping[str, Any], *, more: bool = False) -> str:
    """JSON that is valid Python and TypeScript too; with `more` it is left open for further fields."""
    short = json.dumps(value, ensure_ascii=False)
    text = short if len(short) < 70 else json.dumps(value, ensure_ascii=False, indent=2)
    return text.removesuffix("}").rstrip() if more else text


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"marked": _mark_code, "json": _json, "line": lambda text: " ".join(text.split())}
    return environment
