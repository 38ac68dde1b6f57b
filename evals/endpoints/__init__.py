"""How a request becomes an answer: configuration, keys, HTTP, retries, limits.

Nothing is imported here: configuration is read in runs that never open a connection.
"""
