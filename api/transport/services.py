"""The services of the process, including those of the API."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from api.contract.served import Contract
from api.documents.automatic import AutomaticDocuments
from api.transport.capacity import Streams
from edge.services import Services


@dataclass(frozen=True, kw_only=True)
class ApiServices(Services):
    """The shared services, and those that only the API needs."""

    contract: Contract
    streams: Streams
    automatic_documents: AutomaticDocuments


def services_of(connection: HTTPConnection) -> ApiServices:
    """The services of the application that handles this connection."""
    services: ApiServices = connection.app.state.services
    return services
