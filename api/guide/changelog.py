"""The changelog for integrators, newest release first, shown at /docs/changelog."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from records.core.language import _


@dataclass(frozen=True, slots=True)
class Release:
    """A version of the service with its changes for integrators."""

    version: str
    released: date
    changes: Sequence[str]


RELEASES: Final = (
    Release(
        "0.1.0",
        date(2026, 11, 28),
        (
            _(
                "The first release: GraphQL at `/graphql`, with a change feed, subscriptions, webhooks"
                " and exports."
            ),
            _("`/.well-known/oauth-authorization-server` tells clients where and how to get a token."),
            _(
                "Responses of 1 KiB or more are compressed with Zstandard or gzip, according to "
                "`Accept-Encoding`."
            ),
            _("An idle connection is closed after 75 seconds: let your client close it earlier."),
            _(
                "The audience of a client assertion is the public address of the service, whatever "
                "host name is used."
            ),
        ),
    ),
)
