"""The jobs: what each kind does, and when it is due. The same functions run in process and from the queue."""
