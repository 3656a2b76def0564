"""The harness of bench/delivery.py: sinks to send into, the programs that send, and the rows that compare them.

Who sends and who receives are processes of their own, and the process that starts them stays small and imports nothing
of the program: Linux counts a parent's memory as its child's until the child's own program begins.
"""
