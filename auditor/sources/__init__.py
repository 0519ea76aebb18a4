"""The only code that reads the outside: files, folders, standard input."""
