"""What all commands share: configuration and tools, arguments, output."""
