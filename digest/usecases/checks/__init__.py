"""What `digest check` finds without the network: keys that contradict each other, what they name on
this machine, and what the database knows.
"""

from digest.usecases.checks.choosing import choosing
from digest.usecases.checks.known import known
from digest.usecases.checks.named import named
from digest.usecases.checks.site import site
from digest.usecases.checks.sources import sources
from digest.usecases.checks.timing import timing

__all__ = ["choosing", "known", "named", "site", "sources", "timing"]
