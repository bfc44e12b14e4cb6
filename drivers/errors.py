"""Why a driver refuses bytes: a small tree, by fault, keeping the evidence."""


class DriverError(Exception):
    """Base of every error that a driver or a transport raises."""


class FrameError(DriverError, ValueError):
    """A frame that its device's documents do not allow: the peer's fault.

    Decoders do not raise it to their callers: they count `reason` in `refused` and read on.

    Parameters
    ----------
    reason : str
        A short, fixed text: the key under which the refusal is counted.
    frame : bytes
        What was refused; at most its first 64 bytes are kept.
    """

    def __init__(self, reason: str, frame: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.frame = bytes(frame[:64])


class CaptureError(DriverError, ValueError):
    """A capture file that cannot be what the user says it is: the message names the remedy."""


class OptionError(DriverError, ValueError):
    """A sensor's options name something that cannot be used: the message names the remedy."""


class LinkLost(DriverError, OSError):
    """The wire to a sensor or a broker is gone; the transport will try again."""


class DeviceRefused(LinkLost):
    """A device refused a command, or did not answer it: what it said, and the remedy.

    It ends the connection like a lost link; the next one begins with a fresh dialogue.
    """
