"""`python -m loomwork` is the `loomwork` command."""

from loomwork.bootstrap.main import main

if __name__ == "__main__":
    main()
