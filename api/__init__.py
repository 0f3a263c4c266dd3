"""The door for province systems: GraphQL at /graphql, with GraphiQL in a browser, and a guide at /docs."""

from starlette.routing import BaseRoute, Route, WebSocketRoute


def routes() -> list[BaseRoute]:
    """The door's routes. They need Tortoise, and `ApiServices` as `app.state.services`."""
    from api.exports.download import export_file
    from api.guide.page import changelog, guide
    from api.transport import oauth, well_known
    from api.transport.http import graphql
    from api.transport.websocket import graphql_socket

    return [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", graphql_socket),
        Route("/docs", guide, methods=["GET"]),
        Route("/docs/changelog", changelog, methods=["GET"]),
        Route("/.well-known/oauth-authorization-server", well_known.authorization_server, methods=["GET"]),
        Route("/.well-known/security.txt", well_known.security, methods=["GET"]),
        Route("/schema.graphql", well_known.schema, methods=["GET"]),
        Route("/exports/{id:uuid}", export_file),
        Route("/oauth/token", oauth.token, methods=["POST"]),
        Route("/oauth/revoke", oauth.revoke, methods=["POST"]),
    ]
