"""What `digest check` finds without the network: keys that contradict each other, what they name on
this machine, and what the database knows.
"""

from digest.checks.choosing import choosing
from digest.checks.known import known
from digest.checks.named import named
from digest.checks.site import site
from digest.checks.sources import sources
from digest.checks.timing import timing

__all__ = ["choosing", "known", "named", "site", "sources", "timing"]
