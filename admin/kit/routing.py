"""Routes of pages: the endpoints of GET and POST at one address, behind the guard."""

from starlette.routing import Route

from admin.kit.guard import Endpoint, allow_anonymous, require_sign_in


def page_at(
    path: str,
    *,
    get: Endpoint | None = None,
    post: Endpoint | None = None,
    single_factor_allowed: bool = False,
    public: bool = False,
) -> list[Route]:
    """The routes of `path`; `public` ones need no session."""
    endpoints = ((get, "GET"), (post, "POST"))
    return [
        Route(
            path,
            allow_anonymous(endpoint)
            if public
            else require_sign_in(endpoint, single_factor_allowed=single_factor_allowed),
            methods=[method],
        )
        for endpoint, method in endpoints
        if endpoint
    ]
