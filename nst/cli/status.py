"""The exit statuses of the command line."""

OK = 0
PARTLY = 1  # done in part; the rest is named on stderr
MISTAKE = 2  # a mistake of the user's: one line on stderr
STOPPED = 130  # by Ctrl-C; as shells count SIGINT
