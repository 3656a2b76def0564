"""From a set mail to one reader's exact bytes: headers, personal values spliced into a pre-encoded skeleton."""

from digest.message.letterhead import Letterhead
from digest.message.skeleton import Skeleton, message_id

__all__ = ["Letterhead", "Skeleton", "message_id"]
