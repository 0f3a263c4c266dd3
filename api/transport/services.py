"""The services of the process, with those of this door."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from api.contract.served import Contract
from api.documents.automatic import AutomaticDocuments
from api.transport.capacity import Streams
from edge.services import Services


@dataclass(frozen=True, kw_only=True)
class ApiServices(Services):
    """What GraphQL requests are answered with, besides what both doors have."""

    contract: Contract
    streams: Streams
    automatic_documents: AutomaticDocuments


def services_of(connection: HTTPConnection) -> ApiServices:
    """The services of the process that answers this connection."""
    services: ApiServices = connection.app.state.services
    return services
