"""How the server stops while somebody follows the change feed, for which there is no end."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Http(HttpToolsProtocol):
    """A connection that ends its event stream when the server begins to stop.

    uvicorn waits for answers that have begun, and closes sockets by itself.
    """

    def shutdown(self) -> None:
        """Called by uvicorn, of each connection."""
        super().shutdown()
        self.app_state["streams"].end()
