"""The one exception that a user's mistake raises."""

__all__ = ["UserError"]


class UserError(Exception):
    """A mistake that the user can mend.

    The message is one sentence that says what to do. Front ends show it as it is, without a
    traceback; anything else that is raised is a fault of ours and belongs in the log.
    """
