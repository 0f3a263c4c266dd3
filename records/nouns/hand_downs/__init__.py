"""Hand-downs: a published outline goes to groups and organisations, which receive and discuss it."""

from records.nouns.hand_downs.noun import (
    NOUN,
    HandDownState,
    has_state,
    reminded,
    state_of,
    unreceived,
    visible_to,
)
from records.nouns.hand_downs.progress import HandDownProgress, by_area, by_outline, of_recipients
from records.nouns.hand_downs.receipt import (
    discussable,
    receive,
    receive_all,
    remind,
    reopen,
    withdraw_receipt,
)
from records.nouns.hand_downs.sending import (
    MAX_RECIPIENTS,
    Plan,
    Recipients,
    later_edition,
    plan,
    receivers,
    send,
    senders,
)
