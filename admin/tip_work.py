"""What is done with a tip: each step a noun below its address, with a form of its own where it asks for something."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import Response

from admin import tips as tip_pages
from admin.forms import Choice, Form, choices
from admin.pages import done, page
from admin.visit import Visit
from records import tips
from records.core.actor import Actor
from records.core.errors import Conflict, Invalid, Message
from records.core.language import mark as _
from records.core.rights import Right, may
from records.tables import Tip
from records.tables.tips import OutcomeKind
