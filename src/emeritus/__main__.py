"""`python -m emeritus` is the command `emeritus`."""

from emeritus.cli.main import main

if __name__ == "__main__":
    main()
