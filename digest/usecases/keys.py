"""Make a new key for readers' links."""

from __future__ import annotations

from digest.errors import UsageError
from digest.readers import keys
from digest.store.db import meta
from digest.tools import Tools


async def rotate(tools: Tools) -> int:
    """Make a new key, which signs links from now on, and return its version; all links that were mailed go on working.

    Raises UsageError where a token has no room for another version.
    """
    newest = max(await meta.token_key(tools.db))
    if newest >= meta.LAST_TOKEN_KEY:
        raise UsageError(
            f"there are {newest} keys of links already, and a link has no room for the number of another"
        )
    async with tools.db.begin() as conn:
        await meta.add_token_key(conn, newest + 1)
    await keys.notice(tools.links, tools.db)
    return newest + 1
