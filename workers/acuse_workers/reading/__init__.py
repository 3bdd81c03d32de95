"""Reading documents: engines for each file type, run in a child process that cannot do harm."""
