"""What the tests of tokens share: clients, signers and their requests."""

import pytest
from joserfc import jwk
from starlette.applications import Starlette

from tests.api.transport.oauth_support import Signer, make_signer


@pytest.fixture
async def signer(app: Starlette) -> Signer:
    return await make_signer(jwk.generate_key("EC", "P-256"), "ES256")
