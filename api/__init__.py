"""The door for province systems: GraphQL at /graphql, with GraphiQL in a browser, and a guide at /docs."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

_STATIC: Final = Path(__file__).parent / "static"


def routes() -> list[BaseRoute]:
    """The door's routes. They need Tortoise, and in `app.state` a `reader` (pool) and a `contract`."""
    from api import contract, oauth
    from api.export_file import export_file
    from api.guide.page import guide
    from api.http import graphql
    from api.socket import graphql_socket

    return [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", graphql_socket),
        Route("/docs", guide, methods=["GET"]),
        Route("/schema.graphql", contract.text, methods=["GET"]),
        Route("/exports/{id:uuid}", export_file),
        Route("/oauth/token", oauth.token, methods=["POST"]),
        Route("/oauth/revoke", oauth.revoke, methods=["POST"]),
        Mount("/static/api", StaticFiles(directory=_STATIC)),
    ]
