"""How this process is set up."""

from records.core.settings.environment import OperatorError
from records.core.settings.readers import is_safe_address
from records.core.settings.settings import ROOT, VARIABLES, ProviderSettings, Settings
