"""What comes back, and what it means: values and pure functions.

    webhook, bounce mail  ->  Event  ->  stored once (store.feedback)  ->  meaning(event)  ->  the reader's standing

A report is read by a parser that knows its sender (`events` of a provider, `reading` of bounce mails), judged here by one
rule for all, and applied by `digest.pipeline.feedback` in the transaction that marks it as done.
"""

from digest.feedback.meaning import Consequence, Meaning, SoftBounce, is_spent, meaning

__all__ = ["Consequence", "Meaning", "SoftBounce", "is_spent", "meaning"]
