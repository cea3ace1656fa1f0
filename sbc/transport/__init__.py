"""The shell: sockets, connections and the event loop."""
