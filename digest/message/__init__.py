"""From a set mail to one reader's exact bytes: headers, personal values spliced into a pre-encoded skeleton."""

from digest.message.dkim import signers_for
from digest.message.letterhead import Letterhead
from digest.message.skeleton import Skeleton, message_id

__all__ = ["Letterhead", "Skeleton", "message_id", "signers_for"]
