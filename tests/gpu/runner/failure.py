"""What a user is told in one line."""


class Failure(Exception):
    """Something is missing or went wrong, in one line.

    skips: the part cannot be run here, which is no fault of what is checked.
    """

    def __init__(self, reason, skips=False):
        super().__init__(" ".join(str(reason).split()))
        self.skips = skips
