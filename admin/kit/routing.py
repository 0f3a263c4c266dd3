"""Routes of pages: what GET shows and what POST does at one address, behind the guard."""

from starlette.routing import Route

from admin.kit.guard import Endpoint, guarded, open_to_all


def page_at(
    path: str,
    *,
    show: Endpoint | None = None,
    do: Endpoint | None = None,
    one_factor: bool = False,
    public: bool = False,
) -> list[Route]:
    """The routes of `path`; `public` ones open to those who have not signed in as well."""
    endpoints = ((show, "GET"), (do, "POST"))
    return [
        Route(
            path,
            open_to_all(endpoint) if public else guarded(endpoint, one_factor=one_factor),
            methods=[method],
        )
        for endpoint, method in endpoints
        if endpoint
    ]
