"""From a newsroom's feeds to every reader's inbox: good-looking, on time, exactly once."""

__version__ = "0.1.0"
