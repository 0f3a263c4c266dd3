"""The ways in which a sign-in at the provider comes to nothing, each with what people are told."""

from typing import ClassVar

from records.core.errors import DomainError
from records.core.language import gettext_noop as _


class SignInFailed(DomainError):
    """The base of them all."""

    text: ClassVar[str]

    def __init__(self, provider: str) -> None:
        super().__init__(self.text, provider=provider)


class ProviderUnavailable(SignInFailed):
    """The provider does not answer, or not as one does."""

    code = "PROVIDER_DOWN"
    text = _("{provider} is not responding. Sign in with your password, or try again later.")


class InvalidProviderResponse(SignInFailed):
    """The provider did not show beyond doubt who somebody is."""

    code = "NOT_SHOWN"
    text = _("Sign-in with {provider} failed. Try again, or sign in with your password.")


class SignInCancelled(SignInFailed):
    """The person, or the provider, said no."""

    code = "DECLINED"
    text = _("Sign-in with {provider} was cancelled. Try again, or sign in with your password.")


class SignInExpired(SignInFailed):
    """The response fits no sign-in that this browser began a short while ago."""

    code = "LATE"
    text = _("Sign-in with {provider} took too long, or began in another window. Start again.")


class UnlinkedIdentity(SignInFailed):
    """Nobody who may sign in is linked with this account; whether there is such a person is not told."""

    code = "STRANGER"
    text = _(
        "Your account at {provider} is not linked to this service. Sign in with your password and "
        "link it on the page “Your account”, or ask an administrator."
    )
